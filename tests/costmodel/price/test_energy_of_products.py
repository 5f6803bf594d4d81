"""How products and what follows them move, against drawn rows and chains that are counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.price.activity import Statistics, of_held_rows
from costmodel.price.area import accumulator, result_converters
from costmodel.price.components import IN_TABLES_ALONE, Bill
from costmodel.price.fetch import fetch
from costmodel.price.lateness import BEFORE, CHOSEN, DRIVEN, LEVEL, behind_reduction
from costmodel.price.motions import MOVES, Motion
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for

BITNET = Statistics()


def plan(**values: Any) -> CorePlan:
    one = {"architecture": "multiplier", "activation": "int8", "group_size": 1, "tables": 1, "columns": 1}
    return plan_for(CoreConfig.parse({**one, "max_reduction": 4096} | values))


def toggles(zeros: float, steps: int) -> float:
    """How often a bit of the rows of drawn products changes, each activation for so many weights."""
    draw = np.random.default_rng(3)
    weights = draw.choice([0, 1, -1], 60_000, p=[zeros, (1 - zeros) / 2, (1 - zeros) / 2])
    activations = np.repeat(draw.integers(-128, 128, 60_000 // steps), steps)
    bits = np.arange(1, 8)
    rows = (activations[:, None] >> np.arange(8) & 1)[:, :, None] & (weights[:, None] >> bits & 1)[:, None, :]
    return float(np.mean(rows[1:] != rows[:-1]))


@pytest.mark.parametrize("zeros", [0.3, 0.42, 0.6])
@pytest.mark.parametrize("steps", [2, 5])
def test_rows_of_a_held_activation_change_as_drawn_ones_do(zeros: float, steps: int) -> None:
    held = plan(dataflow="table_stationary", outputs=steps)
    expected = toggles(zeros, steps) / toggles(zeros, 1)
    assert of_held_rows(held, Statistics(zero_weights=zeros)) == pytest.approx(expected, abs=0.015)


def test_what_is_not_held_or_not_multiplied_moves_as_before() -> None:
    assert of_held_rows(plan(), BITNET) == 1

    def rates(**keys: Any) -> list[float]:
        held = {"dataflow": "table_stationary", "outputs": 5}
        return [MOVES[fetch](plan(**keys, **more), BITNET).rate for more in ({}, held)]

    once, kept = rates()
    assert kept < once
    chosen = rates(architecture="select")
    assert chosen[0] == chosen[1]


def adders(late: Bill) -> float:
    """Adders' delays on the way, with all else at no delay."""
    coefficients = dict.fromkeys(load_technology("asap7").rippling.coefficients, 0.0)
    return late.without(IN_TABLES_ALONE).price(coefficients | {"adder": 1.0})


def late(unit: Any, **keys: Any) -> float:
    motion: Motion = MOVES[unit](plan(**keys), BITNET)
    return adders(motion.late)


def test_an_activation_that_drives_more_columns_comes_later_to_products() -> None:
    doubling = DRIVEN * adders(LEVEL)
    assert late(fetch, columns=8) - late(fetch) == pytest.approx(3 * doubling)
    assert late(accumulator, columns=8) - late(accumulator) == pytest.approx(3 * doubling)
    registered = {"pipeline": {"fetch": True}}
    assert late(accumulator, columns=8, **registered) == late(accumulator, **registered)


def test_one_of_many_stored_floats_comes_later() -> None:
    number = {"activation": "fp16", "datapath": "native", "architecture": "select"}
    two, five = (
        late(accumulator, **number, dataflow="table_stationary", outputs=outputs) for outputs in (2, 5)
    )
    assert five - two == pytest.approx(2 * CHOSEN * adders(LEVEL)), "one of 4 stored sums, or the only one"


def test_what_makes_an_aligned_sum_a_float_sees_what_comes_late() -> None:
    number = {"activation": "bf16", "datapath": "aligned", "aligned_bits": 12}
    without = {"pipeline": {"fetch": True}}
    more = late(result_converters, **number) - late(result_converters, **number, **without)
    assert more == pytest.approx(BEFORE * adders(behind_reduction(plan(**number))))
    assert more > 0
