"""When beats move on a core's streams if nobody hesitates: the cycles that timing diagrams show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from generator.plan import CorePlan, Tiling
from sim.schedule import Schedule
from sim.session import Session
from sim.tokens.bench import movements_of


@dataclass(frozen=True)
class Movements:
    """The clock cycles in which the beats of one block of tokens move, counted from the first activation."""

    activation: tuple[int, ...]
    key: tuple[int, ...]
    result: tuple[int, ...]


def tiling_of(plan: CorePlan, n_tiles: int, m_tiles: int) -> Tiling:
    """A block of ``n_tiles`` × ``m_tiles`` tiles."""
    return Tiling.of(
        plan,
        min(n_tiles * plan.tile_length, plan.config.max_reduction),
        min(m_tiles * plan.columns, plan.most_outputs or m_tiles * plan.columns),
    )


def movements(plan: CorePlan, n_tiles: int, m_tiles: int) -> Movements:
    """The movements of a block of ``n_tiles`` × ``m_tiles`` tiles, every stream always willing."""
    tiling = tiling_of(plan, n_tiles, m_tiles)
    if plan.config.buffers.any:
        moved = movements_of(plan, [tiling], Session([]))
        began = moved.activation[0]
        streams = (moved.activation, moved.key, moved.offered)
        return Movements(*(tuple(cycle - began for cycle in stream) for stream in streams))
    schedule = Schedule(plan, [tiling])
    issued = schedule.issued(np.arange(tiling.steps)).tolist()
    match plan.config.dataflow:
        case "output_stationary":
            released = issued[tiling.planes - 1 :: tiling.planes]
        case "table_stationary":
            released = issued[tiling.slots - 1 :: tiling.slots]
        case unknown:
            assert_never(unknown)
    taken = activation_cycles(released, plan.table_stages)
    if plan.filling is not None:
        taken = tuple(cycle - plan.table_stages for cycle in issued[:: tiling.slots])
    return Movements(
        activation=taken,
        key=tuple(schedule.keys(np.arange(schedule.key_beats)).tolist()),
        result=tuple(schedule.offered(np.arange(schedule.result_beats)).tolist()),
    )


def activation_cycles(released: Sequence[int], stages: int) -> tuple[int, ...]:
    """When activations are taken into tables of ``stages`` registers, from when tables are done with them.

    The registers move together whenever the last of them is empty or becomes so.
    """
    registers: list[int | None] = [None] * stages
    taken: list[int] = []
    cycle = done = 0
    while len(taken) < len(released):
        at_end = registers[-1]
        if at_end is None or released[done] == cycle:
            done += at_end is not None
            registers = [len(taken), *registers[:-1]]
            taken.append(cycle)
        cycle += 1
    return tuple(taken)
