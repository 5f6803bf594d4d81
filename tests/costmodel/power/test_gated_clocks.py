"""Gated clocks at the gates: results are right, what holds takes little, and gates drive their flip-flops."""

from __future__ import annotations

from typing import Any

import pytest

from costmodel.fit.powered import powered_core
from costmodel.power.clock_tree import buffers_over
from costmodel.power.figures import CLOCK_TREE, Energy
from costmodel.power.measure import Meter
from dse.measuring.energy import measured_energy
from generator.config import CoreConfig

PIPELINED: dict[str, Any] = {
    "architecture": "select",
    "tables": 8,
    "columns": 2,
    "max_reduction": 640,
    "pipeline": {"fetch": True, "reduction_every": 2},
}
WAITING = 0.9
MOST_IDLE, MOST_FJ_A_MAC = 0.10, 19.5


def of_cells(energy: Energy) -> float:
    """fJ a cycle without the tree that is to come."""
    return energy.total_fj - energy.of_part(CLOCK_TREE)


def idle_share(core: CoreConfig, cycles: int) -> float:
    """What a cycle without keys takes of one with keys."""
    busy, halting = (measured_energy(core, cycles=cycles, waiting=share) for share in (0.0, WAITING))
    work = halting.macs_per_cycle / busy.macs_per_cycle
    return (of_cells(halting.timed) / of_cells(busy.timed) - work) / (1 - work)


@pytest.mark.exhaustive
def test_a_core_that_waits_takes_little() -> None:
    """Measuring refuses results that are wrong, so that they are right through the clock gates as well."""
    core = CoreConfig.parse(PIPELINED)
    gated, plain = (
        measured_energy(core.model_copy(update={"clock_gating": on}), cycles=8, waiting=WAITING)
        for on in (True, False)
    )
    assert gated.macs_per_cycle == plain.macs_per_cycle
    assert of_cells(gated.timed) < 0.5 * of_cells(plain.timed)


def test_gates_need_no_buffers_before_flip_flops_that_they_may_drive() -> None:
    meter = Meter(powered_core(CoreConfig.parse({**PIPELINED, "clock_gating": True})))
    circuit = meter.circuit
    gates = sum(kind.clock_gate is not None for kind in circuit.kinds)
    root = next(number for number, domain in enumerate(circuit.domains) if domain.cell < 0)
    pins = sum(flop.domain == root for flop in circuit.flops) + gates
    assert len(circuit.domains) == gates + 1 > 2
    assert meter.energies.tree_buffers == buffers_over(pins)


@pytest.mark.exhaustive
def test_a_pipelined_core_waits_for_a_tenth_of_its_energy() -> None:
    core = CoreConfig.parse({**PIPELINED, "tables": 24, "columns": 16, "max_reduction": 8192})
    assert idle_share(core.model_copy(update={"clock_gating": True}), 16) <= MOST_IDLE


@pytest.mark.exhaustive
@pytest.mark.parametrize(("tables", "columns"), [(24, 16), (48, 8)])
def test_the_best_cores_of_384_multiply_accumulates(tables: int, columns: int) -> None:
    core = CoreConfig(
        architecture="select", tables=tables, columns=columns, clock_gating=True, reduction="carry_save"
    )
    energy = measured_energy(core, cycles=32)
    assert energy.macs_per_cycle == 384
    assert of_cells(energy.timed) / energy.macs_per_cycle <= MOST_FJ_A_MAC
