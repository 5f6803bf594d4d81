"""Figures and designs in a few words, the same wherever they are spoken of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dse.pricing.metrics import metric


def quantity(name: str, value: float) -> str:
    """A metric's value with its unit, to three digits or the whole number."""
    unit = metric(name).unit
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".rstrip()


def named(name: str, value: float) -> str:
    """A metric's value so that it can be told from others: with its unit, else with its name."""
    return quantity(name, value) if metric(name).unit else f"{metric(name).label} {quantity(name, value)}"


def shape(row: Mapping[str, Any]) -> str:
    """A design, or a core alone, in a phrase."""
    several = f"{row['cores']} cores that {division(row)}, each " if row.get("cores", 1) > 1 else ""
    return several + core_shape(row)


def core_shape(row: Mapping[str, Any]) -> str:
    """One core of a design: ``group size 3, 4 tables × 16 columns``."""
    group = f"group size {row['group_size']}, " if row["architecture"] == "lut" else ""
    noun = "table" if row["architecture"] == "lut" else "input"
    rows = f" × {row['rows']} rows" if row.get("rows", 1) != 1 else ""
    words = [f"{group}{counted(row['tables'], noun)} × {counted(row['columns'], 'column')}{rows}"]
    if row.get("dataflow") == "table_stationary":
        words.append(f"table-stationary for {row['outputs']} outputs")
    return ", ".join(words)


def counted(number: int, noun: str) -> str:
    """``1 table``, ``2 tables``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def division(row: Mapping[str, Any]) -> str:
    """How several cores divide the work, after ``that``."""
    return f"split every layer's {row['split']}"


def article(word: str) -> str:
    """``word`` with a or an."""
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def listing(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
