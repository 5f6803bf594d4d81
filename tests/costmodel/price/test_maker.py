"""What the maker of a core's tables costs in the model, and in synthesis."""

from __future__ import annotations

from typing import Any

import pytest

from costmodel.flow.synthesis import shipped_library, synthesize
from costmodel.price.maker import maker_cost
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.maker import emit_maker

EXACT = {"activation": "fp8_e4m3", "datapath": "exact", "pipeline": {"float_stages": 1}}
ALIGNED = {"activation": "fp8_e4m3", "datapath": "aligned", "aligned_bits": 8}


@pytest.mark.parametrize(
    "keys",
    [
        {"group_size": 2},
        pytest.param({"group_size": 3, "activation": "int4", "rows": 2}, marks=pytest.mark.exhaustive),
        pytest.param({"group_size": 4, "alphabet": "binary"}, marks=pytest.mark.exhaustive),
        pytest.param({"group_size": 2, **EXACT}, marks=pytest.mark.exhaustive),
        pytest.param({"group_size": 2, **ALIGNED}, marks=pytest.mark.exhaustive),
    ],
    ids=["integer", "rows", "binary", "exact", "aligned"],
)
def test_a_maker_costs_what_synthesis_says(keys: dict[str, Any]) -> None:
    core = CoreConfig.parse({"tables": 1, "columns": 1, "table_store": "port", **keys})
    modules = emit_maker(core)
    area = synthesize("\n".join(modules.values()), list(modules)[-1], shipped_library()).area_um2
    assert maker_cost(core, load_technology("asap7")) == pytest.approx(area, rel=0.05)


def test_a_maker_for_one_core_of_an_array_costs_that_of_the_core() -> None:
    asap7, shape = load_technology("asap7"), {"tables": 2, "columns": 3, "group_size": 3}
    one, four = (CoreConfig.parse({**shape, "table_store": "port", "cores": cores}) for cores in (1, 4))
    assert maker_cost(one, asap7) == maker_cost(four, asap7) > 0
