"""Opens a weight file of any kind, by what it begins with."""

from __future__ import annotations

from pathlib import Path

from sim.weights import gguf_file, npy_file, safetensors_file
from sim.weights.tensors import TensorFile, WeightFileError

MAGIC = {
    b"GGUF": gguf_file.open_gguf,
    b"\x93NUMPY": npy_file.open_npy,
    b"PK\x03\x04": npy_file.open_npz,
}
LONGEST_HEADER = 100_000_000
"""Bytes of the longest header that safetensors allows."""


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a safetensors, GGUF, .npy or .npz file; ``WeightFileError`` where it is none."""
    with path.open("rb") as file:
        start = file.read(9)
    for magic, opened in MAGIC.items():
        if start.startswith(magic):
            return opened(path)
    if len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") <= LONGEST_HEADER:
        return safetensors_file.open_safetensors(path)
    raise WeightFileError(f"{path}: not a file of weights: safetensors, GGUF, .npy or .npz is expected")
