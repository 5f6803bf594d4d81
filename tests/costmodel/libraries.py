"""Cell libraries to test with: the shipped one, and full ones where they are."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from costmodel.cells.liberty import Library
from costmodel.cells.table import CellTable
from costmodel.flow.synthesis import cache_directory, shipped_library

PATTERNS = {"asap7-full": "asap7*", "sky130hd": "sky130*", "sg13g2": "sg13g2*", "gf180mcu": "gf180mcu*"}
NAMES = ("asap7", *PATTERNS)


def library(name: str) -> Library:
    """A library by name; skips the test where it is not at hand (TERNLUT_LIBERTY names the directory)."""
    if name == "asap7":
        return shipped_library()
    named = os.environ.get("TERNLUT_LIBERTY")
    directory = Path(named) if named else Path(__file__).parents[3] / "shared" / "liberty"
    files = tuple(sorted(directory.glob(f"{PATTERNS[name]}.lib.gz"))) if directory.is_dir() else ()
    if not files:
        pytest.skip(f"no files of {name}: set TERNLUT_LIBERTY to the directory that holds them")
    return Library.of(files, name)


@cache
def cells(name: str) -> CellTable:
    """The cells of a library."""
    return library(name).table(cache_directory())
