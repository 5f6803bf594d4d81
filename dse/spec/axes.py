"""The axes of a space as a spec file writes them: lists, ranges, powers, and lists with those in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.errors import TernlutError
from generator.validation import one_line

MOST_AXIS_VALUES = 1 << 16


class SpecError(TernlutError):
    """A sweep's spec is wrong, or nothing is left of its space; the message names the place."""


@dataclass(frozen=True)
class Axis:
    """The values that one key of a design takes, in order."""

    key: str
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.values)


class Steps(BaseModel):
    """``{ from = 4, to = 64, step = 4 }``: both ends count; with fractions too."""

    model_config = ConfigDict(extra="forbid", strict=True)

    first: float = Field(alias="from", allow_inf_nan=False)
    last: float = Field(alias="to", allow_inf_nan=False)
    step: float = Field(default=1.0, gt=0, allow_inf_nan=False)

    def values(self) -> list[int | float]:
        # Ten steps of 0.1 end at 1, though they add up to a little less.
        count = int((self.last - self.first) / self.step * (1 + 1e-12)) + 1
        if count > MOST_AXIS_VALUES:
            raise ValueError(f"more than {MOST_AXIS_VALUES} values")
        return [_plain(self.first + place * self.step) for place in range(count)] if count > 0 else []


class Powers(BaseModel):
    """``{ powers_of = 2, from = 1, to = 64 }``: the powers between the ends, which count."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base: int = Field(alias="powers_of", ge=2)
    first: int = Field(default=1, alias="from", ge=1)
    last: int = Field(alias="to")

    def values(self) -> list[int | float]:
        value, values = 1, list[int | float]()
        while value <= self.last:
            if value >= self.first:
                values.append(value)
            value *= self.base
        return values


class Points(BaseModel):
    """``{ from = 10, to = 1000, points = 5 }``: so many values, each the same factor above the one before.

    ``scale = "linear"``: at equal distances.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    first: float = Field(alias="from", allow_inf_nan=False)
    last: float = Field(alias="to", allow_inf_nan=False)
    points: int = Field(ge=2, le=MOST_AXIS_VALUES)
    scale: Literal["log", "linear"] = "log"

    def values(self) -> list[int | float]:
        if self.scale == "linear":
            return [_plain(value) for value in np.linspace(self.first, self.last, self.points).tolist()]
        if self.first <= 0 or self.last <= 0:
            raise ValueError("ends of more than 0 are expected, or scale = 'linear'")
        return [_plain(value) for value in np.geomspace(self.first, self.last, self.points).tolist()]


def _plain(value: float) -> int | float:
    """``value`` to twelve digits, whole numbers as such."""
    rounded = float(f"{value:.12g}")
    return int(rounded) if rounded.is_integer() else rounded


FORMS = "a list, { from, to, step }, { from, to, points } or { powers_of, from, to }"
"""How an axis is written."""


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; a table that describes a range is a value."""
    entries: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and not {"from", "to", "powers_of", "points"} & set(value) and value:
            entries.update(flat(value, f"{prefix}{key}."))
        else:
            entries[f"{prefix}{key}"] = value
    return entries


def written_values(where: str, given: Any) -> list[Any]:
    """What an axis lists, ranges written out. Raises ``SpecError`` that begins with ``where``."""
    parts = given if isinstance(given, list) else [given]
    values: list[Any] = []
    for part in parts:
        if isinstance(part, Mapping):
            kind = Powers if "powers_of" in part else Points if "points" in part else Steps
            try:
                values += kind.model_validate(part).values()
            except ValidationError as error:
                raise SpecError(f"{where}: {one_line(error, kind)}; {FORMS} is expected") from None
            except ValueError as error:
                raise SpecError(f"{where}: {error}") from None
        elif isinstance(given, list):
            values.append(part)
        else:
            raise SpecError(f"{where} = {given!r}: {FORMS} is expected")
    return values
