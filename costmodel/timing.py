"""The delay of a core: its longest path between registers, over the stages that the plan has.

Adders ripple. Behind another adder only the sum's first bits are waited for, because the lower bits come
early and both carries run up side by side; so a tree of adders costs one carry chain and an adder a level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

from costmodel.components import NOTHING, Bill
from costmodel.technology import Technology
from generator.keys import entry_count
from generator.plan import CorePlan


@dataclass(frozen=True)
class DelayTerm:
    """A stage between registers; ``keys`` are those its delay depends on."""

    stage: str
    keys: tuple[str, ...]
    bill: Callable[[CorePlan], Bill]

    def delay(self, plan: CorePlan, technology: Technology) -> float:
        """ps of the stage's longest path; 0 where the plan has no such stage."""
        return self.bill(plan).price(technology.delay_ps)


def _adders(depth: int, width: int) -> Bill:
    """A tree of ``depth`` adders whose last is ``width`` bits wide."""
    return Bill.of(adder=depth, carry=width) if depth else NOTHING


def _table(plan: CorePlan) -> tuple[int, int]:
    """Depth and last width of the table's adders."""
    if plan.config.architecture != "lut":
        return 0, plan.activation_width
    return plan.table.depth, max(entry.range.width for entry in plan.table.entries)


def _fetch(plan: CorePlan) -> Bill:
    if plan.config.architecture == "multiplier":
        return Bill.of(product=plan.activation_width)
    return Bill.of(merge=log2(entry_count(plan.config.group_size)))


def _run(plan: CorePlan, level: int, before: int) -> Bill:
    """From ``level`` of the reduction, ``before`` adders behind, to a register or into the accumulator."""
    tree = plan.reduction
    end = next((end for end in tree.registered_levels if end > level), None)
    if end is None:
        return _adders(before + tree.depth - level + 1, plan.accumulator_width)
    return _adders(before + end - level, max(tree.nodes[i].width for i in tree.levels[end]))


def entry_stage(plan: CorePlan) -> Bill:
    """From the activation stream through the table's adders into the entries' registers."""
    return _adders(*_table(plan)) if plan.registers_entries else NOTHING


def fetch_stage(plan: CorePlan) -> Bill:
    """From the table's registers through the fetch to the next register or the accumulator."""
    depth, width = (0, 0) if plan.registers_entries else _table(plan)
    return _fetch(plan) + (_adders(depth, width) if plan.config.pipeline.fetch else _run(plan, 0, depth))


def reduction_stage(plan: CorePlan) -> Bill:
    """The longest run of adders behind a register of the reduction; its carries and adders taken apart."""
    starts = [*([0] if plan.config.pipeline.fetch else []), *plan.reduction.registered_levels]
    runs = [_run(plan, level, 0).counts for level in starts]
    if not runs:
        return NOTHING
    return Bill(max(runs, key=lambda run: (run.get("carry", 0), run.get("adder", 0))))


def accept_stage(plan: CorePlan) -> Bill:
    """From the flag of a waiting result, through the handshakes, into the accumulators.

    The flag also drives every pipeline register's choice to hold, part of them without buffers. Their
    number is taken from the activation's width alone, whatever is fetched, to depend on fewer keys.
    """
    config, tree = plan.config, plan.reduction
    levels = [*([0] if config.pipeline.fetch else []), *tree.registered_levels]
    held = sum(len(tree.levels[level]) * (plan.activation_width + level + 1) for level in levels)
    return _control(plan) + Bill.of(advance=config.rows * config.columns * held)


def recall_stage(plan: CorePlan) -> Bill:
    """From a stored sum's slot, which a flip-flop drives to all memories, into the accumulators."""
    choices = plan.accumulator_width * (plan.stored_sums // 2)
    if not choices:
        return NOTHING
    return _control(plan) + Bill.of(drive=plan.config.rows * plan.config.columns * choices)


def _control(plan: CorePlan) -> Bill:
    """From the sequencer, buffered, into the accumulators."""
    width = plan.accumulator_width
    accumulators = plan.config.rows * plan.config.columns
    return Bill.of(sequencer=1, load=log2(accumulators * width)) + _adders(1, width)


_VALUE = ("architecture", "activation", "symmetric", "group_size")
_REDUCTION = ("tables", "max_reduction", "pipeline.fetch", "pipeline.reduction_every")

DELAY_TERMS = (
    DelayTerm("entries", (*_VALUE, "pipeline.table"), entry_stage),
    DelayTerm("fetch", (*_VALUE, "pipeline.table", *_REDUCTION), fetch_stage),
    DelayTerm("reduction", (*_VALUE, *_REDUCTION), reduction_stage),
    DelayTerm(
        "accept",
        ("activation", "symmetric", "rows", "columns", *_REDUCTION),
        accept_stage,
    ),
    DelayTerm(
        "recall",
        ("activation", "symmetric", "rows", "columns", "max_reduction", "dataflow", "outputs"),
        recall_stage,
    ),
)
