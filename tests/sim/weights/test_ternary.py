"""Rules that make a matrix ternary, held against their formulas written out weight by weight."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.weights.reading import RULES, scaled_rows, ternary_of
from sim.weights.tensors import Tensor, TensorFile, WeightFileError
from sim.weights.ternary import TernaryMatrix

floats = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 7), st.integers(1, 9)), elements=st.floats(-2, 2, width=32)
)


def file_of(**arrays: Any) -> TensorFile:
    def tensor(name: str, array: Any) -> Tensor:
        kind = {"bfloat16": "BF16"}.get(str(array.dtype), str(array.dtype))
        return Tensor("file", name, kind, array.shape, lambda first, last: np.atleast_1d(array)[first:last])

    held = {name.replace("__", "."): np.asarray(array) for name, array in arrays.items()}
    return TensorFile(Path("file"), {name: tensor(name, array) for name, array in held.items()})


def made(array: Any, rule: Any = "auto", per: Any = "tensor", **beside: Any) -> TernaryMatrix:
    file = file_of(w=array, **beside)
    return ternary_of(file, file.find("w"), rule, per)


def mean(values: Any) -> float:
    return math.fsum(abs(float(value)) for value in values) / len(values)


@given(floats, st.sampled_from(["tensor", "row"]))
@settings(deadline=None, max_examples=60)
def test_absmean_is_round_and_clip_by_the_mean_magnitude(weights: np.ndarray, per: Any) -> None:
    found = made(weights, "absmean", per)
    scales = np.broadcast_to(found.scale, len(weights))
    for row, scale, ternary in zip(weights, scales, found.weights, strict=True):
        assert scale == pytest.approx(mean(row if per == "row" else weights.flat) + 1e-8, rel=1e-12)
        assert ternary.tolist() == [max(-1, min(1, round(float(weight) / float(scale)))) for weight in row]


@given(floats, st.sampled_from(["tensor", "row"]))
@settings(deadline=None, max_examples=60)
def test_threshold_keeps_what_is_above_seven_tenths_of_the_mean(weights: np.ndarray, per: Any) -> None:
    found = made(weights, "threshold", per)
    parts = [(row, ternary) for row, ternary in zip(weights, found.weights, strict=True)]
    if per == "tensor":
        parts = [(weights.reshape(-1), found.weights.reshape(-1))]
    for (part, ternary), scale in zip(parts, found.scale.reshape(-1), strict=True):
        limit = 0.7 * mean(part)
        near = np.abs(np.abs(part) - limit) < 1e-9
        right = [0 if abs(float(w)) <= limit else int(math.copysign(1, w)) for w in part]
        np.testing.assert_array_equal(ternary[~near], np.array(right)[~near])
        kept = [abs(float(w)) for w, t in zip(part, ternary, strict=True) if t]
        assert scale == pytest.approx(math.fsum(kept) / len(kept) if kept else 0.0)


@given(
    hnp.arrays(np.int8, st.tuples(st.integers(1, 6), st.integers(1, 8)), elements=st.integers(-1, 1)),
    st.sampled_from([np.float64, np.float32, np.float16, ml_dtypes.bfloat16]),
    st.sampled_from(["tensor", "row"]),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_scaled_ternary_weights_come_back_exactly(
    ternary: np.ndarray, kind: Any, per: str, data: Any
) -> None:
    scales = st.sampled_from([0.25, 0.37, 1.0, 12.0])
    scale = np.array([[data.draw(scales)] for _ in ternary] if per == "row" else data.draw(scales))
    stored = (ternary * scale).astype(kind)
    found = made(stored)
    assert found.exact
    np.testing.assert_array_equal(found.weights, ternary)
    np.testing.assert_array_equal(scaled_rows(found, 0, len(ternary)), stored.astype(np.float64))


def test_floats_that_are_not_ternary_are_taken_by_absmean_unless_told_otherwise() -> None:
    weights = np.array([[0.1, -0.2, 0.0], [0.4, 0.1, -0.1]], dtype=np.float32)
    assert made(weights).rule == "absmean per tensor"
    with pytest.raises(
        WeightFileError, match=r"'w' of type float32 is not ternary: row 0 holds 0\.1 and 0\.2"
    ):
        made(weights, "exact")


def test_a_mean_of_a_whole_tensor_spans_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.random.default_rng(0).standard_normal((50, 7)).astype(np.float32)
    whole = [made(weights, rule, per) for rule in ("absmean", "threshold") for per in ("tensor", "row")]
    monkeypatch.setattr("sim.weights.tensors.STRIP_VALUES", 20)
    strips = [made(weights, rule, per) for rule in ("absmean", "threshold") for per in ("tensor", "row")]
    for one, other in zip(whole, strips, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_allclose(one.scale, other.scale, rtol=1e-14)


def test_a_scale_beside_a_ternary_tensor_is_multiplied_in() -> None:
    ternary = np.array([[1, 0, -1], [0, 1, 1]], dtype=np.int8)
    assert made(ternary, w_scale=np.float32(0.5)).scale == 0.5
    assert made(ternary, w_scale=np.array([0.5, 2])).scale.tolist() == [0.5, 2]
    assert made(ternary * np.float32(3), w_scale=np.array([0.5])).scale == 1.5
    with pytest.raises(WeightFileError, match="no scale of 2 rows"):
        made(ternary, w_scale=np.ones(3))
    with pytest.raises(WeightFileError, match="no scale of 2 rows"):
        made(ternary, w_scale=np.zeros(1))


@pytest.mark.parametrize(
    ("layer", "scale"), [(None, 0.25), ("autobitlinear", 4.0), ("bitlinear", 0.25)], ids=str
)
def test_the_config_beside_a_checkpoint_says_whether_its_scale_divides(
    tmp_path: Path, layer: str | None, scale: float
) -> None:
    stated = {"quant_method": "bitnet"} | ({"linear_class": layer} if layer else {})
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": stated}))
    file = file_of(w=np.eye(4, dtype=np.uint8), w_scale=np.array([4.0]))
    file = TensorFile(tmp_path / "model.safetensors", file.tensors)
    assert ternary_of(file, file.find("w")).scale == scale


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(rule: Any, wrong: float) -> None:
    weights = np.ones((3, 4), dtype=np.float32)
    weights[1] = wrong
    with pytest.raises(WeightFileError, match=r"infinity or a NaN|are bytes"):
        made(weights, rule)


def test_what_is_no_matrix_is_refused() -> None:
    for array in (np.ones(3), np.ones((2, 2, 2)), np.ones((0, 4))):
        with pytest.raises(WeightFileError, match="a matrix W"):
            made(array)


def test_a_matrix_of_zeros_is_ternary() -> None:
    for rule in ("auto", "absmean", "threshold"):
        assert not made(np.zeros((2, 3)), rule).weights.any()
