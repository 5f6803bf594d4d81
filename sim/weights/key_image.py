"""The image of a weight matrix in a core's key memory, as files, and the matrix back from them.

A directory holds the beats of the key stream in the order the core takes them, once through the matrix (a
core with several blocks of tokens takes them again for each): ``keys.bin`` as bytes, ``keys.hex`` for
``$readmemh``, ``keys.npy`` as codes [beats, K, L], or as bytes [beats, bytes] where weights are packed; and
``manifest.json``, which says what they are.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from generator.config import CoreConfig
from generator.errors import KeyFileError
from generator.files import claimed, output_directory, replacing, write_text
from generator.plan import CorePlan, Tiling, beat_bits, plan_for
from sim.fields import beat_bytes, hex_lines, unpack_unsigned
from sim.key_stream import code_type, matrix_of, stream_chunks, strips
from sim.scales import beat_chunks
from sim.weights.core_scales import scaled_by_core
from sim.weights.ternary import Groups, TernaryMatrix

FORMAT = "ternlut key image"
BINARY, HEX, ARRAY, MANIFEST = "keys.bin", "keys.hex", "keys.npy", "manifest.json"
SCALES, OFFSETS = "scales.npy", "offsets.npy"
"""The scales [M, groups] of a matrix that has several in a row."""


@dataclass(frozen=True, eq=False)
class KeyImage:
    """What was read back: ternary W[M, N] ``weights``, and the manifest beside it."""

    weights: NDArray[np.int8]
    manifest: dict[str, Any]


def write_image(
    config: CoreConfig, matrix: TernaryMatrix, directory: Path, *, source: str = "", tensor: str = ""
) -> dict[str, Any]:
    """Writes the key image of ``matrix`` for the core ``config``; the manifest that was written with it.

    Each file is whole or as it was before. Raises ``WorkloadError`` for a matrix the core cannot run and
    ``OutputError`` where files cannot be written.
    """
    plan = plan_for(config)
    if matrix.applied is None:
        matrix = scaled_by_core(matrix, config)
    outputs, length = matrix.weights.shape
    beats = Tiling.of(plan, length, outputs)
    count, size = beats.block_keys, beat_bytes(beat_bits(plan).key, 1)
    with claimed(output_directory(directory)):
        digest = _write_keys(plan, matrix, directory, count)
        _write_groups(matrix.groups, directory / SCALES)
        _write_groups(matrix.offset, directory / OFFSETS)
        manifest = {
            "format": FORMAT,
            "source": source,
            "tensor": tensor,
            "rule": matrix.rule,
            "shape": [outputs, length],
            "padded_shape": [beats.m_tiles * plan.columns, beats.n_tiles * plan.tile_length],
            "scale": matrix.scale.tolist(),
            "scale_group": matrix.groups.length if matrix.groups else None,
            "weight_error": matrix.weight_error,
            "notes": list(matrix.notes),
            "counts": dict(zip(("minus", "zero", "plus"), matrix.counts, strict=True)),
            "order": order_of(plan),
            "m_tiles": beats.m_tiles,
            "n_tiles": beats.n_tiles,
            "beats": count,
            "beat_bytes": size,
            "beat_bits": beat_bits(plan).key,
            "key_bits": plan.key_elements.width,
            "core_digest": config.digest,
            "core": config.model_dump(mode="json"),
            # The others follow from it, and hashing them would take longer than packing.
            "files": {BINARY: digest},
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        write_text(directory / MANIFEST, text)
    return manifest


def _write_keys(plan: CorePlan, matrix: TernaryMatrix, directory: Path, beats: int) -> str:
    """Writes so many beats of the keys of ``matrix`` in every form; the SHA-256 of ``keys.bin``."""
    scales = None if matrix.applied is None else matrix.applied.scales
    digest = hashlib.sha256()
    with ExitStack() as stack:
        # Closed in the opposite order, so that a file is complete before it takes its place.
        paths = {name: stack.enter_context(replacing(directory / name)) for name in (BINARY, HEX, ARRAY)}
        files = {name: stack.enter_context(path.open("wb")) for name, path in paths.items()}
        files[ARRAY].write(_npy_header((beats, *_beat_shape(plan)), code_type(plan)))
        chunks, again = tee(stream_chunks(plan, matrix.weights))
        for codes, packed in zip(chunks, beat_chunks(plan, again, scales, matrix.weights.shape), strict=True):
            octets = np.ascontiguousarray(packed)
            files[BINARY].write(octets.data)
            digest.update(octets.data)
            files[HEX].write(hex_lines(octets))
            files[ARRAY].write(np.ascontiguousarray(codes).data)
    return digest.hexdigest()


def _beat_shape(plan: CorePlan) -> tuple[int, ...]:
    """The axes of a beat in ``keys.npy``."""
    return (plan.key_elements.fields,) if plan.config.packs_keys else (plan.columns, plan.tables)


def _write_groups(groups: Groups | None, path: Path) -> None:
    """Writes what a matrix has for each group of a row; removes that of one that was here before."""
    if groups is None:
        path.unlink(missing_ok=True)
    else:
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, groups.scales)


def read_image(config: CoreConfig, directory: Path) -> KeyImage:
    """The ternary matrix of a key image that was made for the core ``config``.

    Raises ``KeyFileError`` in one line for an image of another core, a file that is missing, cut short or
    changed, and keys that stand for no weights.
    """
    manifest = _manifest(directory / MANIFEST)
    if manifest["core_digest"] != config.digest:
        raise KeyFileError(
            f"{directory}: packed for core {manifest['core_digest']}, this is core {config.digest}"
        )
    path, plan = directory / BINARY, plan_for(config)
    outputs, length = manifest["shape"]
    tiling = Tiling.of(plan, length, outputs)
    count, size = tiling.block_keys, beat_bytes(beat_bits(plan).key, 1)
    if not path.is_file():
        raise KeyFileError(f"{path}: missing")
    if path.stat().st_size != count * size:
        raise KeyFileError(
            f"{path}: {path.stat().st_size} bytes, {count * size} are right for {outputs} × {length} weights"
        )
    if _digest(path) != manifest["files"][BINARY]:
        raise KeyFileError(f"{path}: not what was packed, its SHA-256 is not that of the manifest")
    beats = np.memmap(path, dtype=np.uint8, mode="r").reshape(count, size)
    try:
        return KeyImage(matrix_of(plan, _chunks(plan, beats, outputs, length), outputs, length), manifest)
    except KeyFileError as error:
        raise KeyFileError(f"{path}: {error}") from None


def restore(image: KeyImage, path: Path) -> None:
    """Writes the ternary matrix of ``image`` as int8 to the .npy file ``path``, whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, image.weights)


def order_of(plan: CorePlan) -> str:
    """The order of beats, and of keys in a beat, in words."""
    match plan.config.dataflow:
        case "output_stationary":
            beats = "m tile, n tile"
        case "table_stationary":
            beats = "n tile, m tile"
        case unknown:
            assert_never(unknown)
    if not plan.config.packs_keys:
        return f"beats: {beats}; keys of a beat: column, table; bits: least significant first"
    cores = "core, " if plan.config.cores > 1 else ""
    return f"beats: {beats}; weights of a beat, five a byte: {cores}column, activation"


def _chunks(plan: CorePlan, beats: NDArray[np.uint8], outputs: int, length: int) -> Iterator[NDArray[Any]]:
    """The codes of ``beats``, cut as ``stream_chunks`` cuts them; refuses bits beyond the last key."""
    fields, width = plan.key_elements
    unused = beat_bits(plan).key % 8
    first = 0
    for rows, columns in strips(plan, Tiling.of(plan, length, outputs)):
        m, n = (
            (rows.stop - rows.start) // plan.columns,
            (columns.stop - columns.start) // plan.tile_length,
        )
        tiles = m * n * plan.config.weight_bits
        octets = np.asarray(beats[first : first + tiles])
        if unused and (octets[:, -1] >> unused).any():
            raise KeyFileError(f"bits above the last key of a beat are set, beat {first} or later")
        yield unpack_unsigned(octets, fields, width)
        first += tiles


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror or error}") from None
    except ValueError:
        raise KeyFileError(f"{path}: not JSON, the manifest of a key image is expected") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise KeyFileError(f"{path}: not the manifest of a key image")
    shape, files = manifest.get("shape"), manifest.get("files")
    whole = isinstance(shape, list) and [type(size) for size in shape] == [int, int] and min(shape) > 0
    if not whole or not isinstance(files, dict) or BINARY not in files or "core_digest" not in manifest:
        raise KeyFileError(f"{path}: shape, core_digest and files are expected, one is missing or wrong")
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """What a .npy file of that array begins with."""
    start = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        start, {"shape": shape, "fortran_order": False, "descr": np.lib.format.dtype_to_descr(dtype)}
    )
    return start.getvalue()
