"""What glitches come from: what a table's sums add, choices, new activations, and new sums at all words."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
import pytest

from costmodel.price.activity import Statistics
from costmodel.price.area import accumulator, reduction, table
from costmodel.price.energy import cycle_energy
from costmodel.price.lateness import AMONG, LEVEL, ROW, TAKEN, at_fetch
from costmodel.price.motions import KEPT, MOVES, UNWRITTEN, exchanged
from tests.costmodel.price.test_energy_of_products import BITNET, adders, energy, plan


@pytest.mark.parametrize("zeros", [0.3, 0.9])
def test_sums_of_seldom_values_glitch_as_seldom_as_these(zeros: float) -> None:
    """A sum of two changes where either does, but its adder glitches by what each of them does."""
    rng = np.random.default_rng(0)
    drawn = np.where(rng.random((50_000, 2)) < zeros, 0, rng.choice([-1, 1], (50_000, 2)))
    bit = (drawn >> 1) & 1  # A sign, which is 1 half of the time where there is something.
    alone = float(np.mean(bit[1:] != bit[:-1]))
    motion = MOVES[table](plan(architecture="lut", group_size=2), Statistics(zero_activations=zeros))
    assert motion.comes == pytest.approx(alone, rel=0.03)
    assert alone < motion.rate
    assert motion.glitching == pytest.approx(alone**2 / 0.5, rel=0.06)


@pytest.mark.parametrize(("group_size", "entries"), [(1, 1), (2, 4), (3, 13)])
def test_what_is_chosen_among_more_entries_comes_later(group_size: int, entries: int) -> None:
    """Half of 3^µ - 1 entries are stored, whose negatives are the others."""
    late = adders(at_fetch(plan(architecture="lut", group_size=group_size, pipeline={"table": "entries"})))
    assert late == pytest.approx(AMONG * log2(entries) * adders(LEVEL))


def test_entries_of_floats_that_a_register_takes_glitch_more() -> None:
    number = {"architecture": "lut", "group_size": 2, "activation": "fp16", "datapath": "native"}
    through, taken = (
        adders(MOVES[table](plan(**number, pipeline={"table": end}), BITNET).late)
        for end in ("activations", "entries")
    )
    assert taken == pytest.approx(TAKEN * through)


def test_rows_of_a_held_activation_do_not_come_one_after_the_other() -> None:
    """Of int8 four rows, of which the first is not added, come late to the reduction, and only where they are
    another activation's."""
    new, held = (adders(moves[reduction](plan(tables=2), BITNET).late) for moves in (MOVES, KEPT))
    assert new - held == pytest.approx(3 * ROW * adders(LEVEL))
    chosen = [moves[reduction](plan(architecture="select", tables=2), BITNET) for moves in (MOVES, KEPT)]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("turns", [2, 4])
def test_columns_make_products_late_where_activations_are_new(turns: int) -> None:
    """Each activation for so many steps: of all those one drives its columns anew."""

    def columns(**keys: Any) -> float:
        return cycle_energy(plan(columns=4, **keys).config, energy(late_adder=1.0)).parts["fetch"]["columns"]

    held = columns(dataflow="table_stationary", outputs=4 * turns)
    assert held == pytest.approx(columns() / turns)
    assert held > 0


@pytest.mark.parametrize("gated", [False, True])
def test_each_stored_sum_sees_what_is_written_into_another(gated: bool) -> None:
    """Of what is at all words, and of nothing else, there is as much as there are words."""
    held = {"architecture": "select", "dataflow": "table_stationary", "clock_gating": gated}
    few, many = (exchanged(plan(**held, outputs=outputs), BITNET) for outputs in (3, 9))
    more = {name: count - few[0].counts.get(name, 0.0) for name, count in many[0].counts.items()}
    words = plan(**held, outputs=9).stored_sums - plan(**held, outputs=3).stored_sums
    seen = {name: count for name, count in more.items() if count}
    assert seen == {"gate" if gated else "hold": UNWRITTEN * words * plan(**held, outputs=9).state_width}
    assert many[1].glitching > 0
    assert MOVES[accumulator](plan(**held, outputs=9), BITNET).glitching > 0
