"""A model of the ternary LUT generator as its code has it, in the prices of this project's technologies.

Facts of the code (KULeuven-MICAS/ternary-lut-dse): a table's entries are registers as wide as the longest
sum; integers are fetched and added in 32 bits, negated by a multiplexer of their own, and added by
``reduce(+&)``, a chain that grows by a bit an adder; floats are added in a linear chain with a register
behind each adder, and their tables take more adders than are needed; every output of the workload has an
accumulator. Parts that are not theirs stay this project's, so that each difference can be looked at alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, assert_never, get_args

from costmodel.price import floating
from costmodel.price.components import NOTHING, Bill, adder, register, total, tree_multiplexer
from costmodel.price.estimate import estimate
from costmodel.price.fetch import fetch
from costmodel.price.technology import load_technology
from costmodel.speeds import Speed
from generator.alphabets import code_of
from generator.config import Architecture, CoreConfig
from generator.pipeline_config import TableRegisters
from generator.plan import CorePlan, NativeDatapath, plan_for

Difference = Literal["tables", "fetch", "reduction", "accumulators"]
"""A part of a core that is built in another way there."""

DIFFERENCES: tuple[Difference, ...] = get_args(Difference)
INTEGER_BITS = 32
"""Width of fetched and accumulated integers there."""
FLOAT_ADDERS = {1: 0, 2: 2, 3: 16, 4: 50, 5: 152}
"""Adders of a table of floats there (``getNbAdders`` and 2), by group size."""
SPEED: Speed = "medium"
"""Cells as for a clock at ease: what all is priced at."""


@dataclass(frozen=True)
class Tile:
    """A tile of ``length`` activations by ``columns``, in groups of ``group_size``, for ``outputs`` in all.

    ``registers``: where this project's tables have theirs. ``trimmed``: their integers are as wide as values
    are, which is what synthesis may make of 32 bits whose upper ones are copies of a sign.
    """

    architecture: Architecture
    activation: str
    group_size: int
    length: int
    columns: int
    outputs: int
    registers: TableRegisters = "entries"
    trimmed: bool = False

    @property
    def core(self) -> CoreConfig:
        """The same as a core of this project; floats have a register behind each adder, as there."""
        native = not self.activation.startswith("int")
        return CoreConfig.parse(
            {
                "architecture": self.architecture,
                "activation": self.activation,
                "group_size": self.group_size,
                "tables": -(-self.length // self.group_size),
                "columns": self.columns,
                "pipeline": {"table": self.registers, "reduction_every": 1 if native else 0},
            }
        )

    @property
    def macs(self) -> int:
        return self.core.macs_per_cycle


def area(tile: Tile, differences: Iterable[Difference], technology: str) -> float:
    """µm² of the tile with those parts as they are there, and the others as they are here."""
    prices = load_technology(technology).cost_at(SPEED).coefficients
    parts, plan = dict(_parts_here(tile.core, technology)), plan_for(tile.core)
    for part in differences:
        parts[part] = theirs(part, tile, plan).price(prices)
    return sum(parts.values())


@cache
def _parts_here(core: CoreConfig, technology: str) -> Mapping[str, float]:
    """µm² of each part of a core of ours."""
    return estimate(core, technology, speed=SPEED).breakdown


def theirs(part: Difference, tile: Tile, plan: CorePlan) -> Bill:
    """What a part of the tile is made of there."""
    tables, columns = plan.config.tables, plan.config.columns
    match part:
        case "tables":
            return _table(tile, plan) * tables
        case "fetch":
            return _fetch(tile, plan) * (tables * columns)
        case "reduction":
            return _chain(tile, plan) * columns
        case "accumulators":
            width = INTEGER_BITS if _float(plan) is None else plan.activation_width
            return (_adder(plan, width) + register(width, holds=True)) * tile.outputs
        case unknown:
            assert_never(unknown)


def _float(plan: CorePlan) -> NativeDatapath | None:
    return plan.datapath if isinstance(plan.datapath, NativeDatapath) else None


def _width(tile: Tile, plan: CorePlan) -> int:
    """Bits that are fetched there; an entry and its negation take one more than an activation's and µ - 1."""
    if _float(plan) is not None:
        return plan.activation_width
    return plan.activation_width + tile.group_size if tile.trimmed else INTEGER_BITS


def _adder(plan: CorePlan, width: int) -> Bill:
    units = _float(plan)
    return adder(width) if units is None else floating.float_adder(units.add)


def _table(tile: Tile, plan: CorePlan) -> Bill:
    """A table and its registers; without one, the activations'."""
    size = tile.group_size
    if tile.architecture != "lut":
        return register(plan.activation_width, holds=False)
    entries, bits = len(code_of("ternary", size).entries), plan.activation_width
    if _float(plan) is not None:
        return _adder(plan, bits) * FLOAT_ADDERS[size] + register(entries * bits, holds=False)
    bits += size - 1
    return adder(bits) * (entries - size) + register(entries * bits, holds=False)


def _fetch(tile: Tile, plan: CorePlan) -> Bill:
    """A value out of a table; or an activation with its sign, or times a weight."""
    width, units = _width(tile, plan), _float(plan)
    match tile.architecture:
        case "lut" | "select":
            entries = len(code_of("ternary", tile.group_size).entries)
            chosen = tree_multiplexer(entries, width)
            return chosen + (
                Bill.of(increment=width, choice=width) if units is None else Bill.of(complement=1)
            )
        case "multiplier":
            # What a multiplier is made of there is not known.
            return fetch(plan)
        case unknown:
            assert_never(unknown)


def _chain(tile: Tile, plan: CorePlan) -> Bill:
    """Adders one after the other: integers grow by a bit each, floats have a register behind each.

    The inputs of a chain with registers have to arrive one after the other; they are ports, so that what
    delays them is not counted.
    """
    count = plan.config.tables - 1
    if _float(plan) is None:
        return (
            total([adder(_width(tile, plan) + place) for place in range(1, count + 1)]) if count else NOTHING
        )
    return (_adder(plan, 0) + register(plan.activation_width, holds=False)) * count
