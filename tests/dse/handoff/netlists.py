"""A hand-off whose Verilog is the netlist of its core in an FPGA's cells, as Yosys' models have these."""

from __future__ import annotations

from pathlib import Path

from tests.yosys import yosys

MODELS = {"ecp5": "+/lattice/cells_sim_ecp5.v", "xcup": "+/xilinx/cells_sim.v"}


def put_netlist(directory: Path, top: str, netlist: str, fabric: str) -> None:
    """Has ``directory``, a hand-off of ``top``, simulate ``netlist`` in place of the core's own Verilog."""
    mapped = directory / "mapped.v"
    mapped.write_text(netlist)
    yosys(
        directory,
        [
            f"read_verilog -overwrite {MODELS[fabric]}",
            f"read_verilog -overwrite {mapped.name}",
            f"hierarchy -check -top {top}",
            "proc",
            "flatten",
            "opt_clean -purge",
            "write_verilog -noattr netlist.v",
        ],
    )
    (directory / f"{top}.f").write_text("netlist.v\n")
