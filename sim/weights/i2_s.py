"""GGUF's type 36, I2_S: the ternary weights of the official BitNet files, with one float32 scale a tensor.

Its producer (bitnet.cpp, ``quantize_i2_s``) has three layouts, which the file does not tell apart. In all of
them a byte holds four weights, each plus one, the first in its top bits; the scale follows the M·N/4 bytes:

- ``x86``: blocks of 128 weights in 32 bytes; byte b of a block holds its weights b, b + 32, b + 64, b + 96.
- ``arm``: blocks of 64 weights in 16 bytes; byte b holds the weights b, b + 16, b + 32, b + 48.
- ``rows``: byte r·N + n holds the weights n of the rows 4·r, 4·r + 1, 4·r + 2, 4·r + 3.

Blocks go through the weights row by row, and over the end of a row where its length is no multiple of theirs.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Blocks
from sim.weights.ternary_blocks import FOUR_PAIRS, spread

Layout = Literal["x86", "arm", "rows"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
BLOCK_BYTES: dict[Layout, int] = {"x86": 32, "arm": 16}
SCALE_BYTES = 4
NAMES: dict[Layout, str] = {
    "x86": "x86 (blocks of 128)",
    "arm": "arm (blocks of 64)",
    "rows": "rows (four a byte)",
}
TOP_FIRST = np.ascontiguousarray(FOUR_PAIRS[:, ::-1])


def assumed(layout: Layout) -> str:
    """What is to be said of a tensor that was read in ``layout``."""
    others = " or ".join(name for name in LAYOUTS if name != layout)
    return (
        f"I2_S is read in the layout {NAMES[layout]}, the file does not tell; --i2s {others} are the others"
    )


def misfit(layout: Layout, shape: tuple[int, ...]) -> str:
    """Why W of ``shape`` cannot be in ``layout``; empty where it can."""
    if len(shape) != 2 or 0 in shape:
        return f"shape {list(shape)} is that of no matrix"
    rows, length = shape
    if layout == "rows":
        return "" if rows % 4 == 0 else f"{rows} rows are no multiple of 4"
    block = 4 * BLOCK_BYTES[layout]
    return "" if rows * length % block == 0 else f"{rows} × {length} weights are no multiple of {block}"


def read_rows(octets: NDArray[np.uint8], length: int, layout: Layout, first: int, last: int) -> Blocks:
    """Rows first … last - 1 of W[M, ``length``] in ``octets``, all bytes of the tensor with its scale."""
    scale = np.ascontiguousarray(octets[-SCALE_BYTES:]).view("<f4").astype(np.float32)
    packed = octets[:-SCALE_BYTES]
    if layout == "rows":
        quads = packed.reshape(-1, length)[first // 4 : -(-last // 4)]
        weights = spread(TOP_FIRST, quads).reshape(-1, length)[first % 4 :][: last - first]
    else:
        size = BLOCK_BYTES[layout]
        start = first * length // (4 * size)
        blocks = packed.reshape(-1, size)[start : -(-last * length // (4 * size))]
        flat = spread(TOP_FIRST, blocks).reshape(-1)[first * length - start * 4 * size :]
        weights = flat[: (last - first) * length].reshape(-1, length)
    return Blocks(weights, np.tile(scale, (last - first, 1)))
