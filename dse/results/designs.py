"""A design as it is written: a row of keys and metrics, and the core that it is of."""

from __future__ import annotations

import json
from typing import Any

from costmodel.representative import nested
from dse.spec.space import CONFIG_KEYS
from dse.spec.system import SYSTEM_KEYS, system_default
from generator.config import CoreConfig

Row = dict[str, Any]


def core_of(row: Row) -> CoreConfig:
    """The design as a configuration."""
    values = {key: row[key] for key in CONFIG_KEYS if row.get(key) is not None}
    return CoreConfig.parse(nested(values))


def core_toml(row: Row) -> str:
    """The design as a core file; how cores are put to work stands above it, in comments."""
    system = "".join(f"# {key} = {json.dumps(value)}\n" for key, value in system_of(row).items())
    return f"# One core of a design with\n{system}{core_of(row).to_toml()}"


def system_of(row: Row) -> dict[str, Any]:
    """How the design's cores are put to work, where that is not the default; the clock (MHz) in any case."""
    told = {"clock_mhz"} | ({"split"} if row["cores"] > 1 else set())
    values = {key: row[key] for key in SYSTEM_KEYS if key in told or row[key] != system_default(key)}
    if row["cores"] == 1:
        values.pop("split", None)
    return values | {"clock_mhz": float(f"{row['clock_mhz']:.5g}")}
