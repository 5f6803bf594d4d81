"""What a technology says of energy: what the kinds of things that a core is made of take when they change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generator.errors import TernlutError, instead

KINDS: Mapping[str, tuple[str, ...]] = {
    "adder": ("full_adder", "sum", "compressor"),
    "hold": ("hold", "held_select"),
    "leg": ("leg",),
    "product": ("product_bit",),
    "float": ("compare", "shift", "normalise", "detect", "increment", "special"),
}
"""Kinds of logic, and the components of area that they are; all others but registers are ``LOGIC``."""
LOGIC = "logic"
KIND_OF: Mapping[str, str] = {name: kind for kind, names in KINDS.items() for name in names}
REGISTERS: Mapping[str, int] = {"register": 1, "stage": 1, "handshake": 4}
"""Components of area that have registers, and how many."""
RIPPLE, LATE = "ripple", "late_"
"""The coefficient of adders' own glitches, and what names of those of all others begin with."""

ENERGY_COMPONENTS: Mapping[str, str] = {
    "clock": "flip-flop's clock, in each cycle, fJ",
    "gate": "what of it is left in each cycle behind a clock gate, fJ",
    "gated": "clock of a flip-flop behind a gate that takes a value, fJ",
    "register": "flip-flop's bit that changes, fJ",
    "adder": "adders that change, fJ for each µm² of least area",
    "hold": "what holds registers' values, in front of bits that change, fJ/µm²",
    "leg": "legs of multiplexers whose entry changes, fJ/µm²",
    "product": "partial products that change, fJ/µm²",
    "float": "shifters and comparisons of floating-point units that change, fJ/µm²",
    "logic": "all other logic that changes, fJ/µm²",
    "ripple": "glitches of adders as carries ripple through them, fJ/µm²",
    "late_adder": "those of adders behind other logic, fJ/µm²",
    "late_hold": "those of what holds registers' values, and as it is told to take others, fJ/µm²",
    "late_product": "those of partial products, fJ/µm²",
    "late_float": "those of floating-point units, fJ/µm²",
    "late_logic": "those of all other logic behind logic, fJ/µm²",
}
"""What a cycle's energy is summed over: names and meanings of a technology's coefficients."""


class Energies(BaseModel):
    """Coefficients of a core's energy, fitted to ``cores`` that were simulated at gate level.

    ``source`` says with which data, at which clock, and what of a netlist counts. A core that is sized for a
    clock takes more by the share ``growth`` of what its cells are larger than of least area; all cells
    leak ``leakage_nw_per_um2``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    cores: int = Field(ge=1)
    coefficients: dict[str, float]
    growth: float = Field(ge=0)
    leakage_nw_per_um2: float = Field(ge=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, value in self.coefficients.items():
            if name not in ENERGY_COMPONENTS:
                raise TernlutError(
                    f"unknown key 'energy.coefficients.{name}': {instead(name, ENERGY_COMPONENTS)}"
                )
            if not math.isfinite(value):
                raise TernlutError(f"energy.coefficients.{name} = {value}: a finite number is expected")
        for name in ENERGY_COMPONENTS:
            if name not in self.coefficients:
                raise TernlutError(f"energy.coefficients.{name} is missing")
        return self


CLOCKS = ("clock", "gate", "gated")
"""Coefficients of clocks."""
GLITCHES = tuple(name for name in ENERGY_COMPONENTS if name == RIPPLE or name.startswith(LATE))
"""Coefficients of glitches."""

MEANINGS = {
    "cores": "simulated at gate level for this fit",
    "growth": "share of what sizing enlarges cells by, by which energy grows",
    "leakage_nw_per_um2": "nW for each µm² of cells",
    **ENERGY_COMPONENTS,
}
"""What the keys of a technology file's tables mean."""


def energies_values(energies: Energies) -> dict[str, Any]:
    """Keys and values of the table in a technology file, coefficients to five digits."""
    values = energies.model_dump()
    values["coefficients"] = {name: float(f"{value:.5g}") for name, value in energies.coefficients.items()}
    for name in ("growth", "leakage_nw_per_um2"):
        values[name] = float(f"{values[name]:.4g}")
    return values
