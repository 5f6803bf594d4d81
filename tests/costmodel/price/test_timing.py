"""Laws that the delay model obeys."""

from __future__ import annotations

from math import log2
from typing import Any

import pytest

from costmodel.price.components import (
    CLOCKED_COMPONENTS,
    IN_CELLS_ALONE,
    saved_carries,
)
from costmodel.price.estimate import Estimate, estimate
from costmodel.price.representative import CONFIG_KEYS
from costmodel.price.technology import load_technology
from costmodel.price.timing import DELAY_TERMS
from costmodel.speeds import full_adder_levels
from generator.config import CoreConfig
from generator.plan import plan_for

ASAP7 = load_technology("asap7")


def timed(**values: Any) -> Estimate:
    return estimate(CoreConfig.parse({"tables": 16, "columns": 8, **values}), ASAP7)


def test_the_delay_is_that_of_the_longest_stage() -> None:
    found = timed(group_size=3, pipeline={"fetch": True, "reduction_every": 1})
    assert found.delay_ps == max(found.stages_ps.values())
    assert set(found.stages_ps) == {"entries", "fetch", "reduction", "accept"}


def test_wider_numbers_are_slower() -> None:
    delays = [timed(activation=f"int{bits}").delay_ps for bits in range(2, 17)]
    assert delays == sorted(delays)
    assert delays[0] < delays[-1]


def test_registers_shorten_the_path_they_cut() -> None:
    whole, cut = timed(), timed(pipeline={"reduction_every": 2})
    assert cut.stages_ps["fetch"] < whole.stages_ps["fetch"]
    early, late = timed(group_size=3, pipeline={"table": "activations"}), timed(group_size=3)
    assert late.stages_ps["fetch"] < early.stages_ps["fetch"]
    assert "entries" not in early.stages_ps


def test_a_multiplier_is_slower_than_a_select() -> None:
    assert timed(architecture="multiplier").delay_ps > timed(architecture="select").delay_ps


@pytest.mark.parametrize("number", [{"activation": "int8"}, {"activation": "fp16", "datapath": "native"}])
def test_every_stage_states_the_keys_it_depends_on(number: dict[str, Any]) -> None:
    base: dict[str, Any] = {"architecture": "lut", "group_size": 2, "tables": 12, "columns": 4, "rows": 1}
    base |= {"max_reduction": 4096, "dataflow": "table_stationary", "outputs": 16} | number
    base["pipeline"] = {"table": "entries", "fetch": True, "reduction_every": 2}
    changes: dict[str, Any] = {
        "architecture": "multiplier", "group_size": 3, "tables": 20, "columns": 7, "rows": 3,
        "max_reduction": 300, "outputs": 99, "fetch": "tree", "pipeline.table": "activations",
        "pipeline.fetch": False, "pipeline.reduction_every": 1, "dataflow": "output_stationary",
    }  # fmt: skip
    if "datapath" in number:
        base["pipeline"]["float_stages"] = 3
        changes |= {"activation": "bf16", "pipeline.float_stages": 2}
    else:
        changes |= {"activation": "int5", "symmetric": True}
    coefficients = {name: 1 + 0.37 * i for i, name in enumerate((*CLOCKED_COMPONENTS, *IN_CELLS_ALONE))}
    for term in DELAY_TERMS:
        assert set(term.keys) <= set(CONFIG_KEYS)
        before = term.bill(plan_for(CoreConfig.parse(base))).price(coefficients)
        for key, value in changes.items():
            if key in term.keys:
                continue
            values = base | {"pipeline": dict(base["pipeline"])}
            if key.startswith("pipeline."):
                values["pipeline"][key.removeprefix("pipeline.")] = value
            else:
                values[key] = value
            if values["dataflow"] == "output_stationary":
                del values["outputs"]
            if values["architecture"] == "multiplier":
                values["group_size"] = 1
                if "group_size" in term.keys:
                    continue
            after = term.bill(plan_for(CoreConfig.parse(values))).price(coefficients)
            assert after == pytest.approx(before), (term.stage, key)


def test_paths_between_registers_leave_out_what_begins_or_ends_at_a_port() -> None:
    """An exact sum becomes a float on its way to the stream; pipelined, in stages between registers."""
    core: dict[str, Any] = {"activation": "fp8_e4m3", "datapath": "exact", "tables": 2, "columns": 1}
    core |= {"max_reduction": 100, "architecture": "select"}
    result = next(term for term in DELAY_TERMS if term.stage == "result")
    for stages, counted in ((0, False), (2, True)):
        plan = plan_for(CoreConfig.parse({**core, "pipeline": {"float_stages": stages}}))
        assert result.counts(plan, "path")
        assert result.counts(plan, "clocked") is counted


def test_for_speed_inner_adders_of_a_tree_are_levels_of_full_adders() -> None:
    """Thirteen numbers become two in five levels of which each makes two of three; one carry is left."""
    path = saved_carries([9, 10, 11, 12, 20], 13).counts
    assert path["adder"] == 5
    assert path["adder"] - 1 + path["saved"] == 5
    assert path["carry"] == 20
    assert path["prefix"] == log2(20)
    assert [full_adder_levels(numbers) for numbers in (1, 2, 3, 4, 6, 9, 13, 19)] == [0, 0, 1, 2, 3, 4, 5, 6]


def test_paths_in_lookup_tables_know_no_saved_carries() -> None:
    plan = plan_for(CoreConfig(group_size=2, tables=12, columns=4, max_reduction=4096))
    (fetch,) = (term for term in DELAY_TERMS if term.stage == "fetch")
    assert "saved" in fetch.path(plan, "path").counts
    assert "saved" not in fetch.path(plan, "clocked").counts
