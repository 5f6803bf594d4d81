"""Opens one file of weights, by what it begins with; of other kinds of files says what they seem to be."""

from __future__ import annotations

from pathlib import Path

from generator.parts import require
from sim.weights.i2_s import Layout
from sim.weights.npy_file import TORCH, open_npy, open_npz
from sim.weights.tensors import TensorFile, WeightFileError

LONGEST_HEADER = 100_000_000
"""Bytes of the longest header that safetensors allows."""

FOREIGN = {
    b"\x80": TORCH,
    b"\x89HDF": "an HDF5 file, which is not read: save its arrays as safetensors or .npz",
    b"version https://git-lfs": "a Git LFS pointer without the weights themselves: git lfs pull gets them",
    b"<": "a web page or XML without the weights themselves: download them again",
    b"\x1f\x8b": "compressed (gzip): unpack it first",
    b"BZh": "compressed (bzip2): unpack it first",
    b"\xfd7zXZ": "compressed (xz): unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed (zstd): unpack it first",
    b"lmgg": "a file of GGML before GGUF: convert it to GGUF",
    b"tjgg": "a file of GGML before GGUF: convert it to GGUF",
    b"fmgg": "a file of GGML before GGUF: convert it to GGUF",
}
"""What files of other kinds begin with, and what is to be done with them."""


def open_file(path: Path, layout: Layout = "x86") -> TensorFile:
    """The tensors of a safetensors, GGUF, .npy or .npz file; ``WeightFileError`` where it is none.

    ``layout`` is that of GGUF's I2_S.
    """
    with path.open("rb") as file:
        start = file.read(64)
    if start.startswith(b"GGUF"):
        require("weights", f"{path}: a GGUF file")
        from sim.weights.gguf_file import open_gguf

        return open_gguf(path, layout)
    if start.startswith(b"\x93NUMPY"):
        return open_npy(path)
    if start.startswith(b"PK\x03\x04"):
        return open_npz(path)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= LONGEST_HEADER:
        require("weights", f"{path}: a safetensors file")
        from sim.weights.safetensors_file import open_safetensors

        return open_safetensors(path)
    raise WeightFileError(f"{path}: {_kind(start)}; safetensors, GGUF, .npy or .npz is expected")


def _kind(start: bytes) -> str:
    """What a file that begins with ``start`` seems to be."""
    if not start:
        return "not a file of weights, it is empty"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, kind in FOREIGN.items():
        if text.startswith(magic):
            return f"not a file of weights: {kind}"
    if all(byte in b"0123456789+-.eE,;\t \r\n" for byte in text) and text:
        return "not a file of weights: numbers as text, numpy.loadtxt reads them and numpy.save writes .npy"
    return "not a file of weights"
