"""Memories on chip: what one of so many words and bits is as large as, what an access takes and costs.

A technology's table has coefficients that were fitted to macros, and the range of sizes that they hold for. A
memory that is larger is made of several macros: side by side for its width, in banks for its depth, of which
one is accessed at a time.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from costmodel.price.technology import FitError, Technology

Array = NDArray[np.float64]

SUMMED = ("area_um2", "read_pj", "write_pj")
"""What is a sum of what words, bits and cells cost; the time of an access is a product of powers."""


def size_terms(words: ArrayLike, bits: ArrayLike, ports: ArrayLike) -> Array:
    """What area and energies are summed over: ``[..., 6]``.

    A constant, a row decoder's words, a column's bits, cells, and what a second port adds to cells and
    constant.
    """
    w, b, p = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (words, bits, ports)))
    second = p - 1
    return np.stack([np.ones_like(w), w, b, w * b, second * w * b, second], axis=-1)


def time_terms(words: ArrayLike, bits: ArrayLike, ports: ArrayLike) -> Array:
    """Logarithms that the logarithm of the time of an access is summed over: ``[..., 5]``."""
    w, b, p = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (words, bits, ports)))
    return np.stack([np.ones_like(w), np.log(w), np.log(b), np.log(w) * np.log(b), p - 1], axis=-1)


class Sram(NamedTuple):
    """A memory: µm², pJ of reading and of writing a word, and ps from the clock to its data."""

    area_um2: Array
    read_pj: Array
    write_pj: Array
    access_ps: Array


class SramTable(BaseModel):
    """Memories of a technology: ``words`` and ``bits`` are the least and the most of a macro.

    ``fit`` tells how far the model is off on each macro when it is fitted to all others; ``scaled`` says what
    is not of macros of this technology, and how it was reckoned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    scaled: str = ""
    words: tuple[int, int]
    bits: tuple[int, int]
    ports: int = Field(ge=1, le=2)
    area_um2: tuple[float, float, float, float, float, float]
    read_pj: tuple[float, float, float, float, float, float]
    write_pj: tuple[float, float, float, float, float, float]
    access_ps: tuple[float, float, float, float, float]
    fit: dict[str, FitError] = {}

    def memory(self, words: ArrayLike, bits: ArrayLike, ports: int = 1) -> Sram:
        """Memories of ``words`` × ``bits``, arrays that broadcast, with at most as many ports as macros have.

        Where macros have one port, a memory of two is two of half the words each, which take turns.
        """
        words, bits = np.asarray(words, np.float64), np.asarray(bits, np.float64)
        turns = ports if ports > self.ports else 1
        ports = min(ports, self.ports)
        words = np.ceil(words / turns)
        beside, banks = np.ceil(bits / self.bits[1]), np.ceil(words / self.words[1])
        width = np.maximum(np.ceil(bits / beside), self.bits[0])
        depth = np.maximum(np.ceil(words / banks), self.words[0])
        sizes = size_terms(depth, width, ports)
        area, read, write = (sizes @ np.array(getattr(self, name)) for name in SUMMED)
        access = np.exp(time_terms(depth, width, ports) @ np.array(self.access_ps))
        return Sram(area * beside * banks * turns, read * beside, write * beside, access)


@cache
def sram_tables() -> dict[str, SramTable]:
    """The tables that are shipped, by the name of the technology."""
    text = (resources.files("costmodel.price") / "data" / "sram.toml").read_text(encoding="utf-8")
    return {name: SramTable.model_validate(table) for name, table in tomllib.loads(text).items()}


def sram_of(technology: Technology) -> SramTable | None:
    """The memories of a technology of cells by its name, which a variant only adds to: ``asap7-full``."""
    tables = sram_tables()
    return tables.get(technology.name, tables.get(technology.name.partition("-")[0]))
