"""Where a core has registers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TableRegisters = Literal["entries", "activations"]


class PipelineConfig(BaseModel):
    """Where registers sit between the activation stream and the accumulator.

    ``table``: after the table's adders (``entries``: shortest path, most bits) or before them
    (``activations``). ``fetch``: after fetch. ``reduction_every``: after every so many levels of the
    reduction, 0 for none: of a tree's adders, of carry-save full adders. ``float_stages``: inside every
    floating-point adder, multiplier and converter, each of which then takes that many cycles; 0 for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    table: TableRegisters = Field(
        default="entries",
        description="a table's registers: behind its adders (shortest path) or before (fewest bits)",
    )
    fetch: bool = Field(default=False, description="a register behind the fetch")
    reduction_every: int = Field(
        default=0, ge=0, le=64, description="registers behind so many levels of the reduction"
    )
    float_stages: int = Field(
        default=0,
        ge=0,
        le=16,
        description="cycles that a floating-point adder, multiplier or converter takes",
    )
