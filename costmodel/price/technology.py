"""A technology: what one unit of each component costs, and where those figures come from.

Technologies are TOML files written by ``calibrate``; those shipped are loaded by name, any other by path.
"""

from __future__ import annotations

import datetime
import math
import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS
from costmodel.speeds import Speed
from generator.errors import TernlutError, instead


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


class Technology(BaseModel):
    """Fitted coefficients: ``area_um2`` and ``delay_ps`` of one unit of each component.

    ``area_um2`` is for least area; ``medium_um2`` and ``tight_um2`` are what the same components take, with
    buffers, where a core is sized for a clock. ``delay_ps`` is as fast as can be.

    ``dont_use`` are the patterns of cells that the library was used without, ``calibration`` says which
    cores the coefficients were fitted to.

    ``fit`` tells how far the model is off on what it was fitted to: for the whole (``area``, ``delay``) and
    for each group of calibration designs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    library: str
    corner: str
    flow: str
    date: datetime.date
    versions: dict[str, str]
    area_um2: dict[str, float]
    medium_um2: dict[str, float]
    tight_um2: dict[str, float]
    delay_ps: dict[str, float]
    dont_use: tuple[str, ...] = ()
    calibration: Calibration | None = None
    fit: dict[str, FitError] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key, known in COEFFICIENTS.items():
            given = getattr(self, key)
            for name in known:
                if name not in given:
                    raise TechnologyError(f"{key}.{name} is missing")
            for name, value in given.items():
                if name not in known:
                    raise TechnologyError(f"unknown key '{key}.{name}': {instead(name, known)}")
                if not math.isfinite(value):
                    raise TechnologyError(f"{key}.{name} = {value}: a finite number is expected")
        return self

    def sized(self, speed: Speed) -> Technology:
        """The technology whose ``area_um2`` is that of cores sized for ``speed``."""
        areas = {"relaxed": self.area_um2, "medium": self.medium_um2, "tight": self.tight_um2}
        return self.model_copy(update={"area_um2": areas[speed]})

    @classmethod
    def parse(cls, text: str, where: str) -> Technology:
        """The technology that TOML ``text`` describes; ``TechnologyError`` begins with ``where``."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise TechnologyError(f"{where}: not TOML: {error}") from None
        except TechnologyError as error:
            raise TechnologyError(f"{where}: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise TechnologyError(f"{where}: {key}: {first['msg']}") from None

    def to_toml(self) -> str:
        """The file that ``parse`` reads."""
        import tomlkit

        document = tomlkit.document()
        for key in ("name", "library", "corner", "flow", "date"):
            document.add(key, getattr(self, key))
        if self.dont_use:
            document.add("dont_use", self.dont_use)
        document.add("versions", self.versions)
        if self.calibration is not None:
            document.add("calibration", self.calibration.model_dump())
        for key, known in COEFFICIENTS.items():
            table = tomlkit.table()
            for name, meaning in known.items():
                table.add(name, float(f"{getattr(self, key)[name]:.6g}"))
                table[name].comment(meaning)
                table[name].trivia.comment_ws = "  "
            document.add(key, table)
        if self.fit:
            figures = {name: fit.model_dump() for name, fit in self.fit.items()}
            document.add(
                "fit", {name: {k: _rounded(v) for k, v in fit.items()} for name, fit in figures.items()}
            )
        return tomlkit.dumps(document)


def _rounded(value: float) -> float:
    """Four digits, whole numbers as they are."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


COEFFICIENTS = {
    "area_um2": AREA_COMPONENTS,
    "medium_um2": AREA_COMPONENTS,
    "tight_um2": AREA_COMPONENTS,
    "delay_ps": DELAY_COMPONENTS,
}
"""The tables of coefficients in a technology file, and what they have to hold."""


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
            f"technology {name!r} is unknown: {instead(name, shipped_technologies())} "
            "The path of a file ends in .toml"
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
