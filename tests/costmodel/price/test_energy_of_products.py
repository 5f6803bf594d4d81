"""How products and what follows them move, against drawn rows and chains that are counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from costmodel.price import area
from costmodel.price.activity import Statistics, of_held_floats, of_held_rows, of_held_sum, of_rows
from costmodel.price.area import accumulator, reduction, result_converters
from costmodel.price.components import IN_TABLES_ALONE, Bill
from costmodel.price.control import arriving_length
from costmodel.price.energy import cycle_energy
from costmodel.price.energy_coefficients import ENERGY_COMPONENTS, Energies
from costmodel.price.fetch import fetch, still_product
from costmodel.price.lateness import BEFORE, CHOSEN, LEVEL, PACES, TAKEN_FIXED, behind_reduction
from costmodel.price.motions import IN_TURN, KEPT, MOVES, SHIFTED, Motion
from costmodel.price.technology import Technology, load_technology
from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for

BITNET = Statistics()


def energy(**coefficients: float) -> Technology:
    """ASAP7 with these energies, and 0 for everything else."""
    known = dict.fromkeys(ENERGY_COMPONENTS, 0.0) | coefficients
    energies = Energies(source="invented", cores=1, coefficients=known, growth=0.0, leakage_nw_per_um2=0.0)
    return load_technology("asap7").model_copy(update={"energy": energies})


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
    new = 1 / steps
    modelled = new + (1 - new) * of_held_rows(plan(), Statistics(zero_weights=zeros))
    assert modelled == pytest.approx(toggles(zeros, steps) / toggles(zeros, 1), abs=0.015)


def test_steps_of_a_held_table_take_less_in_products_alone() -> None:
    new, kept = (moves[fetch](plan(), BITNET).rate for moves in (MOVES, KEPT))
    assert kept == pytest.approx(new * of_held_rows(plan(), BITNET))
    assert kept < new

    def held(**keys: Any) -> float:
        return cycle_energy(plan(**keys).config, energy(logic=1.0)).parts["fetch"]["load"]

    assert held(architecture="select") == 0
    assert held(architecture="select", activation="fp16", datapath="native") > 0


@pytest.mark.parametrize("steps", [2, 5])
def test_a_held_core_takes_steps_of_both_kinds_in_their_shares(steps: int) -> None:
    """Of so many steps one has another activation, in which bits change that stand still in the others."""

    def taken(**keys: Any) -> float:
        return cycle_energy(plan(**keys).config, energy(product=1.0)).parts["fetch"]

    new = sum(taken().values())
    expected = new * (1 + (steps - 1) * of_held_rows(plan(), BITNET)) / steps
    held = sum(taken(dataflow="table_stationary", outputs=steps).values())
    assert held == pytest.approx(expected)


@pytest.mark.parametrize("datapath", ["native", "exact"])
def test_of_a_product_of_floats_two_rows_move(datapath: str) -> None:
    """Significands of 1, -1 and 0 have one bit that is ever set, their first: fp16's 11 bits make six rows of
    13 bits, the last of which has 12 that are kept; four of these stand still."""
    still = still_product(plan(activation="fp16", datapath=datapath))
    assert still.counts["product_bit"] + still.counts["gate"] == 13 * 3 + 12
    assert not still_product(plan()).counts
    assert not still_product(plan(activation="fp16", datapath=datapath, architecture="select")).counts


def adders(late: Bill) -> float:
    """Adders' delays on the way, with all else at no delay."""
    coefficients = dict.fromkeys(load_technology("asap7").rippling.coefficients, 0.0)
    return late.without(IN_TABLES_ALONE).price(coefficients | {"adder": 1.0})


def late(unit: Any, **keys: Any) -> float:
    motion: Motion = MOVES[unit](plan(**keys), BITNET)
    return adders(motion.late)


def test_a_float_that_is_chosen_among_stored_sums_comes_later() -> None:
    number = {"activation": "fp16", "datapath": "native", "architecture": "select"}
    one, chosen = (moves[accumulator](plan(**number), BITNET).late for moves in (MOVES, IN_TURN))
    assert adders(chosen) - adders(one) == pytest.approx(CHOSEN * adders(LEVEL))


def test_exact_sums_that_take_turns_change_as_sums_that_know_nothing_of_each_other() -> None:
    """Sums of up to 64 fp16 of about 1, as fixed point in units of 2^-24, each of another output."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 64)).astype(np.float16).astype(np.float64) * 2**24
    weights = rng.choice([-1, 0, 1], p=[0.29, 0.42, 0.29], size=x.shape)
    steps = np.arange(4000) % 64
    sums = (x * weights).cumsum(axis=1)[np.arange(4000), steps].astype(np.int64)
    exact = plan(activation="fp16", datapath="exact", architecture="select", max_reduction=64)
    changed = sums[1:] ^ sums[:-1]
    rate = np.mean([(changed >> bit) & 1 for bit in range(exact.state_width)])
    of_one, in_turn = (moves[result_converters](exact, BITNET).rate for moves in (MOVES, IN_TURN))
    assert in_turn / SHIFTED == pytest.approx(rate, rel=0.15)
    assert of_one < in_turn / 2


def test_what_makes_an_aligned_sum_a_float_sees_what_comes_late() -> None:
    number = {"activation": "bf16", "datapath": "aligned", "aligned_bits": 12}
    without = {"pipeline": {"fetch": True}}
    more = late(result_converters, **number) - late(result_converters, **number, **without)
    assert more == pytest.approx(BEFORE * adders(behind_reduction(plan(**number))))
    assert more > 0


def test_steps_without_keys_let_what_moves_go_to_nothing_once_a_turn() -> None:
    """In three stages one sum has a step, and bits change to nothing and back: twice as often as where one
    step follows another. Of two sums bits change three times in two steps; three and four wait for nobody."""
    number = {"activation": "fp16", "datapath": "native", "architecture": "select"}
    held = {"dataflow": "table_stationary", "pipeline": {"float_stages": 3}}
    steps = []
    for outputs in (1, 2, 3, 4):
        config = plan(**number, **held, outputs=outputs).config
        steps.append(cycle_energy(config, energy(float=1.0)).parts["accumulators"]["step"])
    assert plan(**number, **held, outputs=1).accumulator_stages == 3
    assert [step / steps[3] for step in steps] == pytest.approx([2, 1.5, 1, 1])


def test_products_of_nothing_glitch_where_weights_change() -> None:
    """Nine in ten int2 activations are zero. Zero times -1 is all ones and one: its carries come late."""
    rare, never = (Statistics(zero_weights=0.42, zero_activations=zeros) for zeros in (0.9, 0.0))
    for unit in (reduction, accumulator):
        seldom, often = (MOVES[unit](plan(activation="int2", tables=2), data) for data in (rare, never))
        assert seldom.glitching > 0.3 * often.glitching
        assert seldom.rate < 0.5 * often.rate
    chosen = MOVES[accumulator](plan(activation="int2", architecture="select"), rare)
    assert chosen.glitching < max(chosen.rate, chosen.passing)


def _weights(zeros: float, count: int) -> NDArray[np.int64]:
    """So many streams of 100,000 ternary weights."""
    rng = np.random.default_rng(count)
    return rng.choice([-1, 0, 1], p=[(1 - zeros) / 2, zeros, (1 - zeros) / 2], size=(100_000, count))


@pytest.mark.parametrize("zeros", [0.1, 0.42, 0.6])
def test_of_a_held_float_bits_change_where_it_becomes_zero(zeros: float) -> None:
    """A bit of the magnitude is 1 in half of all activations: where these are new, and where one is held."""
    weights = _weights(zeros, 1)[:, 0] != 0
    bits = np.random.default_rng(0).random(len(weights)) < 0.5
    new = np.mean(np.diff(weights & bits))
    held = np.mean(np.diff(weights)) / 2
    data = Statistics(zero_weights=zeros)
    assert of_held_floats(plan(), data) == pytest.approx(held / new, rel=0.03)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_sums_of_held_floats_change_with_any_of_their_weights(groups: int) -> None:
    """New activations change a sum but where all weights are zero, before and now."""
    weights = _weights(0.5, groups)
    held = np.mean((np.diff(weights, axis=0) != 0).any(axis=1))
    nothing = (weights == 0).all(axis=1)
    new = 1 - np.mean(nothing[1:] & nothing[:-1])
    assert of_held_sum(plan(), Statistics(zero_weights=0.5), groups) == pytest.approx(held / new, rel=0.03)


@pytest.mark.parametrize("groups", [1, 3])
def test_rows_of_products_are_ones_where_nothing_is_negated(groups: int) -> None:
    """A row's bits: the activation's, their inverse, or none; any bit where one of several is not zero."""
    weights = _weights(0.42, groups)
    bits = np.random.default_rng(99).random(weights.shape) < 0.5
    rows = np.where(weights > 0, bits, np.where(weights < 0, ~bits, False))
    value = np.bitwise_xor.reduce(rows, axis=1)
    data = Statistics(zero_weights=0.42, zero_activations=0.9)
    assert of_rows(plan(), data, groups) == pytest.approx(np.mean(np.diff(value)), rel=0.03)


def test_the_number_of_a_tile_that_arrives_counts() -> None:
    """A tile's number is one less than that of the tile before: two of its bits change, with every table."""
    held = plan(dataflow="table_stationary", outputs=4, activation="fp16", datapath="aligned", aligned_bits=9,
                pipeline={"float_stages": 1})  # fmt: skip
    bits = arriving_length(held).counts["register"]
    assert MOVES[arriving_length](held, BITNET).rate * bits == pytest.approx(2 / 4, rel=0.01)


def test_weights_are_read_for_all_rows_once_and_make_nothing_of_zeros() -> None:
    """Where all activations are zero no product changes; each column's weights are still read."""
    zeros = Statistics(zero_activations=1.0)

    def fetched(**keys: Any) -> float:
        return sum(cycle_energy(plan(**keys).config, energy(logic=1.0), zeros).parts["fetch"].values())

    assert fetched() > 0
    assert fetched(rows=4) == pytest.approx(fetched())
    assert fetched(columns=4) == pytest.approx(4 * fetched())
    assert sum(cycle_energy(plan().config, energy(product=1.0), zeros).parts["fetch"].values()) == 0


@pytest.mark.parametrize("unit", [reduction, accumulator])
def test_products_of_zero_glitch_unless_they_come_out_of_registers(unit: Any) -> None:
    """A row of zeros is inverted for a negative weight, and 1 is added: 0 in the end, and in a register."""
    zeros = Statistics(zero_activations=1.0)
    directly, registered = (plan(tables=4, pipeline={"fetch": fetch}) for fetch in (False, True))
    assert MOVES[unit](directly, zeros).glitching > 0
    assert MOVES[unit](registered, zeros).glitching == 0


def test_entries_of_aligned_floats_are_later_where_registers_take_them() -> None:
    number = {"activation": "bf16", "datapath": "aligned", "aligned_bits": 9, "group_size": 2}
    tables = {"architecture": "lut", "tables": 1, "max_reduction": 4096}

    def behind(table: str) -> float:
        plans = (plan(**tables, **keys, pipeline={"table": table}) for keys in (number, {"group_size": 2}))
        floats, integers = (MOVES[area.table](one, BITNET).late.price(PACES) for one in plans)
        return floats - integers

    assert behind("entries") == pytest.approx(TAKEN_FIXED * behind("activations"))
    assert behind("activations") > 0
