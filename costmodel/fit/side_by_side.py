"""What a core costs by group, modelled and synthesized side by side: to see where an error comes from.

Flattened, parts dissolve. So each module is synthesized alone, and its cost falls to a group that the model's
parts can be told apart in as well:

- ``converters``: floating-point units that convert, align or find exponents, with the exponents' registers;
- ``tables``: tables without their converters;
- ``fetch``: decoders, multiplexers, selects and multipliers, with every unit that is inside of them;
- ``columns``: the rest of the columns, that is the registers behind fetch, reductions and accumulators;
- ``control``: the sequencer and what the top module adds.

The adder and the flags beside a column's converter are among the model's converters and synthesized columns.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from costmodel.fit.measurer import Figures
from costmodel.price.estimate import estimate
from costmodel.price.technology import Technology
from generator.config import CoreConfig
from generator.verilog import Emission

GROUP_OF = {
    "ternlut": "control",
    "sequencer": "control",
    "datapath": "converters",
    "largest_exponent": "converters",
    "float_to_fixed": "converters",
    "align": "converters",
    "fixed": "converters",
    "table": "tables",
    "fetch": "fetch",
    "select": "fetch",
    "multiply": "fetch",
    "column": "columns",
}
"""Groups by what the names of modules begin with; other modules belong to where they are."""

GROUPS = ("converters", "tables", "fetch", "columns", "control")

MODULE = re.compile("|".join(GROUP_OF))
INSTANCE = re.compile(r"^  (\w+) \w+ \($", re.MULTILINE)


@dataclass(frozen=True)
class SideBySide:
    """What one core costs: by group as modelled and module by module, and the whole flattened."""

    core: CoreConfig
    modelled: dict[str, float]
    synthesized: dict[str, float]
    flattened: float

    @property
    def groups(self) -> list[str]:
        """The groups that the core has."""
        return [group for group in GROUPS if self.modelled[group] or self.synthesized[group]]


def modelled_groups(config: CoreConfig, technology: Technology) -> dict[str, float]:
    """The model's breakdown by group; the registers behind fetch count among the columns."""
    parts = estimate(config, technology).breakdown
    bare = config.model_copy(update={"pipeline": config.pipeline.model_copy(update={"fetch": False})})
    fetch = estimate(bare, technology).breakdown["fetch"]
    columns = parts["reduction"] + parts["accumulators"] + parts["fetch"] - fetch
    return {
        "converters": parts["converters"],
        "tables": parts["tables"],
        "fetch": fetch,
        "columns": columns,
        "control": parts["control"],
    }


def synthesized_groups(emission: Emission, modules: Figures) -> dict[str, float]:
    """Costs by group of ``emission`` from those of its ``modules``, instances multiplied out."""
    instances = {
        name: Counter(kind for kind in INSTANCE.findall(text) if kind in emission.modules)
        for name, text in emission.modules.items()
    }
    costs = dict.fromkeys(GROUPS, 0.0)

    def add(module: str, times: int, around: str) -> None:
        group = group_of(module, around)
        costs[group] += times * modules[module]
        for inner, count in instances[module].items():
            add(inner, times * count, group)

    add(emission.top, 1, "control")
    return costs


def group_of(module: str, around: str) -> str:
    """The group of a module inside of one that belongs to the group ``around``."""
    known = MODULE.match(module)
    return around if known is None or around == "fetch" else GROUP_OF[known[0]]
