"""Designs in words: everything that tells a design from the others of its space, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from dse.presentation.phrases import counted, listing
from dse.pricing.kinds import Kind
from dse.spec.memory import NO_MEMORY
from dse.spec.scenarios import TECHNOLOGY
from generator.alphabets import Symmetry
from generator.config import Architecture, Dataflow, KeyPacking, ReductionStructure
from generator.table_store import TableStore

Row = Mapping[str, Any]

TILE = ("group_size", "tables", "columns", "rows", "dataflow", "outputs")
"""Keys that ``tile`` tells of, always."""

PLAIN = ("architecture", TECHNOLOGY, "dram", "activation", "dataflow")
"""Keys whose values say by themselves what they are of."""

NUMBER = ("activation", "datapath", "aligned_bits")
"""Keys that ``number`` tells of."""

OTHERS: Mapping[str, Callable[[Any], str]] = {
    "rounding": lambda value: "rounded to nearest" if value == "nearest" else f"rounding by {value}",
    "accumulation": lambda value: f"accumulated in {value}",
    "symmetric": lambda value: "symmetric" if value else "",
    "fetch": lambda value: f"{value} fetch",
    "reduction": lambda value: _summed(value),
    "key_packing": lambda value: _packed(value),
    "clock_gating": lambda value: "gated clocks" if value else "",
    "subnormals": lambda value: "" if value else "without subnormals",
    "alphabet": lambda value: f"{value} weights",
    "weight_bits": lambda value: f"weights of {counted(value, 'plane')}" if value > 1 else "",
    "scale_group": lambda value: f"a scale for every {value} weights" if value else "",
    "scale": lambda value: f"{value} scales",
    "table_depth": lambda value: f"tables {counted(value, 'addition')} deep" if value else "",
    "symmetry": lambda value: _doubled(value),
    "table_store": lambda value: _kept(value),
    "table_banks": lambda value: "one bank" if value == 1 else "",
    "max_reduction": lambda value: f"sums of {value:,}",
    "pipeline.table": lambda value: f"registered {value}",
    "pipeline.fetch": lambda value: "registered fetch" if value else "",
    "pipeline.reduction_every": lambda value: f"registers every {counted(value, 'level')}" if value else "",
    "pipeline.float_stages": lambda value: f"floats in {counted(value, 'stage')}" if value else "",
    "speed": lambda value: f"sized {value}",
    "technology": lambda value: f"in {Path(value).stem}",
    "activation_buffer": lambda value: "activations buffered" if value else "",
    "key_buffer": lambda value: "keys buffered" if value else "",
    "weights": lambda value: "weights on chip" if value == "on_chip" else "",
    "dram": lambda value: "" if value == NO_MEMORY else f"on {value}",
    "bandwidth_gb_per_s": lambda value: f"at {value:g} GB/s" if value else "",
    "engine_gmacs_per_s": lambda value: f"beside {value:g} GMAC/s" if value else "",
    "weight_bandwidth_gb_per_s": lambda value: f"{value:g} GB/s of weights" if value else "",
    "activation_bandwidth_gb_per_s": lambda value: f"{value:g} GB/s of activations" if value else "",
}
"""Words for values of other keys; empty for what goes without saying. Keys that are not here are told as
``key = value``."""


def _summed(reduction: ReductionStructure) -> str:
    match reduction:
        case "tree":
            return ""
        case "carry_save":
            return "carry-save reduction"
        case "chain":
            return "chained adders"
        case unknown:
            assert_never(unknown)


def _doubled(symmetry: Symmetry) -> str:
    match symmetry:
        case "half":
            return ""
        case "full":
            return "full tables"
        case unknown:
            assert_never(unknown)


def _kept(store: TableStore) -> str:
    match store:
        case "registers":
            return ""
        case "memory":
            return "tables in memory"
        case "port":
            return "tables made elsewhere"
        case unknown:
            assert_never(unknown)


def _packed(packing: KeyPacking) -> str:
    match packing:
        case "none":
            return ""
        case "base3":
            return "packed keys"
        case unknown:
            assert_never(unknown)


def tile(row: Row) -> str:
    """The tile of one core, and what it holds: ``group size 3, 4 tables × 16 columns``."""
    rows = f" × {row['rows']} rows" if row.get("rows", 1) != 1 else ""
    size = f"{_inputs(row)} × {counted(row['columns'], 'column')}{rows}"
    dataflow: Dataflow = row.get("dataflow") or "output_stationary"
    match dataflow:
        case "output_stationary":
            return size
        case "table_stationary":
            return f"{size}, table-stationary for {row['outputs']:,} outputs"
        case unknown:
            assert_never(unknown)


def has_groups(architecture: Architecture) -> bool:
    """Whether designs of an architecture have tables, and with them a group size."""
    match architecture:
        case "lut":
            return True
        case "select" | "multiplier":
            return False
        case unknown:
            assert_never(unknown)


def _inputs(row: Row) -> str:
    """What activations go into."""
    if has_groups(row["architecture"]):
        return f"group size {row['group_size']}, {counted(row['tables'], 'table')}"
    return counted(row["tables"], "input")


def number(row: Row) -> str:
    """The numbers that a design computes with: ``int8``, ``fp16 aligned to 12 bits``."""
    words = [str(row["activation"])]
    if row.get("datapath"):
        words.append(str(row["datapath"]))
    if row.get("aligned_bits"):
        words.append(f"to {row['aligned_bits']} bits")
    return " ".join(words)


def division(row: Row) -> str:
    """How several cores divide the work, after ``that``."""
    return f"split every layer's {row['split']}"


@dataclass(frozen=True)
class Naming:
    """How the designs of one space are told apart.

    ``varied`` are the keys that differ between its designs, in order. ``own_clock``: each runs at a clock of
    its own, so that this, too, is worth a word. ``compare`` are the keys whose values are held against
    each other.
    """

    varied: Collection[str]
    own_clock: bool
    compare: Sequence[str] = ("architecture",)

    def phrase(self, row: Row) -> str:
        """A design in a phrase: ``select, int8, 104 inputs × 24 columns, tree fetch``."""
        return ", ".join([str(row["architecture"]), self.details(row)])

    def details(self, row: Row, numbers: bool = False) -> str:
        """The same without the architecture; with ``numbers`` its number format in any case."""
        several = row.get("cores", 1) > 1
        words = [number(row)] if numbers or set(NUMBER) & set(self.varied) else []
        words.append(f"{row['cores']} cores that {division(row)}, each {tile(row)}" if several else tile(row))
        covered = {"architecture", *NUMBER, *TILE, "cores", "split", "clock_mhz"}
        for key in self.varied:
            if key not in covered and row.get(key) is not None:
                words.append(OTHERS[key](row[key]) if key in OTHERS else f"{key} = {row[key]}")
        if self.tells_clock:
            words.append(f"at {row['clock_mhz']:,.0f} MHz")
        return ", ".join(filter(None, words))

    @property
    def tells_clock(self) -> bool:
        """Whether the clock is part of a design's name."""
        return self.own_clock or "clock_mhz" in self.varied

    def group(self, kind: Kind) -> str:
        """A compared kind by itself: ``lut``, ``cores = 2``, ``lut, rows = 4``."""
        words = [self._value(key, value) for key, value in self._meant(kind)]
        return ", ".join(words) or f"no {' or '.join(self.compare)}"

    def kind(self, kind: Kind, before: str = "") -> str:
        """Cores of a compared kind: ``cheapest lut core``, ``cheapest core with cores = 2``."""
        meant = self._meant(kind)
        words = [before, *(str(value) for key, value in meant if key == "architecture"), "core"]
        others = [f"{key} = {value}" for key, value in meant if key != "architecture"]
        if others:
            words += ["with", listing(others)]
        elif not meant:
            words.append(f"without {' or '.join(self.compare)}")
        return " ".join(filter(None, words))

    def _meant(self, kind: Kind) -> list[tuple[str, Any]]:
        """The compared keys that mean something for a kind, with their values as they are told."""
        return [
            (key, _told(key, value))
            for key, value in zip(self.compare, kind, strict=True)
            if value is not None
        ]

    def _value(self, key: str, value: Any) -> str:
        alone = isinstance(value, str) and (len(self.compare) == 1 or key in PLAIN)
        return str(value) if alone else f"{key} = {value}"


def _told(key: str, value: Any) -> Any:
    """A value of a key as a file writes it; of a technology's path its name."""
    if key == TECHNOLOGY:
        return Path(value).stem
    return str(value).lower() if isinstance(value, bool) else value
