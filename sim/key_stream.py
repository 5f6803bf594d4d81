"""The key stream of a weight matrix: which codes it carries, in which order, and the matrix back from them.

A block of tokens takes one beat of K·L codes a tile, column after column; where weights are packed, of these
in that order, five a byte. ``output_stationary`` goes through
a tile of outputs before it begins the next, ``table_stationary`` through all outputs of a tile of
activations. Matrices are worked through in strips that follow this order, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from generator import keys
from generator.alphabets import TERNARY
from generator.errors import KeyFileError
from generator.packing import pack_weights, unpack_weights
from generator.plan import CorePlan, Tiling
from generator.planes import of_planes, pack_planes, planes_of

STRIP_WEIGHTS = 1 << 19
"""Weights worked on at a time: few enough to stay in the processor's cache."""


def codes_of(plan: CorePlan, weights: NDArray[Any]) -> NDArray[Any]:
    """What the stream carries for ternary ``weights[M, N]``: [M, codes], unsigned."""
    config = plan.config
    if plan.multiplies_floats:
        # One, where a weight is odd, and the sign: faster than to convert every weight.
        size, unit = config.format.bits // 8, int(config.format.encode([1.0])[0])
        integers = keys.of_alphabet(weights, config.alphabet).astype(f"i{size}").view(f"u{size}")
        magnitude = (integers & 1) * integers.dtype.type(unit)
        return np.asarray(magnitude | integers & integers.dtype.type(1 << (config.format.bits - 1)))
    match config.architecture:
        case "lut" | "select":
            return keys.pack(weights, config.group_size, config.alphabet, config.symmetry)
        case "multiplier":
            return keys.encode(weights, config.group_size, plan.key_width, config.alphabet)
        case unknown:
            assert_never(unknown)


def group_codes(plan: CorePlan, weights: NDArray[Any]) -> NDArray[Any]:
    """``codes_of`` weights, where groups have scales with every group in tiles of its own."""
    group = plan.config.scale_group
    if not group:
        return codes_of(plan, weights)
    if plan.config.alphabet == TERNARY:
        return codes_of(plan, in_groups(plan, weights))
    parts = (codes_of(plan, weights[:, first : first + group]) for first in range(0, weights.shape[1], group))
    size = plan.group_tiles * plan.tables
    return np.concatenate([np.pad(part, ((0, 0), (0, size - part.shape[1]))) for part in parts], axis=1)


def in_groups(plan: CorePlan, values: NDArray[Any]) -> NDArray[Any]:
    """``values[..., N]`` as tiles take them, [..., tiles·n]: zeros fill up the last tile, where groups have
    scales the last of each."""
    *others, length = values.shape
    group = plan.config.scale_group or length
    groups, tiled = -(-length // group), plan.tiles_of(length) * plan.tile_length
    whole = [(0, 0)] * len(others)
    if groups * group != length:
        values = np.pad(values, [*whole, (0, groups * group - length)])
    values = values.reshape(*others, groups, group)
    return np.pad(values, [*whole, (0, 0), (0, tiled // groups - group)]).reshape(*others, tiled)


def out_of_groups(plan: CorePlan, tiled: NDArray[Any], length: int) -> NDArray[Any]:
    """The ``values[..., N]`` that ``in_groups`` made ``tiled`` of."""
    group = plan.config.scale_group
    if group:
        size = plan.group_tiles * plan.tile_length
        tiled = tiled.reshape(len(tiled), -1, size)[..., :group].reshape(len(tiled), -1)
    return tiled[..., :length]


def code_type(plan: CorePlan) -> np.dtype[Any]:
    """The type of the stream's codes."""
    return np.dtype(np.uint8) if plan.config.packs_keys else codes_of(plan, np.ones((1, 1), np.int8)).dtype


def weights_of(plan: CorePlan, codes: NDArray[Any]) -> NDArray[np.int8]:
    """The ternary weights of ``codes[..., n]``: ``[..., n·µ]``; ``KeyFileError`` for a code of none."""
    match plan.config.architecture:
        case "lut" | "select":
            config = plan.config
            return keys.unpack(codes, config.group_size, config.alphabet, config.symmetry)
        case "multiplier":
            return _weights_of_numbers(plan, codes)
        case unknown:
            assert_never(unknown)


def _weights_of_numbers(plan: CorePlan, codes: NDArray[Any]) -> NDArray[np.int8]:
    """The weights -1, 0 and 1 as numbers of the activations' format."""
    weights = np.zeros(codes.shape, dtype=np.int8)
    known = codes == 0
    for weight in (-1, 1):
        here = codes == codes_of(plan, np.array([[weight]])).flat[0]
        weights[here] = weight
        known |= here
    if not known.all():
        raise KeyFileError(f"key {int(codes[~known].flat[0])} is none of the weights -1, 0 and 1")
    return weights


def stream_chunks(plan: CorePlan, weights: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The codes of ternary ``weights[M, N]`` in the order of the stream, as chunks [beats, K·L].

    Packed, chunks [beats, bytes].

    Raises ``WorkloadError`` for a matrix the core cannot run, ``KeyFileError`` for weights not ternary.
    """
    tiling = Tiling.of(plan, weights.shape[1], weights.shape[0])
    for rows, columns in strips(plan, tiling):
        part = weights[rows, columns]
        if plan.config.packs_keys:
            yield _packed(plan, part)
            continue
        first, *others = (_ordered(plan, codes) for codes in plane_codes(plan, part))
        yield np.stack([first, *others], axis=1).reshape(-1, first.shape[1]) if others else first


def plane_codes(plan: CorePlan, weights: NDArray[Any]) -> list[NDArray[Any]]:
    """``group_codes`` of every plane of ``weights``, the highest first."""
    if plan.config.weight_bits == 1:
        return [group_codes(plan, weights)]
    config = plan.config
    if config.scale_group:
        return [group_codes(plan, plane) for plane in planes_of(weights, config.weight_bits)]
    return pack_planes(weights, config.weight_bits, config.group_size, config.alphabet, config.symmetry)


def _ordered(plan: CorePlan, codes: NDArray[Any]) -> NDArray[Any]:
    """The ``codes`` [rows, codes] of a strip in the order of the stream, [beats, K·L]."""
    m = -(-len(codes) // plan.columns)
    n = -(-codes.shape[1] // plan.tables)
    if codes.shape != (m * plan.columns, n * plan.tables):
        padded = np.zeros((m * plan.columns, n * plan.tables), dtype=codes.dtype)
        padded[: len(codes), : codes.shape[1]] = codes
        codes = padded
    tiles = codes.reshape(m, plan.columns, n, plan.tables)
    return tiles.transpose(_order(plan)).reshape(m * n, -1)


def _packed(plan: CorePlan, weights: NDArray[Any]) -> NDArray[np.uint8]:
    """The packed beats [beats, bytes] of a strip of ``weights``; each core of an array has its own bytes."""
    tiled = in_groups(plan, keys.ternary(weights))
    m, n = -(-len(weights) // plan.columns), tiled.shape[1] // plan.tile_length
    padded = np.zeros((m * plan.columns, n * plan.tile_length), dtype=np.int8)
    padded[: len(weights)] = tiled
    tiles = padded.reshape(m, plan.columns, n, plan.tile_length).transpose(_order(plan))
    by_core = tiles.reshape(m * n, *_cores(plan)).transpose(0, 1, 3, 2, 4)
    return pack_weights(by_core.reshape(m * n, plan.config.cores, -1)).reshape(m * n, -1)


def _unpacked(plan: CorePlan, beats: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The weights [beats, K, n] of packed ``beats``."""
    config = plan.config
    of_core = config.columns * config.tile_length
    weights = unpack_weights(beats.reshape(len(beats), config.cores, -1), of_core)
    outputs, columns, inputs, length = _cores(plan)
    by_core = weights.reshape(len(beats), outputs, inputs, columns, length).transpose(0, 1, 3, 2, 4)
    return by_core.reshape(len(beats), plan.columns, plan.tile_length)


def _cores(plan: CorePlan) -> tuple[int, int, int, int]:
    """A beat's weights by core: cores along the outputs, a core's columns, cores along the inputs, a core's
    inputs."""
    config = plan.config
    return plan.columns // config.columns, config.columns, plan.tables // config.tables, config.tile_length


def matrix_of(plan: CorePlan, chunks: Iterable[NDArray[Any]], outputs: int, length: int) -> NDArray[np.int8]:
    """W[M, N] from the ``chunks`` of its stream, cut as ``stream_chunks`` cuts it.

    Raises ``KeyFileError`` for codes the core does not know and for padding that is not zero.
    """
    tiling = Tiling.of(plan, length, outputs)
    matrix = np.empty((outputs, length), dtype=np.int8)
    for (rows, columns), beats in zip(strips(plan, tiling), chunks, strict=True):
        m = -(-(min(rows.stop, outputs) - rows.start) // plan.columns)
        n = plan.tiles_of(min(columns.stop, length) - columns.start)
        packed = plan.config.packs_keys
        into = matrix[rows, columns]
        axes, order = (m, plan.columns, n, plan.tile_length if packed else plan.tables), _order(plan)
        planes = []
        for plane in range(plan.config.weight_bits):
            of_plane = beats[plane :: plan.config.weight_bits]
            elements = _unpacked(plan, of_plane) if packed else of_plane
            tiles = elements.reshape([axes[axis] for axis in order])
            codes = tiles.transpose(np.argsort(order)).reshape(m * plan.columns, -1)
            part = codes if packed else weights_of(plan, codes)
            planes.append(out_of_groups(plan, part[: len(into)], into.shape[1]))
            if not _is_padded(plan, codes, part, planes[-1]):
                raise KeyFileError(f"the padding beyond {outputs} outputs and {length} inputs is not zero")
        into[:] = of_planes(planes)
    return matrix


def _is_padded(plan: CorePlan, codes: NDArray[Any], part: NDArray[Any], held: NDArray[np.int8]) -> bool:
    """Whether the ``codes`` of ``part`` are those of ``held``, its first rows and columns, and zeros."""
    if plan.config.alphabet == TERNARY or not plan.keys_name_groups:
        return bool(np.count_nonzero(part) == np.count_nonzero(held))
    expected = np.zeros_like(codes)
    again = group_codes(plan, held)
    expected[: len(again), : again.shape[1]] = again
    return bool((expected == codes).all())


def strips(plan: CorePlan, tiling: Tiling) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of a matrix, part by part as the stream goes through it."""
    tile, column = plan.tile_length, plan.columns
    length, outputs = tiling.n_tiles * tile, tiling.m_tiles * column
    match plan.config.dataflow:
        case "output_stationary":
            for strip in _strips(column, outputs, across=length):
                yield strip, slice(0, length)
        case "table_stationary":
            for strip in _strips(tile, length, across=outputs):
                yield slice(0, outputs), strip
        case unknown:
            assert_never(unknown)


def _strips(step: int, end: int, across: int) -> Iterator[slice]:
    """0 … ``end`` in parts of whole steps, of about ``STRIP_WEIGHTS`` weights each."""
    whole = max(1, STRIP_WEIGHTS // (step * across)) * step
    for first in range(0, end, whole):
        yield slice(first, min(first + whole, end))


def _order(plan: CorePlan) -> tuple[int, int, int, int]:
    """The axes [m tile, column, n tile, table] in the order of the stream."""
    match plan.config.dataflow:
        case "output_stationary":
            return 0, 2, 1, 3
        case "table_stationary":
            return 2, 0, 1, 3
        case unknown:
            assert_never(unknown)
