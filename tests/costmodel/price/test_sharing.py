"""Plans that share parts are the plans that they stand for."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from costmodel.price.sharing import SharingPlan
from generator.config import CoreConfig
from generator.plan import CorePlan


@pytest.mark.parametrize("architecture", ["lut", "select", "multiplier"])
@pytest.mark.parametrize(
    "number",
    [
        {"activation": "int8"},
        {"activation": "fp16"},
        {"activation": "fp16", "datapath": "exact"},
        {"activation": "fp8_e4m3", "datapath": "aligned", "aligned_bits": 9},
    ],
)
def test_shared_parts_are_those_of_the_plan(architecture: str, number: dict[str, Any]) -> None:
    core = CoreConfig.parse({"architecture": architecture, "tables": 3, "columns": 2} | number)
    shared, alone = SharingPlan(core), CorePlan(core)
    for part in ("table", "reduction"):
        ours, own = getattr(shared, part), getattr(alone, part)
        assert {f.name: getattr(ours, f.name) for f in fields(ours)} == {
            f.name: getattr(own, f.name) for f in fields(own)
        }
    assert (shared.fetched, shared.table_bits) == (alone.fetched, alone.table_bits)
