"""How data goes into the page: figures to few digits, columns and programs compressed."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def packed(columns: Mapping[str, Sequence[Any]]) -> str:
    """``columns`` as base64 of gzip of JSON, a fifth of the JSON; a column of one value is that value."""
    short = {
        name: values[0] if name != "id" and all(value == values[0] for value in values) else values
        for name, values in columns.items()
    }
    return compressed(json.dumps(short, separators=(",", ":"), allow_nan=False))


def compressed(text: str) -> str:
    """``text`` as base64 of gzip."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


def compact(value: Any, digits: int = 5) -> Any:
    """Figures to five digits: what the page shows, and half the bytes. What is no finite number is null."""
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
