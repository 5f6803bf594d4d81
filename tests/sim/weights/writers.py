"""Files of weights, written byte by byte as their formats are described, to be read back by the project."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

UINT32, STRING, ARRAY = 4, 8, 9


def text_of(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf(
    path: Path,
    *tensors: tuple[str, int, Sequence[int], bytes],
    fields: dict[str, bytes] | None = None,
    alignment: int = 32,
) -> Path:
    """A GGUF file of ``tensors``: name, number of the type, shape with the first axis slowest, bytes.

    ``fields`` are further keys with the number of their value's type and the value, as bytes.
    """
    fields = {"general.architecture": struct.pack("<I", STRING) + text_of("llama")} | (fields or {})
    if alignment != 32:
        fields["general.alignment"] = struct.pack("<II", UINT32, alignment)
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(fields))
    header += b"".join(text_of(key) + value for key, value in fields.items())
    data = b""
    for name, kind, shape, octets in tensors:
        header += text_of(name) + struct.pack("<I", len(shape))
        header += b"".join(struct.pack("<Q", size) for size in reversed(shape))
        header += struct.pack("<IQ", kind, len(data))
        data += octets + bytes(-len(octets) % alignment)
    path.write_bytes(header + bytes(-len(header) % alignment) + data)
    return path


def i2_s(weights: np.ndarray, scale: float, layout: str) -> bytes:
    """Ternary W[M, N] in type 36, weight by weight."""
    rows, length = weights.shape
    octets = bytearray(weights.size // 4)
    for row in range(rows):
        for column in range(length):
            code = int(weights[row, column]) + 1
            if layout == "rows":
                at, place = row // 4 * length + column, row % 4
            else:
                lanes = {"x86": 32, "arm": 16}[layout]
                block, rest = divmod(row * length + column, 4 * lanes)
                place, lane = divmod(rest, lanes)
                at = block * lanes + lane
            octets[at] |= code << (6 - 2 * place)
    return bytes(octets) + struct.pack("<f", scale) + bytes(28)


def two_bits(weights: np.ndarray, scales: np.ndarray, group: int) -> bytes:
    """W[M, N] in groups: fp16 scale, then four weights a byte, the first in the lowest bits, plus one."""
    made = b""
    for row, row_scales in zip(weights, scales, strict=True):
        for number, scale in enumerate(row_scales):
            codes = [int(weight) + 1 for weight in row[number * group : (number + 1) * group]]
            quads = zip(*(codes[first::4] for first in range(4)), strict=True)
            made += np.float16(scale).tobytes() + bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in quads)
    return made


def base_3(weights: np.ndarray, scales: np.ndarray) -> bytes:
    """W[M, N] in groups of 128, five or four digits a byte, fp16 scale behind (type 143)."""
    made = b""
    for row, row_scales in zip(weights, scales, strict=True):
        for number, scale in enumerate(row_scales):
            digits = [int(weight) + 1 for weight in row[number * 128 : (number + 1) * 128]]
            for start, octets, each in ((0, 16, 5), (80, 8, 5), (120, 2, 4)):
                for at in range(octets):
                    value = 0
                    for digit in range(each):
                        value = 3 * value + digits[start + octets * digit + at]
                    value *= 3 ** (5 - each)
                    made += bytes([-(-value * 256 // 243)])
            made += np.float16(scale).tobytes()
    return made


NAMES = {"float32": "F32", "float16": "F16", "uint8": "U8", "int8": "I8", "int32": "I32"}


def safetensors(path: Path, **tensors: Any) -> Path:
    """A safetensors file of numpy ``tensors``; "__" in a name stands for a dot."""
    header, data = {}, b""
    for key, array in tensors.items():
        octets = np.ascontiguousarray(array).tobytes()
        header[key.replace("__", ".")] = {
            "dtype": NAMES[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(octets)],
        }
        data += octets
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path
