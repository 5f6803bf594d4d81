"""A core's reduction where designs are named and described."""

from __future__ import annotations

from typing import Any

from dse.handoff.datasheet import figures
from dse.presentation.naming import Naming
from generator.config import CoreConfig
from generator.plan import plan_for

CORE: dict[str, Any] = {"group_size": 2, "tables": 4, "columns": 8, "activation": "int8"}


def test_a_design_is_named_by_its_reduction_where_designs_differ_in_it() -> None:
    row = {"architecture": "lut", **CORE, "dataflow": "output_stationary", "reduction": "carry_save"}
    naming = Naming(["reduction"], own_clock=False)
    assert naming.phrase(row) == "lut, group size 2, 4 tables × 8 columns, carry-save reduction"
    assert naming.phrase({**row, "reduction": "tree"}) == "lut, group size 2, 4 tables × 8 columns"
    assert Naming([], own_clock=False).phrase(row) == "lut, group size 2, 4 tables × 8 columns"


def test_a_datasheet_tells_of_carry_save_levels_and_of_nothing_usual() -> None:
    plan = plan_for(CoreConfig.parse({**CORE, "reduction": "carry_save"}))
    carry_save = dict(figures(plan))
    assert carry_save["reduction"] == "carry-save: 2 levels of full adders, then one adder a column"
    assert "reduction" not in {name for name, _ in figures(plan_for(CoreConfig.parse(CORE)))}
