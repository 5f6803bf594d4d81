"""Synthesis scripts of a hand-off, and LibreLane's configuration, from RTL to layout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dse.handoff.prices import Price
from dse.handoff.templates import text_of
from generator.verilog import period_ns

SCRIPTS = ("yosys.tcl", "genus.tcl", "dc.tcl")
PDKS = {"pdk::sky130*": "sky130hd", "pdk::ihp-sg13g2*": "sg13g2"}
"""LibreLane's names for process kits, and the technologies that price them."""
UTILISATION = 40
"""Per cent of the core area that cells fill, for LibreLane to begin with."""
MARGIN = 2.0
"""The clock period to begin with, in the shortest that the model expects before placement and wires."""
FEWEST, MOST = 4, 32
"""Flip-flops that a clock gate is for at least, and at most, where clocks are gated."""
GATING = {
    "yosys.tcl": {"GATE": f"    yosys clockgate {{*}}$cells -min_net_size {FEWEST}\n"},
    "genus.tcl": {"GATE": "set_db lp_insert_clock_gating true\n"},
    "dc.tcl": {
        "GATE": f"set_clock_gating_style -minimum_bitwidth {FEWEST} -max_fanout {MOST}\n",
        "GATING": " -gate_clock",
    },
}
"""What makes a script gate clocks, by the places where that stands."""


def script_files(top: str, clock_mhz: float | None, gates_clocks: bool = False) -> dict[str, str]:
    """Path below ``synth/`` → text. Genus and Design Compiler take the clock from ``constraints.sdc``."""
    period_ps = 0 if clock_mhz is None else round(1000 * period_ns(clock_mhz))
    texts = {}
    for name in SCRIPTS:
        places = {place: text if gates_clocks else "" for place, text in GATING[name].items()}
        places |= {"PERIOD_PS": str(period_ps)} if name == "yosys.tcl" else {}
        texts[name] = text_of(f"synth/{name}", TOP=top, **places)
    return texts


def librelane(top: str, modules: Sequence[str], prices: Mapping[str, Price], clock_mhz: float | None) -> str:
    """The text of ``config.json`` for LibreLane (https://librelane.readthedocs.io).

    Without a stated clock each process kit begins with what the model expects of it.
    """
    periods = {name: max(1.0, round(MARGIN * price.delay_ps / 1000, 1)) for name, price in prices.items()}
    if clock_mhz is not None:
        periods = dict.fromkeys(prices, period_ns(clock_mhz))
    config = {
        "meta": {"version": 2, "flow": "Classic"},
        "DESIGN_NAME": top,
        "VERILOG_FILES": [f"dir::{name}.v" for name in modules],
        "CLOCK_PORT": "aclk",
        "CLOCK_PERIOD": max(periods[technology] for technology in PDKS.values()),
        "PNR_SDC_FILE": "dir::constraints.sdc",
        "SIGNOFF_SDC_FILE": "dir::constraints.sdc",
        "FP_CORE_UTIL": UTILISATION,
        **{pdk: {"CLOCK_PERIOD": periods[technology]} for pdk, technology in PDKS.items()},
    }
    return json.dumps(config, indent=2) + "\n"
