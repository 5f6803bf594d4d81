"""The question a sweep answers: a spec file read and checked, and the space of cores that it spans.

A space is a product of axes. Nothing of it is ever listed: a point is its position, a number whose digits in
the mixed radix of the axes' lengths choose one value from each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from costmodel.representative import default_of, nested, representative, without_idle
from dse.workload import Workload
from generator.config import CoreConfig, PipelineConfig, one_line, read_toml
from generator.errors import ConfigError, TernlutError
from generator.formats import FLOATS

CONFIG_KEYS = (
    *(name for name in CoreConfig.model_fields if name != "pipeline"),
    *(f"pipeline.{name}" for name in PipelineConfig.model_fields),
)
"""Keys of a core, dotted."""

FROM_WORKLOAD = "workload"
"""A value of ``outputs`` or ``max_reduction`` that stands for what the workload needs."""

MOST_AXIS_VALUES = 1 << 16
MOST_POINTS = 1 << 60


class SpecError(TernlutError):
    """A sweep's spec is wrong, or nothing is left of its space; the message names the place."""


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


class SweepSpec(BaseModel):
    """A spec file. Relative paths in it are relative to it.

    ``objectives`` maps metrics to ``min`` or ``max``. With ``clock_mhz`` every core runs at that clock and
    those that are too slow for it are infeasible; without, each runs as fast as it can. ``budget`` limits
    objectives for the one design that the summary recommends. ``compare`` is the key whose values are held
    against each other. ``verify`` of the best designs are synthesized and simulated, with the cells of
    ``liberty`` files where the technology's are not shipped.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = ""
    technology: str = "asap7"
    clock_mhz: Annotated[float, Field(gt=0, strict=False)] | None = None
    compare: str = "architecture"
    objectives: dict[str, Literal["min", "max"]] = Field(min_length=1)
    budget: dict[str, Annotated[float, Field(gt=0, strict=False)]] = {}
    constraints: list[str] = []
    verify: int = Field(default=0, ge=0)
    liberty: list[str] = []
    workload: Workload
    axes: dict[str, Any] = Field(min_length=1)
    fixed: dict[str, Any] = {}

    @classmethod
    def load(cls, path: Path) -> SweepSpec:
        """The spec in the TOML file ``path``; ``TernlutError`` in one line that begins with the path."""
        return cls.parse(read_toml(path), str(path), path.parent)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str, folder: Path = Path()) -> SweepSpec:
        """The spec that ``values`` describe; errors begin with ``where``, paths start from ``folder``."""
        resolved = dict(values)
        resolved["technology"] = _beside(folder, resolved.get("technology", "asap7"))
        workload = resolved.get("workload")
        if isinstance(workload, dict) and "model" in workload:
            resolved["workload"] = {**workload, "model": _beside(folder, workload["model"])}
        if isinstance(liberty := resolved.get("liberty"), list):
            resolved["liberty"] = [str(folder / name) if isinstance(name, str) else name for name in liberty]
        for section in ("axes", "fixed"):
            if isinstance(resolved.get(section), dict):
                resolved[section] = _flat(resolved[section])
        try:
            return cls.model_validate(resolved)
        except ValidationError as error:
            raise SpecError(f"{where}: {one_line(error, cls)}") from None
        except TernlutError as error:
            raise SpecError(f"{where}: {error}") from None


@dataclass(frozen=True)
class Axis:
    """The values that one key of the core takes, in order."""

    key: str
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Space:
    """All combinations of ``axes``, the other keys as in ``fixed`` or by default.

    Some keys mean nothing beside others: ``outputs`` with ``output_stationary``, ``datapath`` with integers.
    There they are left out, and of their axes the first value alone counts, so that no core is listed twice.
    """

    axes: tuple[Axis, ...]
    fixed: Mapping[str, Any]

    @classmethod
    def of(cls, spec: SweepSpec, where: str = "spec") -> Space:
        """The space of ``spec``. Raises ``SpecError`` for a key or value that no core can have."""
        axes = [
            Axis(key, _values(f"{where}: axes.{key}", key, value, spec.workload))
            for key, value in spec.axes.items()
        ]
        fixed = {
            key: _resolve(f"{where}: fixed.{key}", key, value, spec.workload)
            for key, value in spec.fixed.items()
        }
        space = cls(tuple(axes), fixed)
        for key in fixed:
            if key in spec.axes:
                raise SpecError(f"{where}: {key} is an axis and fixed, one of the two is expected")
        for key in ("tables", "columns"):
            if not space.has(key):
                raise SpecError(f"{where}: {key} is missing: give it as an axis or fixed")
        if space.has("outputs") and "table_stationary" not in space.values_of("dataflow"):
            raise SpecError(f"{where}: outputs is for dataflow = 'table_stationary', which the space has not")
        if spec.compare not in CONFIG_KEYS:
            raise SpecError(
                f"{where}: compare = {spec.compare!r}: one of {', '.join(CONFIG_KEYS)} is expected"
            )
        if space.size > MOST_POINTS:
            raise SpecError(f"{where}: axes span {space.size:.1e} points, {MOST_POINTS:.1e} is the most")
        return space

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Points, combinations that are no core included."""
        return prod(self.shape)

    def axis(self, key: str) -> int | None:
        """The position of ``key``'s axis, None where it has none."""
        return next((i for i, axis in enumerate(self.axes) if axis.key == key), None)

    def has(self, key: str) -> bool:
        return key in self.fixed or self.axis(key) is not None

    def values_of(self, key: str) -> tuple[Any, ...]:
        """The values ``key`` takes anywhere in the space."""
        position = self.axis(key)
        if position is not None:
            return self.axes[position].values
        return (self.fixed.get(key, default_of(key)),)

    def reordered(self, order: Sequence[int]) -> Space:
        """The same cores, the axes in another order and so at other positions."""
        return Space(tuple(self.axes[i] for i in order), self.fixed)

    def digits(self, positions: ArrayLike) -> tuple[NDArray[np.int64], ...]:
        """The digits of each axis at ``positions``."""
        return tuple(
            np.asarray(digit, dtype=np.int64)
            for digit in np.unravel_index(np.asarray(positions, np.int64), self.shape)
        )

    def core(self, position: int) -> dict[str, Any]:
        """The dotted keys and values at ``position``, without those that mean nothing there."""
        chosen = dict(self.fixed)
        for axis, digit in zip(self.axes, self.digits([position]), strict=True):
            chosen[axis.key] = axis.values[int(digit[0])]
        meant = without_idle(chosen)
        return {key: meant[key] for key in CONFIG_KEYS if key in meant}

    def config(self, position: int) -> CoreConfig:
        """The core at ``position``; ``ConfigError`` where the combination is none."""
        return CoreConfig.parse(nested(self.core(position)))


def _beside_which(key: str, value: Any) -> dict[str, Any]:
    """Keys beside which ``key`` means something, so that a core shows whether ``value`` is allowed."""
    if key in ("aligned_bits", "rounding"):
        return {"activation": "fp16", "datapath": "aligned"}
    if key == "accumulation":
        return {"activation": value if value in FLOATS else "fp16"}
    return {"activation": "fp16"} if key in ("datapath", "pipeline.float_stages") else {}


def _beside(folder: Path, name: Any) -> Any:
    """A relative path to a file as seen from ``folder``; a plain name as it is."""
    if isinstance(name, str) and Path(name).suffix in (".toml", ".json"):
        return str(folder / name)
    return name


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; a table that describes a range is a value."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and not {"from", "to", "powers_of"} & set(value) and value:
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _values(where: str, key: str, given: Any, workload: Workload) -> tuple[Any, ...]:
    """The values of an axis from a list, a range, or a list with ranges in it."""
    parts = given if isinstance(given, list) else [given]
    values: list[Any] = []
    for part in parts:
        if isinstance(part, Mapping):
            kind = Powers if "powers_of" in part else Steps
            try:
                values += kind.model_validate(part).values()
            except ValidationError as error:
                raise SpecError(f"{where}: {one_line(error, kind)}") from None
            except ValueError as error:
                raise SpecError(f"{where}: {error}") from None
        elif isinstance(given, list):
            values.append(part)
        else:
            raise SpecError(
                f"{where} = {given!r}: a list, {{ from, to, step }} or {{ powers_of, from, to }} is expected"
            )
    resolved = tuple(_resolve(where, key, value, workload) for value in values)
    if not resolved:
        raise SpecError(f"{where} = {given!r}: the space is empty, at least one value is expected")
    if len(set(resolved)) < len(resolved):
        raise SpecError(f"{where} = {given!r}: a value occurs twice")
    return resolved


def _resolve(where: str, key: str, value: Any, workload: Workload) -> Any:
    """``value`` checked against what a core allows for ``key``."""
    if key not in CONFIG_KEYS:
        raise SpecError(f"{where}: unknown key {key!r}: {', '.join(CONFIG_KEYS)} are known")
    if value == FROM_WORKLOAD and key in ("outputs", "max_reduction"):
        return workload.widest if key == "outputs" else workload.longest
    try:
        representative({**_beside_which(key, value), key: value})
    except ConfigError as error:
        raise SpecError(f"{where}: {str(error).removeprefix('core: ')}") from None
    return value
