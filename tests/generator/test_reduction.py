"""The shapes of a reduction: who is added to whom, in a tree and in chains."""

from __future__ import annotations

import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.plan import ReductionPlan, plan_for
from generator.plan.reduction import CHAIN


def reduction_of(tables: int, reduction: str) -> ReductionPlan:
    core = CoreConfig.parse(
        {
            "architecture": "select",
            "activation": "int8",
            "tables": tables,
            "columns": 1,
            "reduction": reduction,
        }
    )
    plan = plan_for(core).reduction
    assert isinstance(plan, ReductionPlan)
    return plan


@pytest.mark.parametrize("reduction", ["tree", "chain"])
@pytest.mark.parametrize("tables", [4, 7, 8, 9, 17, 24, 33])
def test_every_value_is_added_once(tables: int, reduction: str) -> None:
    plan = reduction_of(tables, reduction)
    used = [operand for node in plan.nodes for operand in (node.left, node.right) if operand is not None]
    # Each but the root is an operand of one adder; the levels end in the root and are as many as said.
    assert sorted(used) == list(range(2 * tables - 2))
    assert plan.levels[-1] == (len(plan.nodes) - 1,)
    assert len(plan.levels) - 1 == plan.depth
    assert plan.root.width == reduction_of(tables, "tree").root.width
    for level, alive in enumerate(plan.levels):
        assert all(plan.nodes[index].level <= level for index in alive)


def test_adders_of_a_chain_have_a_fetched_value_on_their_right() -> None:
    plan = reduction_of(24, "chain")
    leaves = set(range(24))
    adders = [node for node in plan.nodes if node.left is not None]
    fused = [node for node in adders if node.right in leaves]
    # Three chains of eight, then two adders of sums; in a tree twelve adders have two values to choose.
    assert len(fused) == 3 * (CHAIN - 1)
    assert sum(node.left in leaves for node in fused) == 3
    # Sums of 2, 3, 4 … 8 values of 8 bits, three times, then of 16 and of 24.
    assert [node.width for node in adders] == [*sorted(3 * [9, 10, 10, 11, 11, 11, 11]), 12, 13]


@pytest.mark.parametrize(
    ("core", "said"),
    [
        ({"tables": 3}, "reduction = 'chain' with tables = 3: up to three values are added the same way"),
        ({"tables": 4, "activation": "fp16"}, "reduction = 'chain' with datapath = 'native'"),
    ],
)
def test_what_is_no_chain_is_refused(core: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        CoreConfig.parse({"columns": 2, "reduction": "chain", **core})
