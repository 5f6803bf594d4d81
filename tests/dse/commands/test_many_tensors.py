"""simulate, pack and inspect on several tensors of a file at once, and on what files of weights may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim.fast
from tests.dse.running import Run
from tests.sim.weights import writers

RNG = np.random.default_rng(3)
SIGNS = RNG.integers(-1, 2, (3, 6, 40)).astype(np.int8)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Two ternary matrices, a stack of two, integers that are not ternary, and a norm."""
    return writers.safetensors(
        tmp_path / "model.safetensors",
        l__0__up=SIGNS[0] * np.float32(0.5),
        l__1__up=SIGNS[1][:, :20] * np.float32(0.25),
        experts__up=SIGNS[1:] * np.float32(2),
        l__2__up=np.full((4, 8), 7, dtype=np.int32),
        norm=np.ones(40, dtype=np.float32),
    )


def test_simulate_runs_every_tensor_of_a_pattern_on_one_build(
    ternlut: Run, core: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    build = sim.fast.build
    monkeypatch.setattr(sim.fast, "build", lambda *given: built.append(build(*given)) or built[-1])
    command = ["simulate", core, "--fast", "--weights", model, "--tensor", "*up*"]
    figures = ternlut(*command, "--json").figures
    layers = {layer["tensor"]: layer for layer in figures["layers"]}
    assert set(layers) == {"l.0.up", "l.1.up", "experts.up[0]", "experts.up[1]"}
    assert len(built) == 4
    assert len(set(built)) == 1
    assert [layers[name]["shape"] for name in ("l.0.up", "l.1.up")] == [[6, 40], [6, 20]]
    for total in ("cycles", "results", "mismatches", "expected_cycles"):
        assert figures[total] == sum(layer[total] for layer in layers.values())
    assert (figures["passed"], figures["results"]) == (True, 24)
    assert figures["utilisation"] == pytest.approx((3 * 240 + 120) / (figures["cycles"] * 12), abs=1e-4)
    assert all(layer["error"]["ternary"] == layer["error"]["original"] < 0.2 for layer in layers.values())
    assert figures["skipped"] == [
        {"tensor": "l.2.up", "reason": "of type I32 is not ternary: it holds 7; "
         "--ternary absmean or threshold makes it so"}
    ]  # fmt: skip
    lines = ternlut(*command).out.splitlines()
    for name, layer in layers.items():
        assert sum(line.startswith(f"{name}: ") for line in lines) == 1
        shape = "40 → 6" if name != "l.1.up" else "20 → 6"
        assert any(line.startswith(f"{name}: {shape}, ternary, ") and "bit-exact" in line for line in lines)
        assert layer["rule"] == "ternary"
    assert sum(line.startswith("4 layers: 24 results in ") for line in lines) == 1
    assert lines[-1].startswith("l.2.up: left out: of type I32 is not ternary")


def test_simulate_by_cocotb_takes_several_names(ternlut: Run, core: Path, model: Path) -> None:
    names = ["--tensor", "l.1.up", "--tensor", "experts.up[1]", "--tokens", 2]
    figures = ternlut("simulate", core, "--weights", model, *names, "--json").figures
    assert [layer["tensor"] for layer in figures["layers"]] == ["l.1.up", "experts.up[1]"]
    assert (figures["passed"], figures["results"], figures["skipped"]) == (True, 24, [])


def test_simulate_of_one_name_has_the_figures_of_one_layer(ternlut: Run, core: Path, model: Path) -> None:
    command = ["simulate", core, "--fast", "--weights", model, "--tensor", "experts.up[0]"]
    figures = ternlut(*command, "--json").figures
    assert (figures["tensor"], figures["passed"], figures["results"]) == ("experts.up[0]", True, 6)
    assert "layers" not in figures
    assert "experts.up[0]: ternary, " in ternlut(*command).out


def test_simulate_says_before_it_builds_what_cannot_run(ternlut: Run, core: Path, model: Path) -> None:
    def complaint(*options: Any) -> str:
        return ternlut("simulate", core, *options).complaint

    of_model = ["--weights", model]
    assert "--tensor is missing, it holds experts.up, l.0.up, l.1.up, l.2.up" in complaint(*of_model)
    assert "no tensor 'up', it holds experts.up, " in complaint(*of_model, "--tensor", "up")
    assert "no matrix matches '*.down'" in complaint(*of_model, "--tensor", "*.down")
    assert "'experts.up[0]': layer 40x6: N = 40 is beyond the core's max_reduction = 30" in complaint(
        *of_model, "--tensor", "*", "--set", "max_reduction=30"
    )
    assert "'l.2.up' of type I32 is not ternary" in complaint(*of_model, "--tensor", "l.2.up")
    assert "of the 1 matrices that --tensor matches none can be taken: l.2.up of type I32" in complaint(
        *of_model, "--tensor", "*2.up"
    )
    assert "--waves: is for one tensor, --tensor chooses 2" in complaint(
        *of_model, "--tensor", "experts.up", "--waves"
    )
    assert "--i2s arm: " in complaint(*of_model, "--tensor", "l.0.up", "--i2s", "arm")
    assert "--i2s riscv: x86, arm or rows is expected" in complaint(*of_model, "--i2s", "riscv")


@pytest.mark.parametrize(
    "options", [["--tensor", "w"], ["--ternary", "exact"], ["--per", "row"], ["--i2s", "arm"]], ids=str
)
def test_options_of_weights_are_refused_without_them(ternlut: Run, core: Path, options: list[str]) -> None:
    assert f"{options[0]}: is for --weights" in ternlut("simulate", core, *options).complaint


def test_tokens_are_for_the_activations_to_say(ternlut: Run, core: Path, model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 40)))
    given = ["--weights", model, "--tensor", "l.0.up", "--activations", tmp_path / "x.npy"]
    assert "--tokens 2: how many" in ternlut("simulate", core, *given, "--tokens", 2).complaint


def test_several_scales_in_a_row_are_said_with_what_they_cost(
    ternlut: Run, core: Path, tmp_path: Path
) -> None:
    halves = np.repeat([0.031, 0.027], 20)
    path = writers.safetensors(tmp_path / "w.safetensors", o=(SIGNS[0] * halves).astype(np.float16))
    figures = ternlut("simulate", core, "--fast", "--weights", path, "--json").figures
    assert figures["rule"] == "ternary by 20"
    assert figures["weight_error"] == pytest.approx(0.069, abs=2e-3)
    assert 0.01 < figures["error"]["original"] < 0.3
    result = ternlut("inspect", path)
    assert "ternary by 20" in result.out
    assert "o: its weights have a scale for every 20 of a row" in result.out
    image = tmp_path / "image"
    manifest = ternlut("pack", path, "--core", core, "-o", image, "--json").figures
    assert manifest["scale_group"] == 20
    scales = np.load(image / "scales.npy")
    np.testing.assert_array_equal(scales, np.float16([[0.031, 0.027]] * 6))
    writers.safetensors(path, o=SIGNS[0])
    assert ternlut("pack", path, "--core", core, "-o", image, "--json").figures["scale_group"] is None
    assert not (image / "scales.npy").exists()


def test_pack_writes_a_directory_for_each_tensor(
    ternlut: Run, core: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "images"
    command = ["pack", model, "--core", core, "-o", out, "--tensor", "*up*"]
    figures = ternlut(*command, "--json").figures
    right = {
        "l.0.up": SIGNS[0],
        "l.1.up": SIGNS[1][:, :20],
        "experts.up[0]": SIGNS[1],
        "experts.up[1]": SIGNS[2],
    }
    assert {each["tensor"] for each in figures["tensors"]} == set(right)
    assert {path.name for path in out.iterdir()} == set(right)
    assert [each["tensor"] for each in figures["skipped"]] == ["l.2.up"]
    for name, weights in right.items():
        manifest = json.loads((out / name / "manifest.json").read_text())
        assert manifest["tensor"] == name
        ternlut("pack", out / name, "--unpack", "--core", core, "-o", tmp_path / "w.npy")
        np.testing.assert_array_equal(np.load(tmp_path / "w.npy"), weights)
    lines = ternlut(*command).out.splitlines()
    assert lines[-1].startswith("l.2.up: left out: of type I32 is not ternary")
    assert len(lines) == 5
    assert (
        "--tensor: is not for --unpack"
        in ternlut(
            "pack", out / "l.0.up", "--unpack", "--core", core, "-o", tmp_path / "w.npy", "--tensor", "l.0.up"
        ).complaint
    )


def test_names_of_tensors_never_lead_out_of_the_directory(ternlut: Run, core: Path, tmp_path: Path) -> None:
    names = {"..": SIGNS[0], "../a": SIGNS[1], "/b": SIGNS[2]}
    path = writers.safetensors(tmp_path / "w.safetensors", **names)
    before = {entry.name for entry in tmp_path.iterdir()}
    ternlut("pack", path, "--core", core, "-o", tmp_path / "images", "--tensor", "*")
    assert {entry.name for entry in tmp_path.iterdir()} == before | {"images"}
    assert len(list((tmp_path / "images").glob("*/manifest.json"))) == 3


def test_inspect_shows_what_is_chosen_and_why_not(ternlut: Run, model: Path, tmp_path: Path) -> None:
    figures = ternlut("inspect", model, "--tensor", "experts.up[*]", "--json").figures
    assert [each["name"] for each in figures["tensors"]] == ["experts.up[0]", "experts.up[1]"]
    stack = ternlut("inspect", model, "--tensor", "experts.up", "--json").figures["tensors"][0]
    assert (stack["shape"], stack["rule"], stack["scale"]) == ([2, 6, 40], "ternary", 2)
    assert stack["zero"] == int((SIGNS[1:] == 0).sum())
    weights = SIGNS[0].astype(np.float32)
    weights[2, 3] = np.nan
    np.save(tmp_path / "nan.npy", weights)
    result = ternlut("inspect", tmp_path / "nan.npy")
    assert (result.status, "not ternary" in result.out) == (0, True)
    assert "nan: holds an infinity or a NaN (nan at row 2, column 3)" in result.out


def test_inspect_lists_gguf_of_unknown_types_by_number(ternlut: Run, tmp_path: Path) -> None:
    weights = np.tile(SIGNS[0][:4, :32], 4)
    path = writers.gguf(
        tmp_path / "w.gguf",
        ("a", 777, (4, 128), bytes(64)),
        ("b", 777, (4, 128), bytes(64)),
        ("w", 36, (4, 128), writers.i2_s(weights, 0.5, "arm")),
    )
    result = ternlut("inspect", path, "--i2s", "arm")
    assert "type 777  4 × 128  cannot be read" in result.out
    assert "a, b: is of type 777, which is not known" in result.out
    assert "w: I2_S is read in the layout arm (blocks of 64)" in result.out
    tensor = ternlut("inspect", path, "--i2s", "arm", "--json").figures["tensors"][-1]
    assert (tensor["scale"], tensor["plus"]) == (0.5, int((weights == 1).sum()))
    other = ternlut("inspect", path, "--json").figures["tensors"][-1]
    assert "layout x86" in other["notes"][0]


def test_a_layer_of_zeros_says_so(ternlut: Run, core: Path, tmp_path: Path) -> None:
    experts = SIGNS * np.array([1, 0, 1], dtype=np.float32)[:, None, None]
    path = writers.safetensors(tmp_path / "w.safetensors", w=experts)
    notes = ternlut("inspect", path, "--json").figures["tensors"][0]["notes"]
    assert notes == ["of [1] all of its weights are zero"]
    np.save(tmp_path / "w.npy", np.zeros((6, 40), dtype=np.float32))
    result = ternlut("simulate", core, "--fast", "--weights", tmp_path / "w.npy")
    assert "w: all of its weights are zero" in result.out
    assert "RMS error against float64: 0 with the original weights, 0 with ternary ones" in result.out
