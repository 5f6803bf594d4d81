"""What gated clocks cost: a share of a gate for each flip-flop, and no choice in front of it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from costmodel.cells.table import CellTable
from costmodel.flow.clock_gating import MOST, smallest_gate
from costmodel.flow.synthesis import shipped_library, synthesize
from costmodel.price.components import CLOCK_GATE, Bill, gated
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.verilog import emit
from tests.costmodel.libraries import cells

CORES: dict[str, dict[str, Any]] = {
    "pipelined": {"architecture": "select", "tables": 4, "pipeline": {"fetch": True, "reduction_every": 1}},
    "lut": {"group_size": 2, "tables": 4},
    "held": {"group_size": 2, "tables": 2, "dataflow": "table_stationary", "outputs": 16},
    "exact": {"activation": "fp8_e4m3", "datapath": "exact", "tables": 4, "pipeline": {"float_stages": 2}},
}


@pytest.mark.parametrize(
    "name", ["pipelined", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in CORES if n != "pipelined")]
)
def test_estimates_of_gated_cores_are_near_synthesis(name: str) -> None:
    core = CoreConfig.parse({"columns": 4, "max_reduction": 61, "clock_gating": True, **CORES[name]})
    emission = emit(core)
    synthesized = synthesize(emission.verilog, emission.top, shipped_library())
    assert synthesized.clock_gates > 0
    assert estimate(core).cost == pytest.approx(synthesized.area_um2, rel=0.1)


@pytest.mark.parametrize("name", ["asap7", pytest.param("sky130hd", marks=pytest.mark.exhaustive)])
def test_a_flip_flops_share_is_that_of_the_librarys_smallest_gate(name: str) -> None:
    """Of a gate that clocks most of the flip-flops that it may, over a choice's fitted price."""
    table: CellTable = cells(name)
    gate = smallest_gate(table)
    assert gate is not None
    hold = load_technology(name).quantities["area"].coefficients["hold"]
    assert gate[0].area / (0.9 * MOST) / hold == pytest.approx(CLOCK_GATE, rel=0.6)


def test_choices_go_and_registers_stay() -> None:
    bill = gated(Bill.of(register=5, hold=3, held_select=2, select=1, stage=4))
    assert bill.counts == pytest.approx(
        {"register": 5, "select": 3, "stage": 4, "hold": 9 * CLOCK_GATE - 4}, rel=1e-12
    )
    assert gated(Bill.of(register=5, gate=1)) == Bill.of(register=5, gate=1)


def test_gating_pays_where_there_are_pipelines_to_hold() -> None:
    for keys in CORES.values():
        core = CoreConfig.parse({"columns": 4, "max_reduction": 61, **keys})
        assert estimate(core.model_copy(update={"clock_gating": True})).cost < estimate(core).cost


def test_a_core_file_says_so() -> None:
    core = CoreConfig(tables=4, columns=4, clock_gating=True)
    assert tomllib.loads(core.to_toml())["clock_gating"] is True
    assert "clock_gating" not in CoreConfig(tables=4, columns=4).to_toml()
