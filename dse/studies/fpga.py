"""What ternary cores take in an FPGA, beside published designs: ``python -m dse.studies.fpga -o DIR``.

Cores of 24 activations and 16 outputs are synthesized to UltraScale+ and held against the model; formats are
the model's alone. Published figures are those of their authors, for what they say that they are of.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import resources
from math import ceil
from pathlib import Path
from typing import Any

from costmodel.cells.fabrics import device_of
from costmodel.fit.fabric_cores import FabricCore, synthesize_on_fabric
from costmodel.price.estimate import estimate
from dse.presentation.markdown import table
from generator.config import CoreConfig
from generator.errors import TernlutError
from generator.files import write_text
from generator.plan import plan_for

FABRIC, DEVICE = "xcup", "kv260"
TILE = {"activation": "int8", "columns": 16, "max_reduction": 8192}
STORED = {"group_size": 3, "tables": 8, "table_store": "memory", "fetch": "tree", "clock_gating": True}
HELD = {"dataflow": "table_stationary", "outputs": 512}
SELECT = {"architecture": "select", "group_size": 1, "tables": 24}
HALF = "half tables of three in LUT memory"
CORES: dict[str, dict[str, Any]] = {
    "select": {**SELECT, "reduction": "chain"},
    "tables of two in registers": {"group_size": 2, "tables": 12},
    "full tables of three in LUT memory": {**STORED, **HELD, "symmetry": "full", "table_banks": 1},
    HALF: {**STORED, **HELD, "table_banks": 2, "reduction": "chain"},
}
FORMATS = ("int4", "int8", "int12", "int16")
GROUPS = (1, 2, 3, 4)
PUBLISHED = (
    ("ternfpga: a dot product of 8, Artix-7", 233, 8, "no registers"),
    ("the same in three stages, 280 MHz", 149, 8, "registers of the stages"),
    ("TeLLMe v2, KV260, 250 MHz", 98_303, 0, "a whole system, attention included"),
)
"""Design, lookup tables, multiply-accumulates a cycle where they are known, and what is in it."""
BITS, WEIGHTS, CLOCK_MHZ = 1.6, 384, 250
"""Bits of a packed weight, and how many at which clock saturate a KV260's memory."""
PEAK_GB_PER_S = 19.2
"""Of 64 bits of DDR4 at 2,400 MT/s."""


def core_of(values: dict[str, Any]) -> CoreConfig:
    return CoreConfig.parse({**TILE, **values})


def measured(names: Sequence[str]) -> list[list[str]]:
    """A row a core: lookup tables, those that are memory, flip-flops, and what the model says."""
    rows, capacity = [], device_of(DEVICE, FABRIC).capacity["lut"]
    for name in names:
        core = core_of(CORES[name])
        used, modelled = synthesized(name).resources, estimate(core, FABRIC).cost
        lut = used["lut"]
        row = [f"{lut:,.0f}", f"{used['lutram']:,.0f}", f"{used['ff']:,.0f}"]
        row += [f"{lut / core.macs_per_cycle:.1f}", f"{plan_for(core).bits_per_weight:.2f}"]
        rows.append([name, *row, f"{lut / capacity:.1%}", f"{100 * (modelled / lut - 1):+.0f} %"])
    return rows


def synthesized(name: str) -> FabricCore:
    """One of ``CORES``, synthesized."""
    return synthesize_on_fabric(core_of(CORES[name]), FABRIC, netlist=True)


def by_format() -> list[list[str]]:
    """Modelled lookup tables for a multiply-accumulate: a row a format, a column a group size."""
    rows = []
    for activation in FORMATS:
        row = [activation]
        for group in GROUPS:
            values = SELECT if group == 1 else {"group_size": group}
            values = {**values, "tables": 24 // group, "activation": activation}
            cores = [core_of({**values, "reduction": reduction}) for reduction in ("tree", "chain")]
            fewest = min(estimate(core, FABRIC).cost for core in cores)
            row.append(f"{fewest / cores[0].macs_per_cycle:.1f}")
        rows.append(row)
    return rows


def published() -> list[list[str]]:
    """A row a design; tables for a multiply-accumulate where it is known how many there are."""
    return [
        [name, f"{lut:,}", f"{lut / macs:.1f}" if macs else "", about] for name, lut, macs, about in PUBLISHED
    ]


def report(names: Sequence[str]) -> str:
    """The study, as Markdown."""
    head = ["core", "LUT", "of them memory", "FF", "LUT/MAC", "bits a weight", "of a KV260", "model"]
    half, capacity = synthesized(HALF), device_of(DEVICE, FABRIC).capacity["lut"]
    assert half.delay_ps is not None
    lut, reached = half.resources["lut"], 1e6 / half.delay_ps
    cores = ceil(CLOCK_MHZ / reached)
    text = (resources.files("dse.studies") / "data" / "fpga.md").read_text(encoding="utf-8")
    return text.format(
        measured="\n".join(table(head, measured(names))),
        formats="\n".join(table(["activations", *(f"µ = {group}" for group in GROUPS)], by_format())),
        published="\n".join(table(["design", "LUT", "LUT/MAC", "what is in it"], published())),
        weights=WEIGHTS,
        bits=BITS,
        clock=CLOCK_MHZ,
        asked=WEIGHTS * BITS * CLOCK_MHZ / 8e3,
        peak=PEAK_GB_PER_S,
        lut=lut,
        share=lut / capacity,
        reached=reached,
        cores=cores,
        all_luts=cores * lut,
        all_share=cores * lut / capacity,
    )


def main() -> None:
    """Synthesizes the cores and writes ``README.md``."""
    parser = argparse.ArgumentParser(prog="python -m dse.studies.fpga", description=main.__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("reports/fpga"), help="folder to write into")
    parser.add_argument("--core", action="append", choices=list(CORES), help="measure these only")
    options = parser.parse_args()
    try:
        write_text(options.out / "README.md", report(options.core or list(CORES)))
    except TernlutError as error:
        parser.exit(2, f"fpga: {error}\n")


if __name__ == "__main__":
    main()
