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

from dataclasses import dataclass
from typing import assert_never

from costmodel.fit.measurer import Figures
from costmodel.price.estimate import estimate
from costmodel.price.technology import Technology
from generator.block import BlockKind
from generator.config import CoreConfig
from generator.verilog import Emission

GROUPS = ("converters", "tables", "fetch", "columns", "control")


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
    costs = dict.fromkeys(GROUPS, 0.0)

    def add(module: str, times: int, around: str) -> None:
        group = group_of(emission.kinds[module], around)
        costs[group] += times * modules[module]
        for inner, count in emission.instances[module].items():
            add(inner, times * count, group)

    add(emission.top, 1, "control")
    return costs


def group_of(kind: BlockKind, around: str) -> str:
    """The group of a block inside of one that belongs to the group ``around``."""
    if around == "fetch":
        return around
    match kind:
        case "buffered" | "key_prefetch" | "activation_buffer" | "gearbox" | "memory":
            raise AssertionError(f"a {kind} is in no core")
        case (
            "accelerator" | "axi_registers" | "axi_engine" | "axi_layer" | "axi_reader" | "axi_writer"
            | "axi_arbiter" | "packer" | "fifo"
        ):  # fmt: skip
            raise AssertionError(f"a {kind} is in no core")
        case "array" | "core" | "sequencer":
            return "control"
        case "datapath" | "largest_exponent" | "align" | "float_to_fixed" | "fixed_to_float":
            return "converters"
        case "table" | "table_maker" | "filler":
            return "tables"
        case "fetch" | "unpacker" | "byte_decoder" | "key_encoder":
            return "fetch"
        case "column" | "compressor" | "combiner" | "result_tree" | "scaler" | "scale_unit":
            return "columns"
        case "float_adder" | "float_multiplier" | "float_widen":
            return around
        case unknown:
            assert_never(unknown)
