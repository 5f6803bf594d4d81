"""The axes of a space as a spec file writes them: lists, ranges and powers, and lists with those in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """``{ from = 4, to = 64, step = 4 }``: both ends count."""

    model_config = ConfigDict(extra="forbid", strict=True)

    first: int = Field(alias="from")
    last: int = Field(alias="to")
    step: int = Field(default=1, ge=1)

    def values(self) -> list[int]:
        if (self.last - self.first) // self.step >= MOST_AXIS_VALUES:
            raise ValueError(f"more than {MOST_AXIS_VALUES} values")
        return list(range(self.first, self.last + 1, self.step))


class Powers(BaseModel):
    """``{ powers_of = 2, from = 1, to = 64 }``: the powers between the ends, which count."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base: int = Field(alias="powers_of", ge=2)
    first: int = Field(default=1, alias="from", ge=1)
    last: int = Field(alias="to")

    def values(self) -> list[int]:
        value, values = 1, []
        while value <= self.last:
            if value >= self.first:
                values.append(value)
            value *= self.base
        return values


FORMS = "a list, { from, to, step } or { powers_of, from, to }"
"""How an axis is written."""


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; a table that describes a range is a value."""
    entries: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and not {"from", "to", "powers_of"} & set(value) and value:
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
            kind = Powers if "powers_of" in part else Steps
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
