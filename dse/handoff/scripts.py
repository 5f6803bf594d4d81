"""Synthesis scripts of a hand-off, and LibreLane's configuration, from RTL to layout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dse.handoff.prices import Price
from dse.handoff.templates import text_of

SCRIPTS = ("yosys.tcl", "genus.tcl", "dc.tcl")
PDKS = {"pdk::sky130*": "sky130hd", "pdk::ihp-sg13g2*": "sg13g2"}
"""LibreLane's names for process kits, and the technologies that price them."""
EASE = 2.0
"""The clock period to begin with, in the shortest that the model expects before placement and wires."""


def script_files(top: str) -> dict[str, str]:
    """Path below ``synth/`` → text."""
    return {name: text_of(f"synth/{name}", TOP=top) for name in SCRIPTS}


def librelane(top: str, modules: Sequence[str], prices: Mapping[str, Price]) -> str:
    """The text of ``config.json`` for LibreLane (https://librelane.readthedocs.io)."""
    periods = {name: max(1.0, round(EASE * price.delay_ps / 1000, 1)) for name, price in prices.items()}
    config = {
        "meta": {"version": 2, "flow": "Classic"},
        "DESIGN_NAME": top,
        "VERILOG_FILES": [f"dir::{name}.v" for name in modules],
        "CLOCK_PORT": "aclk",
        "CLOCK_PERIOD": max(periods[technology] for technology in PDKS.values()),
        "PNR_SDC_FILE": "dir::constraints.sdc",
        "SIGNOFF_SDC_FILE": "dir::constraints.sdc",
        "FP_CORE_UTIL": 40,
        **{pdk: {"CLOCK_PERIOD": periods[technology]} for pdk, technology in PDKS.items()},
    }
    return json.dumps(config, indent=2) + "\n"
