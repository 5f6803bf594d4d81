"""A technology: what one unit of each component costs, and where those figures come from.

Technologies are TOML files written by ``calibrate``; those shipped are loaded by name, any other by path.
"""

from __future__ import annotations

import datetime
import math
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from costmodel.price.energy_coefficients import MEANINGS as ENERGY_MEANINGS
from costmodel.price.energy_coefficients import Energies, energies_values
from costmodel.price.quantity import (
    AREA,
    COMPONENTS,
    DELAY,
    MEDIUM_AREA,
    PATHS,
    RIPPLING_DELAY,
    TIGHT_AREA,
    Over,
    PricedQuantity,
)
from costmodel.price.wires import MEANINGS, WireFit, Wires
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS, Speed
from generator.errors import TernlutError, instead

if TYPE_CHECKING:
    from tomlkit.items import Table


class TechnologyError(TernlutError):
    """A technology cannot be found or read, or lacks a coefficient."""


class FitError(BaseModel):
    """Relative errors of a fit on the syntheses it was made from, in percent of the synthesized figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int = Field(ge=1)
    median_percent: float = Field(ge=0)
    max_percent: float = Field(ge=0)


class Calibration(BaseModel):
    """Which cores a technology was fitted to: how many, and the digest of their list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cores: int = Field(ge=1)
    digest: str = Field(min_length=1)


class Cost(BaseModel):
    """What is meant by what a core costs: what budgets limit, and designs are compared by.

    ``label`` is what it is called, in the singular (``area``, ``LUT count``); for each speed that cores are
    sized for the name of the quantity that it is then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1)
    relaxed: str
    medium: str
    tight: str

    def at(self, speed: Speed) -> str:
        """The name of the quantity at ``speed``."""
        return {"relaxed": self.relaxed, "medium": self.medium, "tight": self.tight}[speed]


CELL_COST = Cost(label="area", relaxed=AREA.name, medium=MEDIUM_AREA.name, tight=TIGHT_AREA.name)
"""What a core costs in a technology of cells."""


class Technology(BaseModel):
    """Fitted coefficients: for each quantity what one unit of each component costs.

    ``measured_by`` is the kind of tool that measures cores in it. ``dont_use`` are the patterns of
    cells that the library was used without, ``calibration`` says which cores the coefficients were fitted to.
    ``wires`` is what cores are placed with, ``energy`` what they take when they work, where that is known.

    ``fit`` tells how far the model is off on what it was fitted to: by quantity for the whole (``area``,
    ``delay``) and for each group of calibration designs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    library: str
    corner: str
    flow: str
    date: datetime.date
    versions: dict[str, str]
    measured_by: str = Field(min_length=1)
    cost: Cost
    quantities: dict[str, PricedQuantity]
    dont_use: tuple[str, ...] = ()
    calibration: Calibration | None = None
    wires: Wires | None = None
    energy: Energies | None = None
    fit: dict[str, FitError] = {}

    @field_validator("quantities", mode="before")
    @classmethod
    def _named(cls, tables: Any) -> Any:
        """Quantities know their names, which are the keys of their tables."""
        if not isinstance(tables, dict):
            return tables
        return {
            key: {"name": key, **table} if isinstance(table, dict) else table for key, table in tables.items()
        }

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, quantity in self.quantities.items():
            _check_coefficients(f"quantities.{name}.coefficients", quantity)
        delay = self.quantities.get(DELAY.name)
        if delay is None or delay.unit != DELAY.unit or delay.over not in PATHS:
            raise TechnologyError("quantities.delay over paths in ps is expected: clocks follow from it")
        sums = [quantity.name for quantity in self.quantities.values() if quantity.over not in PATHS]
        for speed in SPEEDS:
            if (name := self.cost.at(speed)) not in sums:
                raise TechnologyError(f"cost.{speed} = {name!r}: {instead(name, sums)}")
        if len({self.cost_at(speed).unit for speed in SPEEDS}) > 1:
            raise TechnologyError("cost: quantities of one unit are expected at all speeds")
        if len({self.quantities[name].over for name in sums}) > 1:
            raise TechnologyError("quantities: the same over is expected of all that is not over paths")
        return self

    def cost_at(self, speed: Speed = "relaxed") -> PricedQuantity:
        """What a core that is sized for ``speed`` costs."""
        return self.quantities[self.cost.at(speed)]

    @property
    def summed_over(self) -> Over:
        """What quantities are summed over that are not over paths."""
        return self.cost_at().over

    @property
    def delay(self) -> PricedQuantity:
        """The longest path (ps)."""
        return self.quantities[DELAY.name]

    @property
    def rippling(self) -> PricedQuantity:
        """The longest path while carries ripple (ps); that of a medium design where nobody measured it."""
        return rippling_of(self.quantities)

    @property
    def wire_fit(self) -> WireFit:
        """What wires make of a core. Raises ``TechnologyError`` where nobody has placed cores in it."""
        if self.wires is None or self.wires.fit is None:
            why = "it has no [wires.fit]; `python -m costmodel.fit.wires` makes one,"
            if self.summed_over != AREA.over:
                why = "an FPGA's are in its delays;"
            raise TechnologyError(
                f'technology {self.name}: wires = "placed": {why} none is what can be priced without'
            )
        return self.wires.fit

    @property
    def energies(self) -> Energies:
        """What cores take when they work. Raises ``TechnologyError`` where nobody has measured that."""
        if self.energy is None:
            raise TechnologyError(
                f"technology {self.name}: it has no [energy]; a library with power tables is what "
                "`ternlut calibrate` fits one to"
            )
        return self.energy

    def spread(self, speed: Speed) -> float:
        """The area of a placed core over that of its cells without wires. Raises as ``wire_fit`` does."""
        fit = self.wire_fit
        assert self.wires is not None
        return (1.0 if speed == "relaxed" else 1 + fit.growth) / self.wires.utilisation

    @property
    def others(self) -> tuple[PricedQuantity, ...]:
        """What a core has beside its cost: registers beside lookup tables, joules beside area."""
        costs = {self.cost.at(speed) for speed in SPEEDS}
        return tuple(q for q in self.quantities.values() if q.over not in PATHS and q.name not in costs)

    @classmethod
    def parse(cls, text: str, where: str) -> Technology:
        """The technology that TOML ``text`` describes; ``TechnologyError`` begins with ``where``."""
        try:
            values = tomllib.loads(text)
            if "area_um2" in values and "quantities" not in values:
                raise TechnologyError("written by version 0.1: `ternlut calibrate` writes it anew")
            return cls.model_validate(values)
        except tomllib.TOMLDecodeError as error:
            raise TechnologyError(f"{where}: not TOML: {error}") from None
        except TernlutError as error:
            raise TechnologyError(f"{where}: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise TechnologyError(f"{where}: {key}: {first['msg']}") from None

    def to_toml(self) -> str:
        """The file that ``parse`` reads."""
        import tomlkit

        document = tomlkit.document()
        for key in ("name", "library", "corner", "flow", "date", "measured_by"):
            document.add(key, getattr(self, key))
        if self.dont_use:
            document.add("dont_use", self.dont_use)
        document.add("versions", self.versions)
        if self.calibration is not None:
            document.add("calibration", self.calibration.model_dump())
        document.add("cost", self.cost.model_dump())
        document.add("quantities", {name: _table(quantity) for name, quantity in self.quantities.items()})
        if self.wires is not None:
            document.add("wires", _commented_table(self.wires.model_dump(), MEANINGS))
        if self.energy is not None:
            document.add("energy", _commented_table(energies_values(self.energy), ENERGY_MEANINGS))
        if self.fit:
            figures = {name: fit.model_dump() for name, fit in self.fit.items()}
            document.add(
                "fit", {name: {k: _rounded(v) for k, v in fit.items()} for name, fit in figures.items()}
            )
        return tomlkit.dumps(document)


def rippling_of(quantities: Mapping[str, PricedQuantity]) -> PricedQuantity:
    """The longest path while carries ripple, of quantities by name; that of a medium design without one."""
    measured = quantities.get(RIPPLING_DELAY.name)
    if measured is not None:
        return measured
    delay = quantities[DELAY.name]
    slower = {name: MEDIUM_PERIOD * cost for name, cost in delay.coefficients.items()}
    return delay.model_copy(update={"name": RIPPLING_DELAY.name, "coefficients": slower})


def _rounded(value: float) -> float:
    """Four digits, whole numbers as they are."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def _check_coefficients(where: str, quantity: PricedQuantity) -> None:
    """That there is a finite coefficient for each component, and no other."""
    known, given = COMPONENTS[quantity.over], quantity.coefficients
    for name in known:
        if name not in given:
            raise TechnologyError(f"{where}.{name} is missing")
    for name, value in given.items():
        if name not in known:
            raise TechnologyError(f"unknown key '{where}.{name}': {instead(name, known)}")
        if not math.isfinite(value):
            raise TechnologyError(f"{where}.{name} = {value}: a finite number is expected")


def _table(quantity: PricedQuantity) -> Table:
    """A quantity's table in a technology file, with what each coefficient is the price of."""
    import tomlkit

    table, coefficients = tomlkit.table(), tomlkit.table()
    for key in ("label", "unit", "over"):
        table.add(key, getattr(quantity, key))
    for name, meaning in COMPONENTS[quantity.over].items():
        coefficients.add(name, float(f"{quantity.coefficients[name]:.6g}"))
        coefficients[name].comment(meaning)
        coefficients[name].trivia.comment_ws = "  "
    table.add("coefficients", coefficients)
    return table


def _commented_table(values: Mapping[str, Any], meanings: Mapping[str, str]) -> Table:
    """A table with what its keys mean, and those of the tables in it."""
    import tomlkit

    table = tomlkit.table()
    for name, value in values.items():
        if value is None:
            continue
        table.add(name, _commented_table(value, meanings) if isinstance(value, dict) else value)
        if name in meanings and not isinstance(value, dict):
            table[name].comment(meanings[name])
            table[name].trivia.comment_ws = "  "
    return table


class MeasuredApart(BaseModel):
    """What a technology's file has beside its coefficients, whichever components these are of."""

    model_config = ConfigDict(frozen=True)

    wires: Wires | None = None
    energy: Energies | None = None
    fit: dict[str, FitError] = {}


def measured_apart(name: str) -> MeasuredApart:
    """What no calibration measures of the shipped technology ``name``; nothing where there is none."""
    file = resources.files("costmodel") / "technologies" / f"{name}.toml"
    return MeasuredApart.model_validate(tomllib.loads(file.read_text("utf-8")) if file.is_file() else {})


def shipped_technologies() -> tuple[str, ...]:
    """Names that ``load_technology`` knows without a path.

    >>> "asap7" in shipped_technologies()
    True
    """
    folder = resources.files("costmodel") / "technologies"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def ships_cells(name: str) -> bool:
    """Whether the cells of the shipped technology ``name`` are part of this package too."""
    return (resources.files("costmodel") / "technologies" / f"{name}.cells.json").is_file()


def load_technology(name: str | Path) -> Technology:
    """The shipped technology ``name``, or that of a file.

    Raises ``TechnologyError`` in one line where there is none or it is not one.

    >>> load_technology("asap7").name
    'asap7'
    """
    if isinstance(name, str) and name in shipped_technologies():
        return _shipped(name)
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and len(path.parts) == 1:
        raise TechnologyError(
            f"technology {name!r} is unknown: {instead(name, shipped_technologies())}; "
            "the path of a file ends in .toml"
        )
    try:
        return Technology.parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise TechnologyError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise TechnologyError(f"{path}: not a text file, TOML is expected") from None


@lru_cache
def _shipped(name: str) -> Technology:
    file = resources.files("costmodel") / "technologies" / f"{name}.toml"
    return Technology.parse(file.read_text(encoding="utf-8"), name)
