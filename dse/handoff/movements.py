"""When beats move on a core's streams if nobody hesitates: the cycles that timing diagrams show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.plan import CorePlan, Tiling


@dataclass(frozen=True)
class Movements:
    """The clock cycles in which the beats of one block of tokens move, counted from the first activation."""

    activation: tuple[int, ...]
    key: tuple[int, ...]
    result: tuple[int, ...]


def movements(plan: CorePlan, n_tiles: int, m_tiles: int) -> Movements:
    """The movements of a block of ``n_tiles`` × ``m_tiles`` tiles, every stream always willing."""
    tiling = plan.tiling(
        min(n_tiles * plan.config.tile_length, plan.config.max_reduction),
        min(m_tiles * plan.config.columns, plan.config.outputs or m_tiles * plan.config.columns),
    )
    held = plan.config.dataflow == "table_stationary"
    accepted = [step + tiling.pause_cycles * (step // tiling.burst) for step in range(tiling.steps)]
    issued = [plan.table_stages + cycle for cycle in issue_cycles(accepted, plan.pipeline_stages)]
    keyed = [step for step in range(tiling.steps) if step % tiling.slots < tiling.m_tiles]
    released = issued[tiling.slots - 1 :: tiling.slots] if held else issued
    finishing = [keyed[at] for at in finishing_keys(tiling, held)]
    return Movements(
        activation=activation_cycles(released, plan.table_stages),
        key=tuple(issued[step] for step in keyed),
        result=tuple(accepted[step] + plan.latency_cycles for step in finishing),
    )


def issue_cycles(accepted: Sequence[int], stages: int) -> list[int]:
    """When steps leave the tables, from when accumulators accept them: the pipeline between moves as one."""
    return [step if step < stages else accepted[step - stages] + stages for step in range(len(accepted))]


def finishing_keys(tiling: Tiling, held: bool) -> range:
    """Which key beats complete a result."""
    keys = tiling.n_tiles * tiling.m_tiles
    return range(keys - tiling.m_tiles, keys) if held else range(tiling.n_tiles - 1, keys, tiling.n_tiles)


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
