"""Which cores are the same hardware: what some keys decide of a core, beside others that say how.

Two configurations may differ in a key and still be one circuit: a key that means nothing there, registers
behind more levels than a tree has, sums that need as many bits. Their Verilog is the same but for names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import attrgetter
from typing import assert_never

from costmodel.price.fetch import same_fetch
from costmodel.price.representative import DECIDING_KEYS
from costmodel.price.throughput import STAGES
from generator.config import CoreConfig
from generator.plan import CompressorPlan, CorePlan, ReductionPlan


@dataclass(frozen=True)
class Trait:
    """What ``keys`` decide of a core, beside other keys.

    ``mark`` is equal for plans that differ in ``keys`` alone and are the same hardware; of such cores that
    with the least ``preference`` stands for all.
    """

    keys: tuple[str, ...]
    beside: tuple[str, ...]
    mark: Callable[[CorePlan], Hashable]
    preference: Callable[[CoreConfig], int] = lambda config: 0


def _sums(plan: CorePlan) -> Hashable:
    """Bits of partial sums, memories and their counters."""
    return plan.partial_sums, plan.m_tiles_width


def _widths(plan: CorePlan) -> Hashable:
    """Bits of everything that activations are added up in, and of the counter of tiles."""
    return (
        plan.activation_range.width,
        tuple(made.range.width for made in plan.table.sums),
        plan.fetched_width,
        _added(plan),
        plan.accumulator_width,
        plan.sum_range.width,
        plan.n_tiles_width,
        plan.result_width,
    )


def _added(plan: CorePlan) -> Hashable:
    """Bits of what fetched values are added with."""
    match plan.reduction:
        case ReductionPlan(nodes=nodes):
            return tuple(node.width for node in nodes)
        case CompressorPlan() as tree:
            return tree.width, tree.places, tree.has_sign
        case unknown:
            assert_never(unknown)


def _key(name: str) -> Trait:
    """A key that means something for some cores only."""
    return Trait((name,), DECIDING_KEYS[name], lambda plan: attrgetter(name)(plan.config))


TRAITS = (
    Trait(("outputs",), ("dataflow", "columns"), _sums, lambda config: -(config.outputs or 0)),
    Trait(
        ("symmetric", "max_reduction"),
        (
            "architecture",
            "group_size",
            "alphabet",
            "symmetry",
            "table_depth",
            "activation",
            "datapath",
            "aligned_bits",
            "tables",
            "reduction",
            "weight_bits",
            "scale_group",
        ),
        _widths,
        # What runs longer layers, and takes all values, can stand for the others.
        lambda config: -2 * config.max_reduction + config.symmetric,
    ),
    Trait(
        ("architecture", "group_size", "alphabet", "fetch"),
        (),
        same_fetch,
        lambda config: int(config.architecture != "select"),
    ),
    Trait(
        ("table_depth",),
        ("alphabet", *DECIDING_KEYS["table_depth"]),
        lambda plan: (plan.table.adders, plan.table.depth),
    ),
    Trait(
        ("pipeline.table",),
        DECIDING_KEYS["pipeline.table"],
        lambda plan: (plan.registers_activations, plan.registers_entries),
    ),
    Trait(
        ("pipeline.reduction_every",),
        STAGES["pipeline_stages"],
        lambda plan: plan.reduction.registered_levels,
    ),
    *(
        _key(name)
        for name in (
            "datapath",
            "aligned_bits",
            "rounding",
            "accumulation",
            "subnormals",
            "scale",
            "table_banks",
            "pipeline.float_stages",
        )
    ),
)
"""All there is to tell two cores apart by that keys do not by themselves."""
