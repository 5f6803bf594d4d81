"""Activations as BitNet quantises them, and the error of a stored layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.formats import Format, Integer, format_named
from generator.plan import plan_for
from sim.reference import evaluate
from sim.weights.activations import activations_for
from sim.weights.files import open_tensors
from sim.weights.stored_layer import StoredLayer
from sim.weights.tensors import WeightFileError

shapes = st.tuples(st.integers(1, 4), st.integers(1, 8))
tokens = hnp.arrays(np.float32, shapes, elements=st.floats(-9, 9, width=32))
CORES = ({}, {"activation": "fp16"}, {"architecture": "select", "activation": "int4"})


def layer_of(
    number: Format, weights: Path, rule: Any = "auto", per: Any = "tensor", **more: Any
) -> StoredLayer:
    """The layer of the one tensor of ``weights``."""
    file = open_tensors(weights)
    return StoredLayer.of(number, file, file.find(""), rule, per, **more)


@given(tokens, st.integers(2, 16), st.booleans())
@settings(deadline=None, max_examples=80)
def test_a_token_is_quantised_by_its_largest_magnitude(x: np.ndarray, bits: int, symmetric: bool) -> None:
    found = activations_for(Integer(bits, symmetric), x)
    limit = 2 ** (bits - 1) - 1
    for row, values, scale in zip(x, found.values, found.scale, strict=True):
        assert scale == limit / max(1e-5, max(abs(float(v)) for v in row))
        right = [max(-limit - 1 + symmetric, min(limit, round(float(v) * float(scale)))) for v in row]
        assert values.tolist() == right


def test_integers_are_taken_as_they_are() -> None:
    found = activations_for(Integer(8), np.array([[1, -128, 127]], dtype=np.int8))
    assert found.values.tolist() == [[1, -128, 127]]
    assert found.scale.tolist() == [1]


def test_floating_point_cores_round_to_their_format() -> None:
    found = activations_for(format_named("fp16"), np.array([[1 / 3, 2.0]]))
    assert found.values.dtype == np.float16
    assert found.values.tolist() == [[float(np.float16(1 / 3)), 2.0]]
    assert found.x.tolist() == [[1 / 3, 2.0]]


@pytest.mark.parametrize("rule", ["absmean", "threshold"])
@pytest.mark.parametrize("per", ["tensor", "row"])
@pytest.mark.parametrize("core", CORES)
def test_the_error_is_that_of_the_layer_in_float64(tmp_path: Path, rule: Any, per: Any, core: Any) -> None:
    rng = np.random.default_rng(0)
    weights, x = rng.standard_normal((12, 30)).astype(np.float32), rng.standard_normal((2, 30))
    np.save(tmp_path / "w.npy", weights)
    np.save(tmp_path / "x.npy", x)
    plan = plan_for(CoreConfig(tables=2, columns=3, max_reduction=64, **core))
    stored = layer_of(plan.config.format, tmp_path / "w.npy", rule, per, activations=tmp_path / "x.npy")
    results = evaluate(plan, stored.activations.values, stored.matrix.weights)
    figures = stored.figures(plan, results)
    y = results.astype(float) if "fp16" not in core.values() else results.astype(np.uint16).view(np.float16)
    y = y.astype(float) * stored.matrix.scale / stored.activations.scale[:, None]
    original = x @ weights.astype(float).T
    ternary = x @ (stored.matrix.weights * stored.matrix.scale.reshape(-1, 1)).T
    for name, right in (("original", original), ("ternary", ternary)):
        relative = np.linalg.norm(y - right) / np.linalg.norm(right)
        assert figures["error"][name] == pytest.approx(relative)
    assert figures["error"]["ternary"] < 0.2 < figures["error"]["original"] < 0.8
    assert figures["sparsity"] == (stored.matrix.weights == 0).mean()


def test_a_ternary_layer_in_integers_is_without_error(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1, 0, -1], [1, 1, 0]], dtype=np.float32) / 3)
    np.save(tmp_path / "x.npy", np.array([1, -2, 3]))
    plan = plan_for(CoreConfig(tables=1, columns=1, max_reduction=64))
    stored = layer_of(plan.config.format, tmp_path / "w.npy", activations=tmp_path / "x.npy")
    results = evaluate(plan, stored.activations.values, stored.matrix.weights)
    assert results.tolist() == [[-2, -1]]
    error = stored.figures(plan, results)["error"]
    assert error == pytest.approx({"original": 0, "ternary": 0})


def test_results_that_are_no_numbers_have_no_error(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1.0, 1.0]]))
    np.save(tmp_path / "x.npy", np.array([6e4, 6e4]))
    plan = plan_for(CoreConfig(activation="fp16", tables=1, columns=1, max_reduction=64))
    stored = layer_of(plan.config.format, tmp_path / "w.npy", activations=tmp_path / "x.npy")
    results = evaluate(plan, stored.activations.values, stored.matrix.weights)
    assert stored.figures(plan, results)["error"] == {"original": None, "ternary": None}


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.ones((2, 4)), r"shape \[2, 4\], x\[B, 3\] is expected"),
        (np.ones((1, 2, 3)), r"x\[B, 3\] is expected"),
        (np.ones((0, 3)), r"x\[B, 3\] is expected"),
        (np.array([1, np.nan, 2]), "an infinity or a NaN"),
        (np.ones(3, dtype=complex), "which cannot be read"),
    ],
    ids=str,
)
def test_activations_that_do_not_fit_are_refused(tmp_path: Path, x: Any, said: str) -> None:
    np.save(tmp_path / "w.npy", np.array([[1, 0, -1]]))
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(WeightFileError, match=said):
        layer_of(Integer(8), tmp_path / "w.npy", activations=tmp_path / "x.npy")


def test_integer_activations_beyond_the_format_are_refused() -> None:
    plan = plan_for(CoreConfig(tables=1, columns=1, activation="int4", max_reduction=64))
    values = activations_for(plan.config.format, np.array([[8, 0]])).values
    with pytest.raises(ConfigError, match="activation 8 does not fit int4"):
        plan.config.format.encode(values)
