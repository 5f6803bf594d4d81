"""Figures with a unit, as a spec may write them: ``"0.01 mm2"``, ``"1 GHz"``, ``"200 ms"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dse.spec.axes import SpecError

_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}


def _scaled(units: Mapping[str, float], base: float) -> dict[str, float]:
    return {unit: factor / base for unit, factor in units.items()}


UNITS: Mapping[str, Mapping[str, float]] = {
    "_um2": {"um2": 1.0, "µm2": 1.0, "µm²": 1.0, "mm2": 1e6, "mm²": 1e6},
    "_mhz": {"hz": 1e-6, "khz": 1e-3, "mhz": 1.0, "ghz": 1e3},
    "_seconds": _TIMES,
    "_ms": _scaled(_TIMES, 1e-3),
    "_us": _scaled(_TIMES, 1e-6),
    "_ns": _scaled(_TIMES, 1e-9),
    "_ps": _scaled(_TIMES, 1e-12),
    "_gb_per_s": {"mb/s": 1e-3, "gb/s": 1.0, "tb/s": 1e3},
    "_gmacs_per_s": {"mmac/s": 1e-3, "gmac/s": 1.0, "tmac/s": 1e3},
    "_tokens_per_second": {"tokens/s": 1.0},
    "_mb_per_token": {"kb/token": 1e-3, "mb/token": 1.0, "gb/token": 1e3, "kb": 1e-3, "mb": 1.0, "gb": 1e3},
    "_mb": {"kb": 1e-3, "mb": 1.0, "gb": 1e3},
    "_uj_per_token": {"nj/token": 1e-3, "uj/token": 1.0, "µj/token": 1.0, "mj/token": 1e3},
    "_error": {"%": 1e-2},
    "_bound": {"%": 1e-2},
    "utilisation": {"%": 1e-2},
}
"""By the end of a name: units, and what one of each is in the unit that the name stands for."""

_WRITTEN = re.compile(
    r"\s*(?P<number>[+-]?[\d_]*\.?\d+(e[+-]?\d+)?)\s*(?P<unit>[a-zµ%].*?)\s*", re.IGNORECASE
)


def in_unit(where: str, name: str, value: Any) -> Any:
    """``value`` of the key or figure ``name`` as a number, where it is text of a number and a unit.

    Raises ``SpecError`` that begins with ``where`` for a unit that ``name`` is not in. What is no such text
    is returned as it is.
    """
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    units = next((units for end, units in UNITS.items() if f"_{name}".endswith(end)), None)
    if match is None or units is None:
        return value
    factor = units.get(match["unit"].lower())
    if factor is None:
        raise SpecError(f"{where} = {value!r}: a number in {', '.join(units)} is expected")
    return float(f"{float(match['number']) * factor:.15g}")


def in_units(where: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """``table`` with numbers for text with units, in lists and ranges, too."""
    return {name: _within(f"{where}{name}", name, value) for name, value in table.items()}


def _within(where: str, name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_within(where, name, each) for each in value]
    if isinstance(value, Mapping):
        return {key: in_unit(where, name, each) for key, each in value.items()}
    return in_unit(where, name, value)
