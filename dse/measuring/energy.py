"""Measured energy of a core on a layer, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from costmodel.fit.powered import measured, powered_core
from costmodel.power.figures import MeasuredEnergy
from costmodel.power.measure import Meter
from costmodel.power.records import Waves, saif
from costmodel.power.simulator import Simulation
from dse.measuring.workload import Judge, stimulus_of, typical_layer, windows_of
from generator.config import CoreConfig
from generator.files import replacing, write_text
from generator.plan import top_name
from sim.layers import LayerData

CYCLES = 200


@dataclass(frozen=True)
class Records:
    """Files to write of the run with glitches: activity as SAIF, the first lane's waveforms as VCD."""

    saif: Path | None = None
    vcd: Path | None = None


def measured_energy(
    config: CoreConfig,
    technology: str = "asap7",
    *,
    clock_ps: float = 2000.0,
    sized: bool = False,
    liberty: Sequence[Path | str] = (),
    dont_use: Sequence[str] = (),
    layer: LayerData | None = None,
    cycles: int = CYCLES,
    waiting: float = 0.0,
    wires: bool = False,
    seed: int = 0,
    records: Records = Records(),
) -> MeasuredEnergy:
    """What a core takes on a layer at a clock, from its gates.

    Parameters
    ----------
    technology, liberty, dont_use : its cells, as ``synthesize`` has them.
    clock_ps : the clock's period.
    sized : measure the netlist that is sized for the clock; else that of the least area.
    layer : what it computes; ``typical_layer`` unless given.
    cycles : how many are measured at least, rounded up to whole tiles.
    waiting : the share of cycles in which no key is offered.
    wires : place the netlist, resize it with its wires, and count them.
    seed : of what is drawn: the layer, the windows of it, the cycles that wait.
    records : files to write.

    Raises ``PowerError`` where results of the gates are not the reference's, and what synthesis raises.
    """
    windows = windows_of(config, typical_layer(config, seed) if layer is None else layer, cycles, seed)
    powered = powered_core(
        config,
        technology,
        clock_ps=clock_ps if sized else None,
        liberty=liberty,
        dont_use=dont_use,
        placed=wires,
    )
    meter, top = Meter(powered), top_name(config)
    stimulus = stimulus_of(windows, cycles, waiting, seed)

    def record(simulation: Simulation) -> None:
        if records.saif is not None:
            write_text(records.saif, saif(simulation, powered.module, top, clock_ps))

    energy = measured(config, meter, stimulus, clock_ps, Judge(windows), record)
    if records.vcd is not None:
        with (
            replacing(records.vcd) as partial,
            partial.open("w", encoding="utf-8") as file,
            meter.simulation(clock_ps) as simulation,
        ):
            waves = Waves(file, powered.module, meter.circuit, top, clock_ps)
            meter.testbench(stimulus).run(simulation, waves.watch(simulation))
    return energy
