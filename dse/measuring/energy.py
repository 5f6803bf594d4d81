"""Measured energy of a core on a layer, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.fit.energy import measured, powered_core
from costmodel.power.figures import MeasuredEnergy
from dse.measuring.workload import Judge, stimulus_of, typical_layer, windows_of
from generator.config import CoreConfig
from sim.layers import LayerData

CYCLES = 200


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
    seed: int = 0,
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

    Raises ``PowerError`` where results of the gates are not the reference's, and what synthesis raises.
    """
    windows = windows_of(config, typical_layer(config, seed) if layer is None else layer, cycles, seed)
    powered = powered_core(
        config, technology, clock_ps=clock_ps if sized else None, liberty=liberty, dont_use=dont_use
    )
    stimulus = stimulus_of(windows, cycles, waiting, seed)
    return measured(config, powered, stimulus, clock_ps, Judge(windows))
