"""The energy model against sums made by hand, with coefficients that are 1 for one thing and else 0."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import pytest

from costmodel.fit.cores import synthesize
from costmodel.price.activity import (
    BITNET,
    Statistics,
    changing,
    moving,
    moving_sums,
)
from costmodel.price.area import accumulator, table
from costmodel.price.energy import cycle_energy
from costmodel.price.energy_coefficients import ENERGY_COMPONENTS, Energies
from costmodel.price.estimate import estimate
from costmodel.price.lateness import at_accumulator, behind_converters
from costmodel.price.motions import IN_TURN, MOVES, Moves
from costmodel.price.technology import Technology, TechnologyError, load_technology
from generator.config import CoreConfig
from generator.errors import TernlutError
from generator.plan import plan_for

ALWAYS = Statistics(zero_weights=0, zero_activations=0)
"""Data without zeros: every bit of it changes in half of the steps."""


def with_energy(growth: float = 0.0, leakage: float = 0.0, **coefficients: float) -> Technology:
    """ASAP7 with these energies, and 0 for everything else."""
    energies = Energies(
        source="invented",
        cores=1,
        coefficients=dict.fromkeys(ENERGY_COMPONENTS, 0.0) | coefficients,
        growth=growth,
        leakage_nw_per_um2=leakage,
    )
    return load_technology("asap7").model_copy(update={"energy": energies})


def core(**values: Any) -> CoreConfig:
    return CoreConfig.parse(
        {"activation": "int8", "group_size": 2, "tables": 4, "columns": 4, "max_reduction": 256} | values
    )


CORES = [
    core(),
    core(architecture="select", group_size=1),
    core(group_size=3, pipeline={"fetch": True, "reduction_every": 1}),
    pytest.param(
        core(activation="fp16", datapath="native", pipeline={"float_stages": 2}), marks=pytest.mark.exhaustive
    ),
]


@pytest.mark.parametrize("config", CORES, ids=str)
def test_clocked_registers_are_those_of_the_netlist(config: CoreConfig) -> None:
    flipflops = sum(n for name, n in synthesize(config).cells.items() if name.startswith("DFF"))
    energy = cycle_energy(config, with_energy(clock=1.0))
    assert energy.busy_fj == energy.waiting_fj
    assert energy.waiting_fj == pytest.approx(flipflops, rel=0.08)


def test_gated_registers_take_their_clock_when_they_take_a_value() -> None:
    gated = core(clock_gating=True, pipeline={"fetch": True})
    free, behind, taken = (
        cycle_energy(gated, with_energy(**{name: 1.0})) for name in ("clock", "gate", "gated")
    )
    plain = cycle_energy(gated.model_copy(update={"clock_gating": False}), with_energy(clock=1.0))
    assert free.waiting_fj + behind.waiting_fj == pytest.approx(plain.waiting_fj)
    assert 0 < free.waiting_fj < behind.waiting_fj
    assert taken.waiting_fj == 0, "a core that waits clocks none of them"
    assert 0.8 * behind.waiting_fj < taken.busy_fj <= behind.waiting_fj


def test_bits_below_what_comes_do_not_move() -> None:
    """fp16 as fixed point has 24 bits below 1, of which values of about 1 with 10 bits fraction use 10."""
    plan = plan_for(core(activation="fp16", datapath="exact", group_size=1, architecture="select"))
    assert moving(plan) == pytest.approx(1 - 14 / 41)
    assert moving(plan_for(core())) == 1


def test_adders_of_a_select_core_are_counted_and_move() -> None:
    """Two inputs of int4 have one adder of 5 bits in a column, 4 of them full: 4 full adders and a sum."""
    config = core(
        architecture="select", group_size=1, tables=2, columns=3, activation="int4", max_reduction=1 << 12
    )
    areas = load_technology("asap7").cost_at().coefficients
    energy = cycle_energy(config, with_energy(adder=1.0), ALWAYS)
    reduction = 3 * (4 * areas["full_adder"] + areas["sum"]) * 0.5
    assert energy.parts["reduction"]["step"] == pytest.approx(reduction)
    # The accumulator has 3 + 12 = 15 bits or one more; what comes, and bits that the sum reaches, change half
    # of the time.
    widest = 3 * (15 * areas["full_adder"] + areas["sum"]) * 0.5
    assert 0.3 * widest < energy.parts["accumulators"]["step"] < widest


def test_held_tables_move_once_for_all_their_steps() -> None:
    moving = core(columns=2)
    held = core(columns=2, dataflow="table_stationary", outputs=10)
    every, once = (cycle_energy(each, with_energy(leg=1.0), ALWAYS).parts["fetch"] for each in (moving, held))
    assert every["load"] > 0
    assert once["load"] == pytest.approx(every["load"] / 5)  # 10 outputs on 2 columns: 5 steps a table
    assert once["step"] == pytest.approx(every["step"]), "another entry is chosen in each step of both"


def test_held_tables_are_told_when_to_take_another() -> None:
    held = core(columns=2, dataflow="table_stationary", outputs=10)
    # A table that serves one step is taken in each, and never told.
    each = core(columns=2, dataflow="table_stationary", outputs=2)
    for late in (1.0, 0.0):
        cores = (core(columns=2), each, held)
        told = [cycle_energy(one, with_energy(late_hold=late)).parts["tables"]["hold"] for one in cores]
        assert told[:2] == [0, 0]
        assert (told[2] > 0) == (late > 0)
    areas = load_technology("asap7").cost_at().coefficients
    # 4 tables of 2 + 2 entries of 8 or 9 bits, told twice in each of the fillings, one in five steps.
    bits = 2 * 8 + 2 * 9
    once = cycle_energy(held, with_energy(late_hold=1.0)).parts["tables"]
    assert once["hold"] == pytest.approx(2 * 4 * bits * areas["hold"] / 5)


def test_glitches_grow_with_what_is_between_registers() -> None:
    unpipelined = core(tables=8)
    pipelined = core(tables=8, pipeline={"fetch": True, "reduction_every": 1})
    technology = with_energy(late_adder=1.0)
    long, short = (cycle_energy(each, technology).parts for each in (unpipelined, pipelined))
    assert long["reduction"]["step"] > 3 * short["reduction"]["step"]
    assert short["accumulators"]["step"] == 0
    assert not any(at_accumulator(plan_for(pipelined)).counts.values())


def test_energy_grows_with_cells_that_are_sized_and_they_leak() -> None:
    technology = with_energy(growth=0.5, leakage=2.0, clock=1.0)
    config = core()
    least, fast = estimate(config, technology), estimate(config, technology, speed="tight")
    assert least.energy is not None
    assert fast.energy is not None
    larger = fast.cost / least.cost
    assert fast.energy.waiting_fj == pytest.approx(least.energy.waiting_fj * (1 + 0.5 * (larger - 1)))
    assert least.energy.leakage_nw == pytest.approx(2 * least.cost)
    assert fast.energy.leakage_nw == pytest.approx(2 * fast.cost)
    assert fast.energy.power_mw(1000) == pytest.approx(
        fast.energy.busy_fj * 1e-3 + fast.energy.leakage_nw * 1e-6  # fJ · 1e9/s = 1e-6 W = 1e-3 mW; nW
    )


def test_several_cores_take_what_one_takes_each() -> None:
    technology = with_energy(clock=1.0, adder=1.0, leg=1.0)
    one, three = (cycle_energy(core(cores=n), technology) for n in (1, 3))
    assert three.busy_fj == pytest.approx(3 * one.busy_fj)
    assert three.fj_per_mac == pytest.approx(one.fj_per_mac)


def test_a_technology_without_energies_says_so() -> None:
    technology = load_technology("asap7").model_copy(update={"energy": None})
    assert estimate(core(), technology).energy is None
    with pytest.raises(TechnologyError, match="asap7: it has no \\[energy\\]"):
        cycle_energy(core(), technology)


def test_energies_are_written_and_read_again() -> None:
    technology = with_energy(growth=0.25, leakage=1.5, clock=0.82, late_hold=3.0)
    assert Technology.parse(technology.to_toml(), "copy").energy == technology.energy
    broken = technology.to_toml().replace("late_hold =", "later_hold =")
    with pytest.raises(TernlutError, match=r"unknown key 'energy\.coefficients\.later_hold'.*late_hold"):
        Technology.parse(broken, "copy")


def test_everything_that_changes_with_steps_is_a_term_of_area() -> None:
    from costmodel.price.area import AREA_TERMS

    assert set(MOVES) <= {term.bill for term in AREA_TERMS}


def test_choosing_another_entry_of_a_held_table_takes_two_legs_of_all() -> None:
    held = core(group_size=3, columns=4, dataflow="table_stationary", outputs=64)
    fetch = cycle_energy(held, with_energy(leg=1.0), ALWAYS).parts["fetch"]
    legs = fetch["load"] * 16
    plain = cycle_energy(core(group_size=3, columns=4), with_energy(leg=1.0), ALWAYS).parts["fetch"]["load"]
    assert legs == pytest.approx(plain)
    assert fetch["step"] == pytest.approx(2 / 13 * plain)


def test_floats_glitch_by_all_that_is_in_front_of_them() -> None:
    def late(**keys: Any) -> float:
        number = {"activation": "fp8_e5m2", "datapath": "native", "architecture": "select", "group_size": 1}
        config = core(**number, columns=1, **keys)
        return cycle_energy(config, with_energy(late_float=1.0), ALWAYS).parts["accumulators"]["step"]

    two, eight = late(tables=2), late(tables=8)
    # Adders in front, and half of itself; glitches grow a little slower than these.
    assert 0.85 < log(eight / two) / log((3 + 0.5) / (1 + 0.5)) < 0.95
    assert late(tables=8, pipeline={"reduction_every": 3}) < 0.2 * eight


def test_accumulators_glitch_in_bits_that_are_back_when_the_step_ends() -> None:
    wide = core(max_reduction=65536, activation="int4")
    rates = [MOVES[accumulator](plan_for(wide), data) for data in (BITNET, ALWAYS)]
    assert all(motion.glitching == pytest.approx(0.5, abs=0.01) for motion in rates)
    assert rates[0].rate < 0.5
    # Of one product that is zero as often as its weight nothing comes half of the time. Of what changes that
    # seldom two inputs of a gate do as much less often.
    narrow = core(architecture="select", group_size=1, tables=1, max_reduction=65536)
    half = Statistics(zero_weights=0.5, zero_activations=0)
    assert MOVES[accumulator](plan_for(narrow), half).passing == pytest.approx(changing(0.5))
    assert MOVES[accumulator](plan_for(narrow), half).glitching == pytest.approx(changing(0.5) ** 2 / 0.5)


def test_wide_sums_of_narrow_numbers_move_where_there_is_something() -> None:
    def share(**keys: Any) -> float:
        return moving_sums(plan_for(core(activation="fp8_e4m3", datapath="native", group_size=1, **keys)))

    assert share() == 1
    assert 0.3 < share(accumulation="fp32") < 0.6, "4 bits, and those of sums, of 24"
    aligned = {"activation": "fp8_e4m3", "datapath": "aligned", "group_size": 1}
    assert moving(plan_for(core(**aligned, aligned_bits=6))) == 1
    assert moving(plan_for(core(**aligned, aligned_bits=32))) < 0.3
    # One activation is its tile's largest: a sign, a significand of 4 bits, and zeros behind them.
    assert moving(plan_for(core(**aligned, tables=1, aligned_bits=10))) == 5 / 10


def test_stored_sums_take_turns_also_where_nothing_is_added() -> None:
    """Lines that say which sum it is change with each step, whatever the sums are."""
    held = {"dataflow": "table_stationary", "architecture": "select", "group_size": 1, "columns": 1}
    nothing = Statistics(zero_weights=1.0, zero_activations=1.0)

    def taken(outputs: int) -> float:
        energy = cycle_energy(core(**held, outputs=outputs), with_energy(logic=1.0), nothing)
        return energy.parts["accumulators"]["step"]

    assert taken(1) == 0
    assert 0 < taken(2) == pytest.approx(taken(4) / 2) == pytest.approx(taken(8) / 3)


def test_glitches_of_integers_grow_by_levels_and_less_than_they() -> None:
    def late(tables: int) -> float:
        config = core(architecture="select", group_size=1, tables=tables, columns=1, max_reduction=4096)
        energy = cycle_energy(config, with_energy(late_adder=1.0), ALWAYS).parts["accumulators"]["step"]
        return energy / cycle_energy(config, with_energy(ripple=1.0), ALWAYS).parts["accumulators"]["step"]

    two, eight, many = late(2), late(8), late(256)
    assert 1.5 < eight / two < 3 / 1, "three levels and a choice in front, against one and a choice"
    assert eight < many < 8 / 3 * eight


def test_carries_ripple_through_adders_and_not_through_compressors() -> None:
    def rippling(reduction: str) -> float:
        config = core(architecture="select", group_size=1, tables=16, columns=1, reduction=reduction)
        return cycle_energy(config, with_energy(ripple=1.0), ALWAYS).parts["reduction"].get("step", 0.0)

    assert rippling("tree") > 0
    assert rippling("carry_save") == 0


def test_floats_sums_that_take_turns_change_in_every_step() -> None:
    number = {"activation": "fp16", "datapath": "native", "architecture": "select", "group_size": 1}

    def taken(**keys: Any) -> float:
        config = core(**number, tables=1, columns=1, **keys)
        return cycle_energy(config, with_energy(float=1.0), Statistics(zero_weights=0.6)).parts[
            "accumulators"
        ]["turn" if "outputs" in keys else "step"]

    def rate(moves: Mapping[Any, Moves] = MOVES, **keys: Any) -> float:
        plan = plan_for(core(**number, tables=1, columns=1, **keys))
        return moves[accumulator](plan, Statistics(zero_weights=0.6)).rate

    assert rate() == pytest.approx(0.5 * 0.4), "a step that adds nothing leaves the one sum as it is"
    assert rate(pipeline={"float_stages": 2}) == 0.5, "each stage has another partial sum"
    assert rate(IN_TURN) == 0.5, "each step has another output"
    held = {"dataflow": "table_stationary"}
    assert taken(**held, outputs=1) == 0
    assert taken(**held, outputs=4) > 0


def test_one_aligned_activation_is_not_shifted() -> None:
    number = {"activation": "bf16", "datapath": "aligned", "aligned_bits": 9}
    one = core(**number, architecture="select", group_size=1, tables=1)
    two = core(**number, architecture="select", group_size=1, tables=2)
    assert not any(behind_converters(plan_for(one)).cases()[0].counts.values())
    assert any(behind_converters(plan_for(two)).cases()[0].counts.values())


def test_stages_behind_a_gate_take_their_clock_when_there_is_something_for_them() -> None:
    exact = core(
        activation="fp16", datapath="exact", architecture="select", group_size=1, clock_gating=True,
        columns=1, pipeline={"float_stages": 3},
    )  # fmt: skip
    tiles = Statistics(reduction=64)  # of 4 inputs: a result in 16 steps
    taken = cycle_energy(exact, with_energy(gated=1.0), tiles).parts["converters"]
    behind = cycle_energy(exact, with_energy(gate=1.0), tiles).parts["converters"]
    assert taken["step"] == pytest.approx((behind["clock"] - taken["load"]) / 16)


def test_what_arrives_with_a_held_table_takes_its_clock_once_for_all_outputs() -> None:
    held = core(
        activation="fp16", datapath="native", clock_gating=True, columns=4, dataflow="table_stationary",
        outputs=64, pipeline={"float_stages": 2},
    )  # fmt: skip
    taken, behind = (cycle_energy(held, with_energy(**{name: 1.0})).parts for name in ("gated", "gate"))
    plan = plan_for(held)
    assert behind["control"]["clock"] >= plan.arriving_stages * (plan.n_tiles_width + plan.m_tiles_width)
    assert taken["control"]["load"] == pytest.approx(behind["control"]["clock"] / 16)


def test_a_choice_to_hold_takes_energy_where_areas_count_it_with_its_register() -> None:
    technology = with_energy(hold=1.0)
    cost = technology.cost_at()
    without = {**cost.coefficients, "hold": 0.0}
    quantities = {
        **technology.quantities,
        cost.name: cost.model_copy(update={"coefficients": without}),
    }
    counted = technology.model_copy(update={"quantities": quantities})
    tables = cycle_energy(core(), counted, ALWAYS).parts["tables"]
    assert counted.cost_at().coefficients["hold"] == 0
    # Four tables of two activations of 8 bits and of their sums, in registers: half of the bits change.
    bits = table(plan_for(core())).counts["hold"] * 4
    assert sum(tables.values()) == pytest.approx(bits * cost.coefficients["choice"] * 0.5, rel=0.01)
