"""What takes a hand-off onto an FPGA: Vivado's scripts, a Makefile of nextpnr, a module of LiteX, a board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dse.handoff.templates import text_of

AIM_MHZ = 100
"""The clock that the placer aims at where none is stated."""


def fpga_files(top: str, ports: Mapping[str, Mapping[str, Any]], clock_mhz: float | None) -> dict[str, str]:
    """Path below ``fpga/`` → text, of a design with ``ports`` as its manifest has them.

    LiteX has streams; a design that masters a bus gets no module for it. The demonstration on a board has the
    beats of a core in its memories; a design with buffers, whose streams are a bus's words, gets none.
    """
    buses = dict.fromkeys(bus for name in ports if (bus := bus_of(name)) is not None)
    files = {
        "vivado.tcl": text_of("fpga/vivado.tcl", TOP=top),
        "vivado_ip.tcl": text_of("fpga/vivado_ip.tcl", TOP=top, BUSES=" ".join(buses)),
        "ecp5.mk": text_of("fpga/ecp5.mk", TOP=top, MHZ=f"{clock_mhz or AIM_MHZ:g}"),
    }
    if {"n_tiles", "m_tiles"} <= ports.keys():
        if "s_axis_key_tlast" not in ports:
            files["ulx3s.py"] = text_of("fpga/ulx3s.py")
        files["litex_core.py"] = text_of(
            "fpga/litex_core.py.txt",
            TOP=top,
            **{
                name: str(ports[port]["width"])
                for name, port in {
                    "ACTIVATION": "s_axis_activation_tdata",
                    "KEY": "s_axis_key_tdata",
                    "RESULT": "m_axis_result_tdata",
                    "NTILES": "n_tiles",
                    "MTILES": "m_tiles",
                }.items()
            },
        )
    return files


def bus_of(port: str) -> str | None:
    """The bus that a port is a signal of, by its name: ``s_axis_key`` of ``s_axis_key_tdata``."""
    return port.rpartition("_")[0] if port.startswith(("s_axi", "m_axi")) else None
