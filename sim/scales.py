"""Scales of groups of weights: on the key stream, and in the numpy reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import softfloat
from generator.errors import WorkloadError
from generator.formats import Float, Integer
from generator.plan import CorePlan, FloatScaling, IntegerScaling, ScalerPlan
from sim.fields import pack_fields


def random_scales(plan: CorePlan, rng: np.random.Generator, outputs: int, length: int) -> NDArray[Any] | None:
    """Scales [M, groups] for a layer, those of a fifth of the outputs from anywhere in the format, its ends,
    infinities and NaNs among them; None where the core has no scales."""
    number = plan.config.scale_format
    if number is None:
        return None
    shape = outputs, groups_of(plan, length)
    values = number.random(rng, shape)
    if isinstance(number, Float):
        usual = number.decode(number.encode(rng.standard_normal(shape) / 64))
        values = np.where(rng.random((outputs, 1)) < 0.8, usual, values)
    return np.asarray(values)


def groups_of(plan: CorePlan, length: int) -> int:
    """Groups of a reduction of ``length``, the last of perhaps fewer weights."""
    return -(-length // plan.config.scale_group)


def scale_patterns(plan: CorePlan, scales: ArrayLike | None, outputs: int, length: int) -> NDArray[np.int64]:
    """The bits of ``scales`` [M, groups]; without any, of ones.

    Raises ``WorkloadError`` for another shape and for values that the format has not, and where the core has
    no scales.
    """
    number, group = plan.config.scale_format, plan.config.scale_group
    if number is None:
        raise WorkloadError("scales: the core has no scale_group, its results are not scaled")
    shape = outputs, groups_of(plan, length)
    values = np.ones(shape) if scales is None else np.asarray(scales)
    if values.shape != shape:
        raise WorkloadError(
            f"scales {list(values.shape)}: {list(shape)} is expected, a scale for every {group} of {length} "
            "weights of an output"
        )
    with np.errstate(invalid="ignore"):
        given = values.astype(np.float64)
        if isinstance(number, Integer) and not ((given >= number.minimum) & (given <= number.maximum)).all():
            raise WorkloadError(f"scales: {number.minimum} … {number.maximum} is allowed with {number.name}")
        patterns = number.encode(values)
        same = np.array_equal(number.decode(patterns).astype(np.float64), given, equal_nan=True)
    if not same:
        raise WorkloadError(f"scales: {number.name} has not all of their values, round them to it")
    return patterns.astype(np.int64)


def scale_fields(plan: CorePlan, patterns: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the key stream carries of the ``patterns`` [M, groups] of whole tiles of outputs: [beats, scales].

    In the s-th beat of a group are, core by core, the scales of every unit's column s.
    """
    scaler, columns = plan.scaler, plan.config.columns
    assert scaler is not None
    steps, units, cores = scaler.steps, scaler.units, plan.columns // columns
    m, groups = -(-len(patterns) // plan.columns), patterns.shape[1]
    padded = np.zeros((m * plan.columns, groups), dtype=np.int64)
    padded[: len(patterns)] = patterns
    of_columns = padded.reshape(m, cores, columns, groups)
    served = np.zeros((m, cores, units * steps, groups), dtype=np.int64)
    served[:, :, :columns] = of_columns
    fields = np.zeros((m, groups, scaler.tiles, cores, units), dtype=np.int64)
    fields[:, :, :steps] = served.reshape(m, cores, units, steps, groups).transpose(0, 4, 3, 1, 2)
    return fields.reshape(m * groups * scaler.tiles, cores * units)


def beat_chunks(
    plan: CorePlan, chunks: Iterable[NDArray[Any]], scales: ArrayLike | None, shape: tuple[int, ...]
) -> Iterator[NDArray[np.uint8]]:
    """Beats of the key stream, as chunks [beats, bytes]: the elements of ``chunks`` [beats, keys] and, where
    groups have ``scales``, these above them. ``shape``: M and N."""
    if plan.scaler is None and scales is None:
        yield from (pack_fields(codes, plan.key_elements.width) for codes in chunks)
        return
    patterns, first = scale_patterns(plan, scales, *shape), 0
    beats_of_tile = plan.tiles_of(shape[1]) * plan.config.weight_bits
    for codes in chunks:
        last = first + len(codes) // beats_of_tile * plan.columns
        yield _beside(plan, codes, scale_fields(plan, patterns[first:last]))
        first = last


def _beside(plan: CorePlan, codes: NDArray[Any], scales: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Beats of the elements of ``codes`` with those of ``scales`` above them."""
    parts = []
    for values, elements in ((codes, plan.key_elements), (scales, plan.scale_elements)):
        octets = pack_fields(values, elements.width)
        parts.append(np.unpackbits(octets, axis=-1, bitorder="little", count=elements.bits))
    return np.packbits(np.concatenate(parts, axis=-1), axis=-1, bitorder="little")


def scaled(scaler: ScalerPlan, sums: NDArray[np.int64], patterns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The results [M] of ``sums`` [groups, M] and the ``patterns`` [groups, M] of their scales.

    Integers, or bits of floats: each product is rounded once, and each addition, group after group.
    """
    scaling = scaler.scaling
    if isinstance(scaling, IntegerScaling):
        return np.asarray((sums * scaling.number.decode(patterns)).sum(axis=0))
    total = np.zeros(sums.shape[1:], dtype=np.uint64)
    for addend in products(scaling, sums, patterns):
        total = softfloat.add(scaling.add.fmt, total, addend)
    return total.astype(np.int64)


def products(
    scaling: FloatScaling, sums: NDArray[np.int64], patterns: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """The products of ``sums`` and scales as floats, rounded once; infinities and NaNs as in IEEE 754."""
    number, fmt = scaling.number, scaling.to_float.fmt
    sign, exponent, fraction = softfloat.fields(number, patterns)
    significand = softfloat.signed_significand(number, sign, exponent, fraction)
    special = number.is_special(patterns)
    lsb = scaling.to_float.lsb + np.maximum(exponent, 1)
    finite = softfloat.from_fixed(fmt, sums * np.where(special, 0, significand), lsb)
    with np.errstate(invalid="ignore"):
        others = softfloat.encode(fmt, sums * softfloat.decode(number, np.where(special, patterns, 0)))
    return np.where(special, others, finite)
