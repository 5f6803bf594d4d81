"""What a core is made for, beside what it is."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from generator.validation import validated

MIN_MHZ, MAX_MHZ = 0.001, 100_000.0
"""Clocks that constraints can state."""


class Target(BaseModel):
    """What a core is made for, beside what it is: table ``target`` of a core file. No hardware depends on it.

    ``clock_mhz``: the clock that constraints, scripts and datasheets state.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    clock_mhz: Annotated[float, Field(ge=MIN_MHZ, le=MAX_MHZ, strict=False)] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return validated(cls, values, handler)
