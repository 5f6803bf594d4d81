"""Weight files made by the formats' own packages, and files that are damaged."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import gguf
import ml_dtypes
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors.numpy import save_file

from sim.weights.files import open_tensors
from sim.weights.reading import scaled_rows, ternary_of
from sim.weights.tensors import WeightFileError
from sim.weights.ternary_blocks import BLOCK_FORMATS

BLOCK_TYPES = (Type.TQ1_0, Type.TQ2_0)
RNG = np.random.default_rng(1)
TERNARY = RNG.integers(-1, 2, size=(5, 512)).astype(np.int8)


def write_gguf(path: Path, **tensors: tuple[np.ndarray, Type]) -> Path:
    """A GGUF file of float ``tensors`` in the types asked for, by the gguf package."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint32("general.file_type", 36)
    for name, (array, kind) in tensors.items():
        writer.add_tensor(name, quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def bits(values: Any) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)


def test_safetensors_of_every_type_are_read(tmp_path: Path) -> None:
    kinds = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.int32, np.int8, np.uint8]
    arrays = {np.dtype(kind).name: RNG.integers(0, 2, size=(3, 4)).astype(kind) for kind in kinds}
    save_file({**arrays, "vector": np.ones(3), "number": np.array(2.5)}, tmp_path / "w.safetensors")
    file = open_tensors(tmp_path / "w.safetensors")
    assert set(file.tensors) == {*arrays, "vector", "number"}
    for name, array in arrays.items():
        tensor = file.find(name)
        assert tensor.shape == (3, 4)
        np.testing.assert_array_equal(tensor.rows(1, 3), array[1:3])
    assert file.find("bfloat16").kind == "BF16"
    assert file.find("number").rows(0, 1).tolist() == [2.5]


@pytest.mark.parametrize("kind", [Type.F32, Type.F16, Type.BF16, *BLOCK_TYPES])
def test_gguf_is_read_bit_for_bit_as_its_own_package_reads_it(tmp_path: Path, kind: Type) -> None:
    array = RNG.standard_normal((6, 512)).astype(np.float32)
    path = write_gguf(tmp_path / "w.gguf", w=(array, kind))
    stored = gguf.GGUFReader(path).tensors[0]
    tensor = open_tensors(path).find("w")
    assert (tensor.kind, tensor.shape) == (kind.name, (6, 512))
    np.testing.assert_array_equal(bits(tensor.rows(2, 5)), bits(quants.dequantize(stored.data, kind)[2:5]))


@pytest.mark.parametrize("kind", BLOCK_TYPES)
def test_blocks_of_any_bytes_are_read_bit_for_bit(kind: Type) -> None:
    layout = BLOCK_FORMATS[kind.name]
    blocks = RNG.integers(0, 256, size=(3000, layout.block_bytes), dtype=np.uint8)
    blocks[:, -1] &= 0b10111111  # No infinities or NaNs for a scale.
    weights, scales = layout.decode(blocks)
    np.testing.assert_array_equal(bits(scales[:, None] * weights), bits(quants.dequantize(blocks, kind)))


@pytest.mark.parametrize("kind", BLOCK_TYPES)
def test_ternary_blocks_keep_their_scale(tmp_path: Path, kind: Type) -> None:
    stored = TERNARY * np.float32(0.25)
    rows = TERNARY * np.arange(1, 6, dtype=np.float32)[:, None]
    holes = stored.copy()
    holes[1:3, :256] = 0
    path = write_gguf(tmp_path / "w.gguf", one=(stored, kind), rows=(rows, kind), holes=(holes, kind))
    file = open_tensors(path)
    for name, right in (("one", stored), ("rows", rows), ("holes", holes)):
        found = ternary_of(file, file.find(name))
        assert found.exact
        np.testing.assert_array_equal(found.weights, np.sign(right))
        np.testing.assert_array_equal(scaled_rows(found, 0, 5), right)
    assert ternary_of(file, file.find("one")).scale == 0.25
    assert ternary_of(file, file.find("rows")).scale.tolist() == [1, 2, 3, 4, 5]


def test_blocks_of_differing_scales_keep_them_and_have_no_one_scale(tmp_path: Path) -> None:
    stored = TERNARY.astype(np.float32)
    stored[2, 256:] *= 2
    file = open_tensors(write_gguf(tmp_path / "w.gguf", w=(stored, Type.TQ2_0)))
    matrix = ternary_of(file, file.find("w"))
    np.testing.assert_array_equal(matrix.weights, TERNARY)
    assert matrix.groups is not None
    assert (matrix.groups.length, matrix.groups.scales.tolist()) == (
        256,
        [[1, 1], [1, 1], [1, 2], [1, 1], [1, 1]],
    )
    with pytest.raises(WeightFileError, match="'w': the blocks of a row differ in scale"):
        ternary_of(file, file.find("w"), "exact")
    assert ternary_of(file, file.find("w"), "absmean").rule == "absmean per tensor"


def test_a_block_with_a_weight_of_two_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "w.gguf", w=(TERNARY.astype(np.float32), Type.TQ2_0))
    stored = gguf.GGUFReader(path, "r+").tensors[0]
    stored.data[1, 3] = 0xFF
    file = open_tensors(path)
    with pytest.raises(WeightFileError, match="'w' is damaged: a block holds a weight of 2"):
        ternary_of(file, file.find("w"))


def test_types_that_cannot_be_read_are_listed_and_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "w.gguf", w=(RNG.standard_normal((2, 64)).astype(np.float32), Type.Q8_0))
    file = open_tensors(path)
    assert file.find("w").shape == (2, 64)
    with pytest.raises(WeightFileError, match="'w' is of type Q8_0, which cannot be read"):
        ternary_of(file, file.find("w"))
    np.save(tmp_path / "c.npy", np.ones((2, 2), dtype=complex))
    file = open_tensors(tmp_path / "c.npy")
    with pytest.raises(WeightFileError, match="'c' is of type complex128"):
        ternary_of(file, file.find())


def test_numpy_files_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", TERNARY)
    np.savez_compressed(tmp_path / "w.npz", first=TERNARY, second=TERNARY[:2])
    assert np.array_equal(open_tensors(tmp_path / "w.npy").find("w").rows(0, 5), TERNARY)
    file = open_tensors(tmp_path / "w.npz")
    assert file.find("second").shape == (2, 512)
    np.testing.assert_array_equal(file.find("first").rows(1, 3), TERNARY[1:3])
    with pytest.raises(WeightFileError, match=r"w\.npz: --tensor is missing, it holds first, second"):
        file.find()


def damaged(path: Path, tmp_path: Path) -> list[Path]:
    """Copies of a file cut short at many places, the last beyond what GGUF pads its end by."""
    whole = path.read_bytes()
    cuts = {*range(0, min(len(whole), 400), 7), len(whole) // 2, len(whole) - 32}
    copies = []
    for cut in sorted(cuts - {len(whole)}):
        copies.append(tmp_path / f"cut{cut}{path.suffix}")
        copies[-1].write_bytes(whole[:cut])
    return copies


def test_files_cut_short_are_refused_in_one_line(tmp_path: Path) -> None:
    array = TERNARY.astype(np.float32)
    save_file({"w": array}, tmp_path / "w.safetensors")
    write_gguf(tmp_path / "w.gguf", w=(array, Type.TQ1_0))
    np.save(tmp_path / "w.npy", array)
    np.savez(tmp_path / "w.npz", w=array)
    for name in ("w.safetensors", "w.gguf", "w.npy", "w.npz"):
        for copy in damaged(tmp_path / name, tmp_path):
            with pytest.raises(WeightFileError, match=copy.name):
                open_tensors(copy)


def test_bytes_changed_in_a_header_never_end_in_anything_but_an_error_of_ours(tmp_path: Path) -> None:
    array = TERNARY[:, :256].astype(np.float32)
    save_file({"w": array}, tmp_path / "w.safetensors")
    write_gguf(tmp_path / "w.gguf", w=(array, Type.TQ1_0))
    np.save(tmp_path / "w.npy", array)
    np.savez(tmp_path / "w.npz", w=array)
    for name in ("w.safetensors", "w.gguf", "w.npy", "w.npz"):
        whole = (tmp_path / name).read_bytes()
        for at in range(0, 200):
            changed = bytearray(whole)
            changed[at] ^= int(RNG.integers(1, 256))
            copy = tmp_path / f"changed-{name}"
            copy.write_bytes(changed)
            with suppress(WeightFileError):
                file = open_tensors(copy)
                for tensor in file.tensors.values():
                    ternary_of(file, tensor)


@pytest.mark.parametrize(
    "start", [b"", b"GG", b"weights of a network", b"\x00" * 40, b"\x08" + b"\0" * 7 + b"{"]
)
def test_files_of_other_kinds_are_refused(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "w.gguf"
    path.write_bytes(start)
    with pytest.raises(WeightFileError, match=r"w\.gguf: (not a file of weights|cannot be read as)"):
        open_tensors(path)


def test_a_tensor_is_found_by_name_or_refused(tmp_path: Path) -> None:
    save_file({f"t{i}": np.ones((1, 1)) for i in range(12)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightFileError, match=r"no tensor 'x', it holds t0, .* and 4 more"):
        open_tensors(tmp_path / "w.safetensors").find("x")


def test_names_like_the_one_that_is_not_there_come_first(tmp_path: Path) -> None:
    names = [f"model.layers.{i}.mlp.down_proj.weight" for i in range(20)]
    names += [f"model.layers.{i}.self_attn.q_proj.weight" for i in range(2)]
    save_file({name: np.ones((1, 1)) for name in names}, tmp_path / "w.safetensors")
    file = open_tensors(tmp_path / "w.safetensors")
    for wrong in ("q_proj", "q_porj", "self_attn.q_proj", "model.layers.0.attn.q_proj.weight"):
        with pytest.raises(WeightFileError) as refusal:
            file.find(wrong)
        listed = str(refusal.value).partition("it holds ")[2].split(", ")
        assert set(listed[:2]) == set(names[-2:]), wrong


def test_one_tensor_is_in_memory_and_no_more(tmp_path: Path) -> None:
    big = np.zeros((2048, 2048), dtype=ml_dtypes.bfloat16)
    save_file({f"t{i}": big for i in range(8)}, tmp_path / "w.safetensors")
    file = open_tensors(tmp_path / "w.safetensors")
    tracemalloc.start()
    for tensor in file.tensors.values():
        ternary_of(file, tensor, "absmean")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A byte a weight, and a few strips of 2^20 values in up to eight bytes.
    assert most < big.size + 50e6


def test_an_array_that_claims_more_than_there_is_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    claimed = {"shape": (10**9, 10**6), "fortran_order": False, "descr": "<f4"}
    np.lib.format.write_array_header_1_0(header, claimed)
    (tmp_path / "w.npy").write_bytes(header.getvalue() + bytes(64))
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("w.npy", header.getvalue() + bytes(64))
    with pytest.raises(WeightFileError, match=r"w\.npy: cannot be read as \.npy"):
        open_tensors(tmp_path / "w.npy")
    with pytest.raises(WeightFileError, match=r"w\.npz: array 'w' has 64 bytes for shape"):
        open_tensors(tmp_path / "w.npz")


def test_bfloat16_is_read_by_a_process_that_has_imported_nothing_else(tmp_path: Path) -> None:
    weights = np.array([[1.5, -0.25]], dtype=ml_dtypes.bfloat16)
    save_file({"w": weights}, tmp_path / "w.safetensors")
    write_gguf(tmp_path / "w.gguf", w=(weights.astype(np.float32), Type.BF16))
    program = (
        "import sys; from pathlib import Path; from sim.weights.files import open_tensors; "
        "print(*open_tensors(Path(sys.argv[1])).tensors['w'].rows(0, 1).astype(float).ravel())"
    )
    for file in ("w.safetensors", "w.gguf"):
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / file], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == ("1.5 -0.25\n", "")
