"""What a technology says of wires: the figures that cells are placed and their wires priced with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Wires(BaseModel):
    """Rows of cells, and the layer that wires are taken to be on; ``layer`` says which, and the source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: str = Field(min_length=1)
    row_um: float = Field(gt=0, allow_inf_nan=False)
    utilisation: float = Field(gt=0, le=1)
    ff_per_um: float = Field(gt=0, allow_inf_nan=False)
    ohm_per_um: float = Field(ge=0, allow_inf_nan=False)


WIRES_MEANING = {
    "layer": "",
    "row_um": "height of a row of cells, µm",
    "utilisation": "share of the core's area that is cells",
    "ff_per_um": "capacitance of a wire, fF/µm",
    "ohm_per_um": "resistance of a wire, Ω/µm",
}
