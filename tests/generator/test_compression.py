"""Carry-save trees: what their plans promise of dots, levels and sums, held against plain sums."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.flow.synthesis import shipped_library, synthesize
from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.plan import CompressorPlan, CorePlan, plan_for
from generator.verilog import emit
from sim import carry_save
from sim.arithmetic import Pending, PlanViolation, wrap
from sim.reference import compressed

DADDA = (2, 3, 4, 6, 9, 13, 19, 28, 42, 63)
"""Most dots of a place that so many levels fewer one reduce to two; L. Dadda's sequence."""

CONTROLS = 4
"""Bits that go with a stage's values: that it has some, of which row, that they are the first or last."""


def plan_of(leaves: int, width: int, signs: bool = True, early: int = 0, limit: int = 24) -> CompressorPlan:
    count = leaves if signs else 0
    return CompressorPlan(leaves, width, count, min(count, 2), early, 0, limit)


plans = st.builds(
    plan_of,
    leaves=st.integers(2, 20),
    width=st.integers(2, 9),
    signs=st.booleans(),
    early=st.integers(0, 4),
    limit=st.integers(9, 16),
)


@given(plans, st.integers(0, 2**32), st.sampled_from(["any", "lowest", "highest"]))
def test_the_two_numbers_add_up_to_the_sum(plan: CompressorPlan, seed: int, ends: str) -> None:
    half, draw = 1 << (plan.width - 1), np.random.default_rng(seed)
    values = draw.integers(-half, half, (plan.leaves, 5))
    signs = draw.integers(0, 2, (plan.tree_signs, 5))
    if ends != "any":
        values[:], signs[:] = (half - 1, 1) if ends == "highest" else (-half, 0)
    total, carried = carry_save.rows(plan, [*values], [*signs])
    expected = values.sum(axis=0) + signs.sum(axis=0)
    assert (wrap(total + carried, plan.width_limit) == wrap(expected, plan.width_limit)).all()
    if plan.has_sign:
        assert (total + carried == expected).all()
        assert total.min() >= -1 << plan.places
        assert total.max() < 1 << plan.places
    assert carried.min() >= 0
    assert carried.max() < 1 << plan.carry_width


@given(plans)
def test_a_full_adder_takes_one_dot_away_and_a_half_adder_none(plan: CompressorPlan) -> None:
    width = min(plan.width, plan.width_limit)
    dots = plan.leaves * width + plan.tree_signs + plan.constant.bit_count()
    levels = (*plan.early, *plan.levels)
    full = sum(sum(level.full) for level in levels)
    beyond = sum(level.full[-1] + level.half[-1] for level in levels)
    assert sum(plan.levels[-1].dots[: plan.places]) == dots - full - beyond
    assert max(plan.levels[-1].dots[: plan.places]) <= 2


@given(plans, st.integers(1, 3))
def test_a_place_more_is_never_smaller(plan: CompressorPlan, every: int) -> None:
    less = replace(plan, register_every=every)
    more = replace(less, width_limit=plan.width_limit + 1)
    assert less.depth <= more.depth
    assert less.register_bits <= more.register_bits
    assert less.full_adders + less.half_adders <= more.full_adders + more.half_adders


@pytest.mark.parametrize("leaves", range(2, 48))
def test_levels_are_few(leaves: int) -> None:
    """No more than two above Dadda's for the values alone: their signs make a place twice as high."""
    plan = plan_of(leaves, 9, early=2)
    fewest = next(level for level, most in enumerate(DADDA) if leaves <= most)
    assert fewest <= plan.depth <= fewest + 2
    heights = [max(level.dots[: plan.places]) for level in plan.levels]
    assert all(after < before for before, after in pairwise(heights))


def test_levels_of_signs_come_before_the_values_and_only_where_there_is_time() -> None:
    core = {"tables": 12, "columns": 2, "group_size": 2, "reduction": "carry_save"}
    plan = plan_for(CoreConfig.parse(core)).reduction
    assert isinstance(plan, CompressorPlan)
    assert [sum(level.full) for level in plan.early] == [3, 2]
    registered = plan_for(CoreConfig.parse({**core, "pipeline": {"fetch": True}})).reduction
    assert isinstance(registered, CompressorPlan)
    assert registered.early == ()


@pytest.mark.parametrize("every", [1, 2, 3])
def test_registers_behind_levels_delay_and_hold_what_is_alive(every: int) -> None:
    core = CoreConfig.parse(
        {"tables": 9, "columns": 1, "reduction": "carry_save", "pipeline": {"reduction_every": every}}
    )
    plan = CorePlan(core)
    tree = plan.reduction
    assert isinstance(tree, CompressorPlan)
    assert plan.pipeline_stages == tree.depth // every > 0
    held = [tree.levels[level - 1] for level in range(every, tree.depth + 1, every)]
    ones = [sum(level.ones) for level in held]
    dots = [sum(level.dots) for level in held]
    assert tree.register_bits == sum(dots) - sum(ones) + len(held) * 2


@pytest.mark.parametrize(
    ("core", "has_sign"),
    [
        ({"architecture": "multiplier", "group_size": 1, "activation": "int6", "max_reduction": 64}, False),
        ({"activation": "int5", "group_size": 2, "max_reduction": 64}, True),
    ],
)
def test_what_is_registered_is_used(core: dict[str, object], has_sign: bool) -> None:
    """Synthesis, which takes out registers that nobody reads or that are equal, finds none to take out."""
    registered: list[int] = []
    plans: list[CompressorPlan] = []
    for every in (0, 1):
        plan = CorePlan(
            CoreConfig.parse(
                {
                    **core,
                    "tables": 9,
                    "columns": 1,
                    "reduction": "carry_save",
                    "pipeline": {"fetch": True, "reduction_every": every},
                }
            )
        )
        assert isinstance(plan.reduction, CompressorPlan)
        assert plan.reduction.has_sign == has_sign
        emission = emit(plan.config)
        cells = synthesize(emission.verilog, emission.top, shipped_library()).cells
        registered.append(sum(count for name, count in cells.items() if "DFF" in name))
        plans.append(plan.reduction)
    stages = len(plans[1].registered_levels)
    assert registered[1] - registered[0] == plans[1].register_bits + CONTROLS * stages


def test_a_reference_that_strays_from_the_plan_is_noticed() -> None:
    tree = plan_of(4, 5)
    leaves = [Pending(np.array([value]), np.array([1])) for value in (3, -7, 15, -16)]
    assert compressed(tree, leaves, check=True).value.tolist() == [-1]
    leaves[2] = Pending(np.array([16]), np.array([1]))
    with pytest.raises(PlanViolation, match="carry-save"):
        compressed(tree, leaves, check=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tables": 1}, "reduction = 'carry_save' with tables = 1: one value is no sum, 'tree' is allowed"),
        (
            {"tables": 2, "activation": "fp16"},
            "reduction = 'carry_save' with datapath = 'native': floats round in every addition; 'tree' is "
            "allowed",
        ),
        (
            {"tables": 2, "reduction": "wallace"},
            "reduction = 'wallace': 'tree', 'carry_save' or 'chain' is expected",
        ),
    ],
)
def test_cores_without_a_carry_save_form_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        CoreConfig.parse({"columns": 1, "reduction": "carry_save", **values})
    assert str(refused.value) == f"core: {message}"


def test_a_core_with_a_tree_has_the_name_it_had_before() -> None:
    plain = CoreConfig(tables=8, columns=16)
    assert CoreConfig(tables=8, columns=16, reduction="tree") == plain
    assert "\nreduction =" not in plain.to_toml()
    saved = CoreConfig(tables=8, columns=16, reduction="carry_save")
    assert 'reduction = "carry_save"' in saved.to_toml()
    assert saved.digest != plain.digest
    assert CoreConfig.parse(saved.model_dump(mode="json")) == saved
