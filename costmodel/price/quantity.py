"""A quantity that a technology prices: its name and unit, and what its coefficients are summed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from costmodel.price.components import AREA_COMPONENTS, CLOCKED_COMPONENTS, DELAY_COMPONENTS
from costmodel.price.fabric_floats import AROUND, UNIT

Over = Literal["core", "lut4", "lut6", "path", "clocked"]
"""Everything that a core is made of, in cells or in lookup tables of so many inputs; or what is on its
longest path: of all, or of those between registers, without what begins or ends at a port."""
PATHS: tuple[Over, ...] = ("path", "clocked")

FREE_ON_FABRICS = ("hold", "leg", "select", "held_select", "undecoded_select", "selector", "compressor")
"""What has no price of its own in lookup tables: they choose and add, and flip-flops have enables."""
FABRIC_COMPONENTS: Mapping[str, str] = {
    "table": "lookup table of a bit that is chosen, let in or held back, or of a memory",
    **{
        name: meaning
        for name, meaning in AREA_COMPONENTS.items()
        if name not in (*FREE_ON_FABRICS, *AROUND, "inner_adder")
    },
    **UNIT,
}
"""What a core is made of in an FPGA."""

COMPONENTS: Mapping[Over, Mapping[str, str]] = {
    "core": AREA_COMPONENTS,
    "lut4": FABRIC_COMPONENTS,
    "lut6": FABRIC_COMPONENTS,
    "path": DELAY_COMPONENTS,
    "clocked": CLOCKED_COMPONENTS,
}
"""Names and meanings of the coefficients that a quantity has."""

UNITS = {"µm²": "um2", "ps": "ps", "µW": "uw", "nW": "nw", "pJ": "pj", "fJ": "fj"}
"""Units as they are written in names of figures; what is counted has the unit of its name."""


class Quantity(BaseModel):
    """What a core has so much of; less is better.

    ``label`` is what it is called in sentences. ``over``: what is summed, everything that a core is made of
    or what is on its longest path.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = Field(min_length=1)
    unit: str
    over: Over = "core"

    @property
    def suffix(self) -> str:
        """What names of figures in this unit end in: ``_um2``; that of what is counted is its name."""
        return f"_{UNITS.get(self.unit, self.name)}"

    @property
    def key(self) -> str:
        """The name with the unit, as in JSON and tables: ``area_um2``; ``lut`` of what is counted."""
        return f"{self.name}_{UNITS[self.unit]}" if self.unit in UNITS else self.name

    def text(self, value: float) -> str:
        """``value`` with its unit, whole from 1000 on: ``9,849 µm²``."""
        return f"{f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'} {self.unit}".rstrip()


class PricedQuantity(Quantity):
    """A quantity with the coefficients that a technology has for it, one for each of its components."""

    coefficients: dict[str, float]


AREA = Quantity(name="area", label="area without a clock", unit="µm²")
MEDIUM_AREA = Quantity(name="medium_area", label="area sized at ease", unit="µm²")
TIGHT_AREA = Quantity(name="tight_area", label="area sized for speed", unit="µm²")
DELAY = Quantity(name="delay", label="delay", unit="ps", over="path")
"""The longest path between registers. Every technology prices it in ps: clocks follow from it."""
RIPPLING_DELAY = Quantity(name="rippling_delay", label="delay while carries ripple", unit="ps", over="path")
"""The shortest longest path of a core whose carries ripple."""
CELL_QUANTITIES = (AREA, MEDIUM_AREA, TIGHT_AREA, DELAY, RIPPLING_DELAY)
"""What is priced in a technology of cells."""
