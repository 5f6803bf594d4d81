"""inspect, pack and simulate on weight files: what they print, and one line for whatever is wrong."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.dse.running import Run

EXAMPLE = Path(__file__).parents[3] / "examples" / "checkpoint" / "make.py"
WEIGHTS = np.random.default_rng(0).standard_normal((7, 20)).astype(np.float32)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save_file({"up": WEIGHTS.astype(ml_dtypes.bfloat16), "norm": np.ones(20, dtype=np.float32)}, path)
    return path


def test_inspect_counts_the_weights_of_every_matrix(ternlut: Run, checkpoint: Path) -> None:
    result = ternlut("inspect", checkpoint)
    assert result.status == 0
    assert "BF16  7 × 20  absmean per tensor" in result.out
    found = {tensor["name"]: tensor for tensor in ternlut("inspect", checkpoint, "--json").figures["tensors"]}
    assert found["norm"]["type"] == "F32"
    assert found["norm"]["minus"] is None
    up, stored = found["up"], WEIGHTS.astype(ml_dtypes.bfloat16).astype(float)
    ternary = np.clip(np.rint(stored / np.abs(stored).mean()), -1, 1)
    assert [up["minus"], up["zero"], up["plus"]] == [int((ternary == w).sum()) for w in (-1, 0, 1)]
    assert up["sparsity"] == (ternary == 0).mean()
    assert up["scale"] == pytest.approx(np.abs(stored).mean())
    by_row = ternlut("inspect", checkpoint, "--per", "row", "--ternary", "threshold", "--json").figures
    assert {tensor["rule"] for tensor in by_row["tensors"]} == {None, "threshold per row"}


def test_inspect_says_what_it_cannot_read(ternlut: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.full((2, 2), 3))
    result = ternlut("inspect", tmp_path / "w.npy")
    assert result.status == 0
    assert "not ternary" in result.out
    found = ternlut("inspect", tmp_path / "w.npy", "--json").figures["tensors"][0]
    assert "is not ternary: it holds 3" in found["refused"]


@pytest.mark.parametrize("options", [[], ["--set", "architecture=multiplier", "--set", "group_size=1"]])
def test_pack_and_unpack_restore_the_matrix(
    ternlut: Run, core: Path, checkpoint: Path, tmp_path: Path, options: list[Any]
) -> None:
    image = tmp_path / "image"
    rule = ["--ternary", "absmean", "--per", "row"]
    packed = ternlut(
        "pack", checkpoint, "--tensor", "up", "--core", core, "-o", image, *rule, *options, "--json"
    )
    assert packed.figures["shape"] == [7, 20]
    assert len(packed.figures["scale"]) == 7
    assert {path.name for path in image.iterdir()} == {"keys.bin", "keys.hex", "keys.npy", "manifest.json"}
    result = ternlut("pack", image, "--unpack", "--core", core, "-o", tmp_path / "up.npy", *options)
    assert (result.status, result.out) == (0, f"7 × 20 ternary weights in {tmp_path / 'up.npy'}\n")
    stored = WEIGHTS.astype(ml_dtypes.bfloat16).astype(float)
    right = np.clip(np.rint(stored / np.abs(stored).mean(axis=1, keepdims=True)), -1, 1)
    np.testing.assert_array_equal(np.load(tmp_path / "up.npy"), right)


def test_pack_refuses_what_does_not_fit_in_one_line(
    ternlut: Run, core: Path, checkpoint: Path, tmp_path: Path
) -> None:
    def said(*arguments: Any) -> str:
        return ternlut("pack", *arguments, "--core", core, "-o", tmp_path / "image").complaint

    assert "no tensor 'down', it holds" in said(checkpoint, "--tensor", "down")
    assert "'norm' has shape [20], a matrix W[M, N] is expected" in said(checkpoint, "--tensor", "norm")
    assert "beyond the core's max_reduction = 19" in said(
        checkpoint, "--tensor", "up", "--set", "max_reduction=19"
    )
    assert "--ternary best: auto, absmean" in said(checkpoint, "--tensor", "up", "--ternary", "best")
    assert "--per column: tensor or row" in said(checkpoint, "--tensor", "up", "--per", "column")
    assert "'up' of type BF16 is not ternary" in said(checkpoint, "--tensor", "up", "--ternary", "exact")
    assert "none.gguf: No such file" in said(tmp_path / "none.gguf")
    (tmp_path / "empty").mkdir()
    assert "empty: a directory without weights that can be read" in said(tmp_path / "empty")
    half = tmp_path / "half.safetensors"
    half.write_bytes(checkpoint.read_bytes()[:-5])
    assert "half.safetensors: cannot be read as safetensors" in said(half, "--tensor", "up")
    assert not (tmp_path / "image").exists()


def test_unpack_refuses_what_is_no_image_of_the_core(
    ternlut: Run, core: Path, checkpoint: Path, tmp_path: Path
) -> None:
    image, out = tmp_path / "image", tmp_path / "w.npy"
    ternlut("pack", checkpoint, "--tensor", "up", "--core", core, "-o", image)

    def said(directory: Path, *options: Any) -> str:
        return ternlut("pack", directory, "--unpack", "--core", core, "-o", out, *options).complaint

    assert "packed for core" in said(image, "--set", "columns=4")
    assert "manifest.json: No such file" in said(tmp_path)
    (image / "keys.bin").write_bytes(b"short")
    assert "keys.bin: 5 bytes" in said(image)
    assert not out.exists()


def test_simulate_runs_a_stored_layer_with_given_activations(
    ternlut: Run, core: Path, checkpoint: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(1).standard_normal((3, 20)))
    layer = ["--weights", checkpoint, "--tensor", "up", "--activations", tmp_path / "x.npy"]
    figures = ternlut("simulate", core, *layer, "--json").figures
    assert figures["passed"] is True
    assert figures["results"] == 21
    assert figures["tensor"] == "up"
    assert figures["utilisation"] == pytest.approx(21 * 20 / (figures["cycles"] * 12), abs=1e-4)
    assert 0 < figures["error"]["ternary"] < 0.2 < figures["error"]["original"] < 0.9
    result = ternlut("simulate", core, *layer)
    assert "up: absmean per tensor, " in result.out
    assert "RMS error against float64: 0." in result.out


def test_simulate_refuses_options_that_do_not_go_together(
    ternlut: Run, core: Path, checkpoint: Path, tmp_path: Path
) -> None:
    said = ternlut("simulate", core, "--weights", checkpoint, "--tensor", "up", "--layer", "3x4").complaint
    assert "--layer 3x4: the shape of --weights" in said
    said = ternlut("simulate", core, "--activations", tmp_path / "x.npy").complaint
    assert "x.npy: is for --weights" in said


@pytest.mark.parametrize("options", [[], ["--packed"]])
def test_the_example_makes_the_same_block_in_both_layouts(
    ternlut: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    path = tmp_path / "block.safetensors"
    monkeypatch.setattr(sys, "argv", ["make.py", str(path), *options])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    found = {tensor["name"]: tensor for tensor in ternlut("inspect", path, "--json").figures["tensors"]}
    down = found["layers.0.mlp.down_proj.weight"]
    assert down["shape"] == [256, 688]
    assert down["rule"] == ("packed" if options else "absmean per tensor")
    assert down["sparsity"] == pytest.approx(0.309, abs=0.002)


def test_simulate_fast_says_the_same_of_a_stored_layer(ternlut: Run, core: Path, checkpoint: Path) -> None:
    layer = ["--weights", checkpoint, "--tensor", "up", "--tokens", 2, "--stalls", 0.2, "--seed", 4, "--json"]
    quick, slow = (
        ternlut("simulate", core, "--fast", *layer).figures,
        ternlut("simulate", core, *layer).figures,
    )
    assert quick.pop("cycles_per_second") > 0
    for figures in (quick, slow):
        figures.pop("seconds")
    slow.pop("cycles_per_second")
    assert quick == slow
    assert quick["passed"] is True


def test_simulate_fast_refuses_what_only_cocotb_does(ternlut: Run, core: Path) -> None:
    assert (
        "--fast: has a driver of its own, without --waves"
        in ternlut("simulate", core, "--fast", "--waves").complaint
    )
    assert "without --driver axi" in ternlut("simulate", core, "--fast", "--driver", "axi").complaint
