"""Matrices that are ternary with several scales in a row, or with noise in their scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.weights.files import open_tensors
from sim.weights.reading import ternary_of, weights_beside
from sim.weights.ternary import TernaryMatrix
from tests.sim.weights import writers
from tests.sim.weights.test_ternary import made

RNG = np.random.default_rng(8)


def ternary(*shape: int) -> np.ndarray:
    return RNG.integers(-1, 2, size=shape).astype(np.int8)


def lost(weights: Any, matrix: TernaryMatrix) -> float:
    """The root-mean-square of what scale · T leaves of W over that of W, written out."""
    wide = np.asarray(weights, dtype=np.float64)
    left = wide - matrix.weights * np.asarray(matrix.scale).reshape(-1, 1)
    return float(np.linalg.norm(left) / np.linalg.norm(wide))


def test_two_halves_with_their_own_scale_are_ternary_with_two_scales() -> None:
    signs = ternary(64, 96)
    scales = np.repeat([0.031, 0.027], 48)
    weights = (signs * scales).astype(np.float16)
    matrix = made(weights)
    np.testing.assert_array_equal(matrix.weights, signs)
    assert matrix.groups is not None
    assert matrix.groups.length == 48
    np.testing.assert_array_equal(matrix.groups.scales, np.float16([[0.031, 0.027]] * 64))
    exact = matrix.weights * np.repeat(matrix.groups.scales, 48, axis=1)
    np.testing.assert_array_equal(exact, weights)
    assert matrix.scale == pytest.approx(np.abs(weights[weights != 0].astype(float)).mean())
    assert matrix.weight_error == pytest.approx(lost(weights, matrix)) == pytest.approx(0.069, abs=2e-3)
    assert "a scale for every 48 of a row" in matrix.notes[0]


@given(st.sampled_from([8, 12, 32, 100, 128]), st.integers(2, 5), st.integers(1, 6), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_scales_of_groups_are_recovered_exactly(group: int, groups: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1, 0, 1, 1, -1], size=(rows, group * groups))
    # Neighbours differ, so that no longer group would do.
    scales = rng.uniform(0.1, 1, (rows, groups)).astype(np.float32)
    weights = (signs * np.repeat(scales, group, axis=1)).astype(np.float32)
    matrix = made(weights)
    assert matrix.groups is not None
    np.testing.assert_array_equal(matrix.weights, signs)
    back = matrix.weights * np.repeat(matrix.groups.scales, matrix.groups.length, axis=1)[:, : group * groups]
    np.testing.assert_array_equal(back, weights)
    kept = np.count_nonzero(weights, axis=1)
    if rows > 1:
        means = np.abs(weights.astype(float)).sum(axis=1) / np.maximum(kept, 1)
        np.testing.assert_allclose(np.broadcast_to(matrix.scale, rows), means)
    assert matrix.weight_error == pytest.approx(lost(weights, matrix), rel=1e-6, abs=1e-9)


def test_groups_that_do_not_fill_the_last_one_are_recovered() -> None:
    signs, scales = ternary(3, 150), np.array([0.5, 0.25, 0.75])
    weights = signs * np.repeat(scales, 64)[:150]
    matrix = made(weights)
    assert matrix.groups is not None
    assert matrix.groups.length == 64
    np.testing.assert_array_equal(matrix.groups.scales, [scales] * 3)


def test_floats_and_sparse_floats_have_no_groups() -> None:
    for share in (1.0, 0.05):
        weights = RNG.standard_normal((40, 128)) * (RNG.random((40, 128)) < share)
        assert made(weights).rule == "absmean per tensor"


@pytest.mark.parametrize("per", ["tensor", "row"])
def test_noise_in_the_scale_leaves_a_matrix_ternary(per: Any) -> None:
    signs = ternary(20, 60)
    weights = signs * RNG.uniform(0.9, 1.1, signs.shape) * 0.4
    matrix = made(weights, "auto", per)
    np.testing.assert_array_equal(matrix.weights, signs)
    assert matrix.rule == f"nearly ternary per {per}"
    kept = np.abs(weights)
    means = kept.sum(axis=1) / (signs != 0).sum(axis=1) if per == "row" else kept.sum() / (signs != 0).sum()
    np.testing.assert_allclose(matrix.scale, means)
    assert matrix.weight_error == pytest.approx(lost(weights, matrix))
    assert matrix.weight_error < 0.07
    assert "not quite equal" in matrix.notes[0]


def test_noise_in_scales_that_differ_by_row_gets_one_a_row() -> None:
    signs = ternary(6, 60)
    weights = signs * RNG.uniform(0.95, 1.05, signs.shape) * np.array([[1], [2], [4], [8], [16], [32]])
    matrix = made(weights)
    assert matrix.rule == "nearly ternary per row"
    np.testing.assert_array_equal(matrix.weights, signs)


@pytest.mark.parametrize("rule", ["absmean", "threshold"])
@pytest.mark.parametrize("per", ["tensor", "row"])
def test_what_a_rule_loses_is_said(rule: Any, per: Any) -> None:
    weights = RNG.standard_normal((12, 50))
    matrix = made(weights, rule, per)
    assert matrix.weight_error == pytest.approx(lost(weights, matrix))
    assert matrix.notes == ()


def test_absmean_of_a_ternary_matrix_says_what_its_scale_loses() -> None:
    weights = ternary(64, 96) * 0.5
    matrix = made(weights, "absmean")
    assert matrix.weight_error == pytest.approx(lost(weights, matrix))
    assert 0.3 < matrix.weight_error < 0.4
    assert "0.0% with the mean of those that are kept, 0.5" in matrix.notes[0]


def test_a_stored_scale_multiplies_scales_of_groups_and_the_original(tmp_path: Path) -> None:
    signs = ternary(4, 128)
    octets = signs * np.repeat([[0.5, 2.0]], 64, axis=1)
    path = writers.safetensors(
        tmp_path / "w.safetensors",
        w=octets.astype(np.float32),
        w_scale=np.array([1, 2, 3, 4], dtype=np.float32),
    )
    file = open_tensors(path)
    matrix = ternary_of(file, file.find("w"))
    right = octets * np.array([[1], [2], [3], [4]])
    assert matrix.groups is not None
    np.testing.assert_array_equal(matrix.groups.scales, np.outer([1, 2, 3, 4], [0.5, 2]))
    np.testing.assert_array_equal(weights_beside(file.find("w"), matrix, 1, 3), right[1:3])
    assert matrix.weight_error == pytest.approx(lost(right, matrix))


def test_a_scale_for_each_expert_is_its_own(tmp_path: Path) -> None:
    codes = np.full((3, 2, 40), 0b10010000, dtype=np.uint8)
    for shape in ((3,), (3, 1), (3, 1, 1), (3, 8, 1), (1,), ()):
        scale = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape).astype(np.float32)
        file = open_tensors(writers.safetensors(tmp_path / "w.safetensors", w=codes, w_scale=scale))
        for number, expert in enumerate(file.find("w").matrices):
            right = scale.reshape(3, -1)[number] if scale.size > 1 else scale.reshape(1)
            assert ternary_of(file, expert).scale.reshape(-1).tolist() == right.tolist()
