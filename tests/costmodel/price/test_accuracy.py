"""The formula of a core's error, against cores evaluated on random data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.price.accuracy import arithmetic_error, rms_error, rounding_error
from generator import softfloat as floating
from generator.config import CoreConfig
from generator.formats import Float
from generator.plan import plan_for
from sim.reference import evaluate

LENGTH = 1536
CORES: list[dict[str, Any]] = [
    {"activation": "fp16", "datapath": "native", "group_size": 1, "tables": 24},
    {"activation": "fp16", "datapath": "native", "group_size": 3, "tables": 8},
    {"activation": "fp16", "datapath": "native", "accumulation": "fp32", "group_size": 3, "tables": 8},
    {"activation": "bf16", "datapath": "native", "group_size": 2, "tables": 32},
    {
        "activation": "bf16",
        "datapath": "native",
        "group_size": 2,
        "tables": 8,
        "pipeline": {"float_stages": 3},
    },
    {"activation": "fp32", "datapath": "native", "group_size": 2, "tables": 12},
    {"activation": "fp8_e4m3", "datapath": "native", "group_size": 2, "tables": 12},
    {"activation": "fp8_e5m2", "datapath": "native", "group_size": 2, "tables": 12},
    {"activation": "fp16", "datapath": "exact", "group_size": 2, "tables": 12},
    {"activation": "fp8_e4m3", "datapath": "exact", "group_size": 2, "tables": 12},
    {"activation": "fp16", "datapath": "aligned", "aligned_bits": 24, "group_size": 2, "tables": 12},
    {"activation": "fp16", "datapath": "aligned", "aligned_bits": 10, "group_size": 2, "tables": 12},
    {
        "activation": "fp16",
        "datapath": "aligned",
        "aligned_bits": 8,
        "rounding": "truncate",
        "group_size": 2,
        "tables": 12,
    },
    {
        "activation": "bf16",
        "datapath": "aligned",
        "aligned_bits": 8,
        "accumulation": "fp32",
        "group_size": 2,
        "tables": 32,
    },
]


@pytest.mark.parametrize("core", CORES, ids=lambda core: "-".join(map(str, core.values()))[:60])
def test_errors_are_those_of_cores_on_random_data(core: dict[str, Any]) -> None:
    config = CoreConfig.parse({"columns": 16, **core})
    plan, number = plan_for(config), config.format
    assert isinstance(number, Float)
    generator = np.random.default_rng(11)
    x = generator.standard_normal((2, LENGTH))
    w = generator.integers(-1, 2, (256, LENGTH)).astype(np.int8)
    rounded = floating.decode(number, number.encode(x))
    total = config.accumulator_format or number
    patterns = evaluate(plan, rounded, w).astype(np.uint64) & np.uint64((1 << total.bits) - 1)
    y = floating.decode(total, patterns)
    assert np.isfinite(y).all()

    def relative(right: np.ndarray[Any, Any]) -> float:
        return float(np.sqrt(np.mean((y - right) ** 2) / np.mean(right**2)))

    assert arithmetic_error(plan, LENGTH) == pytest.approx(relative(rounded @ w.T.astype(float)), rel=0.15)
    assert rms_error(plan, LENGTH) == pytest.approx(relative(x @ w.T.astype(float)), rel=0.15)


@pytest.mark.parametrize("bits", [4, 8])
def test_integers_lose_what_rounding_to_the_largest_of_a_token_loses(bits: int) -> None:
    plan = plan_for(CoreConfig.parse({"activation": f"int{bits}", "tables": 8, "columns": 4}))
    x = np.random.default_rng(5).standard_normal((64, LENGTH))
    scale = plan.config.format.maximum / np.abs(x).max(axis=1, keepdims=True)
    lost = np.rint(x * scale) / scale - x
    assert rounding_error(plan, LENGTH) == pytest.approx(float(np.sqrt(np.mean(lost**2))), rel=0.05)
    assert arithmetic_error(plan, LENGTH) == 0
