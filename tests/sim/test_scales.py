"""Scales of groups: the reference against numpy's own float32, the stream's bits, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError, WorkloadError
from generator.plan import beat_bits, plan_for
from sim.error_bound import scaled_error_bound
from sim.layers import LayerData, beats_of, evaluated, values_of
from sim.run import reference
from tests.rtl.cores import EXACT_FORMATS, sums_of_scaled_floats, sums_of_scaled_groups

CORE = {"group_size": 2, "tables": 2, "columns": 5, "max_reduction": 300, "scale_group": 13}


def core_of(**keys: Any) -> CoreConfig:
    return CoreConfig.parse({**CORE, **keys})


@pytest.mark.parametrize("scale", ["fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp32", "int2", "int16"])
@pytest.mark.parametrize("activation", ["int4", "int16"])
def test_sums_of_groups_are_scaled_and_added_as_numpy_does(scale: str, activation: str) -> None:
    core = core_of(scale=scale, activation=activation)
    for seed, length in enumerate((1, 13, 14, 300)):
        layer = LayerData.random(core, length, 40, 3, seed)
        np.testing.assert_array_equal(evaluated(plan_for(core), layer), sums_of_scaled_groups(core, layer))


@pytest.mark.parametrize("scale", ["fp16", "bf16", "fp8_e5m2"])
@pytest.mark.parametrize("activation", EXACT_FORMATS)
def test_exact_sums_of_floats_are_scaled_rounded_once_and_added(scale: str, activation: str) -> None:
    core = core_of(scale=scale, activation=activation, datapath="exact")
    for seed, length in enumerate((1, 14, 90)):
        layer = LayerData.random(core, length, 20, 3, seed)
        np.testing.assert_array_equal(evaluated(plan_for(core), layer), sums_of_scaled_floats(core, layer))


def test_without_scales_they_are_ones() -> None:
    core, x, w = core_of(), np.arange(40)[None, :], np.ones((3, 40), dtype=np.int8)
    np.testing.assert_array_equal(reference(core, x, w), np.full((1, 3), 780.0))


def test_no_result_is_further_off_than_its_bound() -> None:
    core = core_of(scale="fp16", activation="int16", scale_group=20)
    rng = np.random.default_rng(5)
    x, w = core.format.random(rng, (4, 300)), rng.integers(-1, 2, (30, 300))
    s = np.float16(rng.standard_normal((30, 15)))
    y = reference(core, x, w, s)
    bound = scaled_error_bound(plan_for(core), x, w, s)
    shares = []
    for token, output in np.ndindex(y.shape):
        parts = [int(x[token, f : f + 20] @ w[output, f : f + 20]) for f in range(0, 300, 20)]
        exact = sum(part * Fraction(float(scale)) for part, scale in zip(parts, s[output], strict=True))
        shares.append(abs(Fraction(y[token, output]) - exact) / Fraction(bound[token, output]))
    assert 0.05 < max(shares) <= 1


def test_a_column_s_scale_is_in_the_beat_and_the_place_that_are_documented() -> None:
    core = core_of(columns=7, scale="int8", cores=2)
    plan, rng = plan_for(core), np.random.default_rng(1)
    w, s = rng.integers(-1, 2, (20, 30)), rng.integers(-128, 128, (20, 3))
    beats = beats_of(plan, LayerData(np.zeros((1, 30), dtype=np.int64), w.astype(np.int8), s)).key_beats
    bits = np.unpackbits(beats, axis=1, bitorder="little")[:, : beat_bits(plan).key]
    units, steps, tiles = 2, 4, 4
    assert bits.shape == (2 * 3 * tiles, 2 * (7 * 2 * 4 + units * 8))
    places = np.packbits(bits[:, 2 * 7 * 2 * 4 :], axis=1, bitorder="little").view(np.int8)
    for output, group in np.ndindex(s.shape):
        m, column = divmod(output, 14)
        core_number, column = divmod(column, 7)
        unit, step = divmod(column, steps)
        assert places[(m * 3 + group) * tiles + step, core_number * units + unit] == s[output, group]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"scale_group": 0, "scale": "fp16"},
            "scale = 'fp16' with scale_group = 0: it is for groups of weights",
        ),
        ({"scale": "fp12"}, "scale = 'fp12' is not a number format"),
        (
            {"activation": "fp16"},
            "scale_group = 13 with activation = 'fp16' and datapath = 'native': what is scaled are exact",
        ),
        (
            {"dataflow": "table_stationary", "outputs": 5},
            "scale_group = 13 with dataflow = 'table_stationary'",
        ),
        ({"cores": 2, "split": "inputs"}, "scale_group = 13 with split = 'inputs'"),
        ({"wrapper": "axi"}, "scale_group = 13 with wrapper = 'axi'"),
        ({"tables": 7}, "scale_group = 13 with a tile of 14 activations"),
        ({"scale_group": 301}, "scale_group = 301 with a tile of 4 activations and max_reduction = 300"),
        (
            {"pipeline": {"float_stages": 4}},
            "pipeline.float_stages = 4 with scale_group = 13: a group takes 4 cycles",
        ),
        ({"scale": "int4", "pipeline": {"float_stages": 1}}, "it is for floating point"),
        (
            {"alphabet": "sparse_3_4", "group_size": 4},
            "scale_group = 13 with alphabet = 'sparse_3_4': a multiple of group_size = 4 is allowed",
        ),
    ],
)
def test_what_has_no_scales_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        core_of(**keys)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("keys", "scales", "message"),
    [
        (
            {},
            np.ones((2, 3)),
            "scales [2, 3]: [2, 4] is expected, a scale for every 13 of 40 weights of an output",
        ),
        ({}, np.full((2, 4), 0.1), "scales: fp16 has not all of their values, round them to it"),
        ({"scale": "int4"}, np.full((2, 4), 8), "scales: -8 … 7 is allowed with int4"),
        (
            {"scale_group": 0},
            np.ones((2, 4)),
            "scales: the core has no scale_group, its results are not scaled",
        ),
    ],
)
def test_scales_that_do_not_fit_are_refused(keys: dict[str, Any], scales: Any, message: str) -> None:
    with pytest.raises(WorkloadError) as refusal:
        reference(core_of(**keys), np.zeros((1, 40), dtype=int), np.zeros((2, 40), dtype=int), scales)
    assert str(refusal.value) == message


def test_a_result_is_a_float_or_an_integer_as_scales_are() -> None:
    x, w = np.full((1, 26), -3), np.ones((1, 26), dtype=np.int8)
    for scale, right in (("fp16", -39 * 0.5 - 39 * 2.0), ("int8", -39 * 5 + 39 * 7)):
        core = core_of(scale=scale)
        scales = [[0.5, 2.0]] if scale == "fp16" else [[5, -7]]
        y = values_of(plan_for(core), evaluated(plan_for(core), LayerData.of(x, w, scales)))
        assert y.tolist() == [[right]]
