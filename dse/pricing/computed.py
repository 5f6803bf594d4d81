"""Figures between keys and metrics that follow from others: what is computed of each, for every view."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dse.pricing import buffers, energy, passes, scaling
from dse.pricing.areas import core_delay, sized_cells, sized_period, stage_path, tightness_of, wire_slowdown
from dse.pricing.demands import cycle, layer_demand, layers_seconds
from dse.pricing.figure import (
    BufferFigure,
    Figure,
    Idle,
    LayerDemand,
    LayerEnergy,
    LayerSeconds,
    StagePath,
    Step,
    Tightness,
)
from dse.pricing.idle import idle_mask
from dse.pricing.limits import engine_rate, memory_rate
from dse.pricing.view import Array, View

STEPS: Mapping[Figure, Callable[[View], Array]] = {
    Step.CYCLE: cycle,
    Step.SIZED_PERIOD: sized_period,
    Step.CORE_DELAY: core_delay,
    Step.WIRE_SLOWDOWN: wire_slowdown,
    Step.BUFFER_AREA: buffers.area,
    Step.MEMORY_RATE: memory_rate,
    Step.ENGINE_RATE: engine_rate,
    Step.RATED_SECONDS: lambda view: passes.time_of(view, passes.rated(view.workload)),
    Step.CHIP_ENERGY: lambda view: energy.chip_pj(
        view, passes.rated(view.workload), view(Step.RATED_SECONDS)
    ),
    Step.MEMORY_ENERGY: lambda view: energy.memory_pj(view, passes.rated(view.workload)),
    Step.CELLS: sized_cells,
    Step.GROWN: energy.grown,
    Step.CLOCKED_POWER: energy.clocked_power,
    Step.SCALE_UNITS: scaling.units,
    Step.SCALE_STEPS: scaling.steps,
}
"""Figures that metrics share and nobody names."""


def computed(view: View, figure: Figure) -> Array:
    """A figure that no table has."""
    match figure:
        case LayerSeconds(shapes=shapes):
            return layers_seconds(view, shapes)
        case BufferFigure():
            return buffers.figure_of(view, figure)
        case LayerEnergy(shapes=shapes):
            return energy.layers_pj(view, shapes)
        case LayerDemand():
            return layer_demand(view, figure)
        case Idle(key=key):
            return idle_mask(key, view)
        case StagePath():
            return stage_path(view, figure)
        case Tightness(part=part):
            return tightness_of(view, part)
        case _:
            return STEPS[figure](view)
