"""What a technology says of wires: what cells are placed with, and what wires cost a core that is placed.

The costs are fitted to placed cores (``costmodel.fit.wires``). Wires grow faster than the cells that they
connect: as a power of the core's area, as Rent's rule has it. All functions take arrays.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from generator.plan import CorePlan

Wiring = Literal["none", "placed"]
"""Whether wires count: not at all, or those of a placement."""
WIRINGS: tuple[Wiring, ...] = get_args(Wiring)


class WireFit(BaseModel):
    """What wires make of a core, by the least area A of its cells (µm²), which says how many there are.

    Wires between neighbouring cells are ``length`` · A^``length_exponent`` µm long in all; those that bring
    entries to columns besides ``broadcast`` · √(A / tables) for each bit that a column reads: a table stands
    amid what reads it. All are longer at a clock by the power ``sized`` of what cells take then over A: they
    are more, and farther apart. Resized with them, the longest path is longer by the share
    ``delay`` · A^``delay_exponent``, and cells are larger by the share ``growth``. ``cores`` is how many were
    placed, ``largest_um2`` the area of the largest: beyond it the fit is an extrapolation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cores: int = Field(ge=1)
    largest_um2: float = Field(gt=0)
    length: float = Field(gt=0)
    length_exponent: float
    broadcast: float = Field(ge=0)
    sized: float = Field(default=0.0, ge=0, le=1)
    delay: float
    delay_exponent: float
    growth: float = Field(ge=0)

    def wire_um(self, area_um2: ArrayLike, spread: ArrayLike, larger: ArrayLike = 1.0) -> NDArray[np.float64]:
        """The length of all wires; ``spread`` as ``spread_to_columns`` has it, ``larger`` cells over A."""
        area = np.asarray(area_um2, dtype=np.float64)
        local = self.length * area**self.length_exponent
        length = local + self.broadcast * np.asarray(spread) * np.sqrt(area)
        return length * self.longer(larger)

    def longer(self, larger: ArrayLike) -> NDArray[np.float64]:
        """How many times as long wires are where a clock makes cells ``larger`` so many times."""
        return np.asarray(larger, dtype=np.float64) ** self.sized

    def slowdown(self, area_um2: ArrayLike) -> NDArray[np.float64]:
        """The longest path with wires over that without."""
        return 1 + self.delay * np.asarray(area_um2, dtype=np.float64) ** self.delay_exponent


def spread_to_columns(plan: CorePlan) -> float:
    """Bits that columns read of the tables' entries, by how far they come, as a share of the core's side.

    Each of L tables has an L-th of the core, with a side of √(1/L).
    """
    config = plan.config
    return config.rows * config.columns * config.tables * _bits_read(plan) * sqrt(1 / config.tables)


def _bits_read(plan: CorePlan) -> int:
    """Bits that one column reads of one table: its entries, and each row of a product, of which two bits of a
    weight choose one, reads the activation and three times it."""
    readers = 2 * -(-plan.activation_range.width // 2) if plan.multiplies_integers else 1
    return readers * plan.table_bits


class Wires(BaseModel):
    """Rows of cells, and the layer that wires are taken to be on; ``layer`` says which, and the source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: str = Field(min_length=1)
    row_um: float = Field(gt=0, allow_inf_nan=False)
    utilisation: float = Field(gt=0, le=1)
    ff_per_um: float = Field(gt=0, allow_inf_nan=False)
    ohm_per_um: float = Field(ge=0, allow_inf_nan=False)
    fit: WireFit | None = None


MEANINGS = {
    "row_um": "height of a row of cells, µm",
    "utilisation": "share of the core's area that is cells",
    "ff_per_um": "capacitance of a wire, fF/µm",
    "ohm_per_um": "resistance of a wire, Ω/µm",
    "cores": "placed for this fit",
    "largest_um2": "area of the largest of them",
    "length": "µm of wire = length · area^length_exponent + broadcast · bits columns read · √(area / tables)",
    "sized": "wires at a clock = those · (area at the clock / least area)^sized",
    "delay": "longest path · (1 + delay · area^delay_exponent)",
    "growth": "share by which resizing with wires enlarges cells",
}
"""What the keys of a technology file's tables mean, where their names do not say it."""
