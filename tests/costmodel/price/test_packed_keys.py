"""What unpacking keys costs in the model, against synthesis."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest

from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.verilog import emit

CORES: list[dict[str, Any]] = [
    {"architecture": "select", "tables": 5, "columns": 2},
    {"group_size": 2, "tables": 3, "columns": 3, "activation": "int4"},
    {"architecture": "select", "tables": 9, "columns": 5, "reduction": "carry_save"},
    {"architecture": "select", "tables": 10, "columns": 4, "rows": 2},
    {"group_size": 2, "tables": 5, "columns": 4},
    {"group_size": 3, "tables": 3, "columns": 5},
    {"group_size": 3, "tables": 2, "columns": 8, "activation": "int4", "pipeline": {"fetch": True}},
    {"group_size": 4, "tables": 2, "columns": 5},
]
QUICK = 2
ASAP7 = load_technology("asap7")


def both(core: dict[str, Any], packing: str) -> tuple[float, float]:
    """µm² by the model and by synthesis."""
    config = CoreConfig.parse({**core, "key_packing": packing})
    emission = emit(config)
    measured = synthesize(emission.verilog, emission.top, shipped_library(), Flow())
    return estimate(config, ASAP7).cost, measured.area_um2


def assert_near(cores: list[dict[str, Any]]) -> None:
    priced = [both(core, "base3") for core in cores]
    errors = [abs(model / measured - 1) for model, measured in priced]
    assert median(errors) <= 0.03, errors
    assert max(errors) <= 0.10, errors


def test_small_packed_cores_cost_what_synthesis_says() -> None:
    assert_near(CORES[:QUICK])


@pytest.mark.exhaustive
def test_packed_cores_cost_what_synthesis_says() -> None:
    assert_near(CORES)


@pytest.mark.exhaustive
@pytest.mark.parametrize("core", CORES[3:6])
def test_what_unpacking_adds_is_half_a_micrometre_a_weight(core: dict[str, Any]) -> None:
    """The difference alone, in the model and in synthesis, µm² a weight and cycle."""
    weights = core["tables"] * core["columns"] * core.get("group_size", 1)
    packed, plain = both(core, "base3"), both(core, "none")
    added = [(more - less) / weights for more, less in zip(packed, plain, strict=True)]
    assert all(0.3 < each < 0.75 for each in added), added
