"""Fits a technology's memories to its macros, and says how far that is off on macros it has not seen."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from costmodel.price.sram import SUMMED, size_terms, time_terms
from costmodel.price.technology import FitError
from generator.errors import TernlutError
from generator.validation import one_line

Array = NDArray[np.float64]


class Macro(BaseModel):
    """A memory as its vendor describes it."""

    model_config = ConfigDict(frozen=True)

    ports: int = Field(ge=1, le=2)
    words: int = Field(ge=1)
    bits: int = Field(ge=1)
    area_um2: float = Field(gt=0)
    read_pj: float = Field(gt=0)
    write_pj: float = Field(gt=0)
    access_ps: float = Field(gt=0)


class SramFit(NamedTuple):
    """Coefficients and errors by figure."""

    coefficients: dict[str, tuple[float, ...]]
    errors: dict[str, FitError]


def read_macros(path: Path, technology: str) -> list[Macro]:
    """The macros of ``technology`` in a CSV file with a column for each field of ``Macro``.

    Raises ``TernlutError`` where it has none, or a figure of one is missing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("technology", technology) == technology]
    if not rows:
        raise TernlutError(f"{path}: has no macros of {technology}")
    try:
        return [Macro.model_validate(row) for row in rows]
    except ValidationError as error:
        raise TernlutError(f"{path}: {one_line(error, Macro)}") from None


def fit_sram(macros: Sequence[Macro]) -> SramFit:
    """The model's coefficients for ``macros``, and its errors on each of them when fitted to all others.

    Relative errors are squared, so that small macros count as much as large ones.
    """
    ports, words, bits = (np.array([getattr(m, name) for m in macros]) for name in ("ports", "words", "bits"))
    sizes, times = size_terms(words, bits, ports), time_terms(words, bits, ports)
    coefficients, errors = {}, {}
    for name in (*SUMMED, "access_ps"):
        figures = np.array([getattr(macro, name) for macro in macros])
        terms, solve, value = (sizes, _relative, _sum) if name in SUMMED else (times, _logarithmic, _power)
        coefficients[name] = tuple(float(c) for c in solve(terms, figures))
        off = 100 * np.abs(_left_out(terms, figures, solve, value) / figures - 1)
        errors[name] = FitError(
            points=len(macros), median_percent=float(np.median(off)), max_percent=float(off.max())
        )
    return SramFit(coefficients, errors)


def _left_out(
    terms: Array, figures: Array, solve: Callable[[Array, Array], Array], value: Callable[[Array], Array]
) -> Array:
    """For each macro what the model says of it that is fitted to all others."""
    kept = ~np.eye(len(figures), dtype=np.bool_)
    said = [value(t @ solve(terms[k], figures[k])) for t, k in zip(terms, kept, strict=True)]
    return np.array(said)


def _relative(terms: Array, figures: Array) -> Array:
    return np.asarray(np.linalg.lstsq(terms / figures[:, None], np.ones(len(figures)), rcond=None)[0])


def _logarithmic(terms: Array, figures: Array) -> Array:
    return np.asarray(np.linalg.lstsq(terms, np.log(figures), rcond=None)[0])


def _sum(total: Array) -> Array:
    return total


def _power(total: Array) -> Array:
    return np.asarray(np.exp(total))
