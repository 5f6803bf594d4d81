"""Buffers in an estimate: memories by the technology's table, and the registers that make beats of words."""

from __future__ import annotations

from math import ceil

import pytest

from costmodel.price.estimate import estimate, sized_costs
from costmodel.price.sram import sram_tables
from costmodel.price.technology import load_technology
from generator.buffering.gearbox import Gearbox
from generator.config import CoreConfig
from generator.plan import GearboxPlan

CORE = {"group_size": 3, "tables": 4, "columns": 8, "max_reduction": 1000}
BOTH = {"activations": True, "keys": 64, "bus_bits": 128}


def test_an_estimate_has_memories_and_gearboxes_of_buffers() -> None:
    technology = load_technology("asap7")
    alone, buffered = (CoreConfig.parse(CORE | {"buffers": each}) for each in ({}, BOTH))
    plain, full = estimate(alone, technology), estimate(buffered, technology)
    assert {part: full.breakdown[part] for part in plain.breakdown} == plain.breakdown
    table = sram_tables()["asap7"]
    beats = {2 * ceil(1000 / 12): 12 * 8, 64: 4 * 8 * 5}
    memories = sum(float(table.memory(words, bits, 2).area_um2) for words, bits in beats.items())
    registers = full.breakdown["buffers"] - memories
    # A beat of 12 bytes and words of 16: units of 4, of which 3 + 4 - 1 are held. One of 20: 5 + 4 - 1.
    bits = 32 * (6 + 8)
    flip_flop = technology.cost_at("relaxed").coefficients["register"]
    # Beside them are counts of 7 and 16 bits for each half, and as many counters.
    assert 1.2 * (bits + 92) * flip_flop < registers < 6 * bits * flip_flop
    assert full.stages_ps["memory"] == max(float(table.memory(w, b, 2).access_ps) for w, b in beats.items())
    assert sum(full.breakdown.values()) == pytest.approx(full.cost)
    sized = sized_costs(buffered, technology)
    assert sized["relaxed"] == pytest.approx(full.cost)


@pytest.mark.parametrize(("bus_bits", "beat_bits"), [(64, 48), (128, 30), (128, 768), (512, 24), (64, 64)])
def test_a_gearbox_has_the_registers_of_its_plan(bus_bits: int, beat_bits: int) -> None:
    from generator.verilog import to_verilog

    text = to_verilog(Gearbox(bus_bits, beat_bits)).text
    plan = GearboxPlan.of(bus_bits, beat_bits)
    registers = [line for line in text.splitlines() if line.strip().startswith("reg") and " unit" in line]
    assert len(registers) == plan.capacity
    assert plan.register_bits == 8 * plan.unit * len(registers)
