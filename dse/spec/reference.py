"""A design of one's own that a sweep holds its answer against, whether or not the space has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from costmodel.price.representative import CONFIG_KEYS
from dse.spec.axes import SpecError, flat
from dse.spec.system import SYSTEM_KEYS
from generator.config import load_core
from generator.errors import TernlutError, instead

KNOWN = ("name", "core", *CONFIG_KEYS, *SYSTEM_KEYS)


def read_reference(where: str, table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The dotted keys of the design that ``table`` describes, with its ``name``.

    ``core`` is a core file, from ``folder``; other keys are a core's, or say how cores are put to work, and
    go before those of the file. Raises ``SpecError`` that begins with ``where``.
    """
    stated = flat(table)
    for key in stated:
        if key not in KNOWN:
            raise SpecError(f"{where}: unknown key 'reference.{key}': {instead(key, KNOWN)}")
    keys: dict[str, Any] = {"name": "reference"}
    if (core := stated.pop("core", None)) is not None:
        if not isinstance(core, str):
            raise SpecError(f"{where}: reference.core = {core!r}: the path of a core file is expected")
        try:
            config, target = load_core(folder / core, [])
        except TernlutError as error:
            raise SpecError(f"{where}: reference.core: {error}") from None
        keys |= {key: value for key, value in flat(config.model_dump()).items() if value is not None}
        keys |= {} if target.clock_mhz is None else {"clock_mhz": target.clock_mhz}
    keys |= stated
    if not isinstance(keys["name"], str) or not keys["name"]:
        raise SpecError(f"{where}: reference.name = {keys['name']!r}: a few words are expected")
    missing = [key for key in ("tables", "columns") if key not in keys]
    if missing:
        raise SpecError(f"{where}: reference.{missing[0]} is missing: give it, or a core file, core = …")
    return keys
