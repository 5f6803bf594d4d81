"""FPGA fabrics and devices: how synthesis reaches a fabric, what its cells take up, and what devices have.

A fabric's cells are counted in ``RESOURCES``. Every lookup table that a core takes up is one LUT, whatever it
is used for: logic, the sums of a carry chain where these sit in LUTs, or memory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.errors import TernlutError, instead

RESOURCES: Mapping[str, str] = {
    "lut": "lookup tables, those in carry chains and memories among them",
    "ff": "flip-flops",
    "carry": "cells of carry chains",
    "lutram": "lookup tables that are memories",
    "bram": "block RAMs",
    "uram": "large RAMs: UltraRAM, SPRAM, LRAM",
    "dsp": "multiplier blocks",
}
"""What a device has, and a core takes up of it."""

Uses = Mapping[str, float]
"""How much of each resource one cell takes up."""

LUT, FLIP_FLOP, BLOCK_RAM, LARGE_RAM, MULTIPLIER = (
    {name: 1.0} for name in ("lut", "ff", "bram", "uram", "dsp")
)


class FabricError(TernlutError):
    """There is no such fabric or device."""


SYNTHESIZED = "+&st;&syn3;&syn4;&dch,-f;&if,{W},{D},-v"
COMPRESSED = "+&scorr;&sweep;&dc2;&dch,-f,-r;&if,{W},{D},-v"
"""What ABC does: an AIG of few nodes, with choices, mapped. Which way there makes fewer lookup tables depends
on how many inputs these have. Yosys' last step, ``&mfs``, takes most of a large core's time and changes
nothing between carry chains."""


@dataclass(frozen=True)
class Fabric:
    """A family of FPGAs.

    ``begin`` are Yosys' passes that read its cells, ``blocks`` those that read its multipliers and memories,
    ``synth`` is the one that maps to them, and ``rewrites`` are maps of ours, which its words go through;
    where ``chooses_operands``, adders' operands change places as suits the chains. ``script`` is ABC's.
    ``labels`` are steps of that one: where it starts, where words that multiply or store are still such,
    where memories are mapped, what follows them, and where it ends.

    ``cells`` are patterns of cells with what they take up: the first that matches counts, cells that none
    matches are wires or constants. ``placer`` is nextpnr's name for the fabric, None where it places no core
    by itself: ``timed_by`` says what does. Estimates before placement, where there are any, take ``wire_ps``
    for a wire and have the delays of cells from ``models``, a file of Yosys. ``table_inputs``: those of its
    lookup tables.
    """

    name: str
    title: str
    begin: tuple[str, ...]
    synth: str
    labels: tuple[str, str, str, str, str]
    cells: tuple[tuple[str, Uses], ...]
    blocks: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    chooses_operands: bool = False
    script: str = SYNTHESIZED
    placer: str | None = None
    timed_by: str = "nextpnr, with the pins of a board"
    models: str = ""
    wire_ps: float | None = None
    table_inputs: Literal[4, 6] = 4

    @property
    def flow(self) -> tuple[object, ...]:
        """All that what comes out of a synthesis depends on."""
        rewrites = [_data(name) for name in self.rewrites]
        maps = self.begin, self.blocks, rewrites, self.chooses_operands, self.script
        return *maps, self.synth, self.labels, self.models, self.wire_ps

    def uses(self, cell: str) -> Uses:
        """What one ``cell`` takes up."""
        return next((uses for pattern, uses in self.cells if re.fullmatch(pattern, cell)), {})

    def counted(self, cells: Mapping[str, int]) -> dict[str, float]:
        """What so many ``cells`` of each kind take up together."""
        total = dict.fromkeys(RESOURCES, 0.0)
        for cell, count in cells.items():
            for resource, each in self.uses(cell).items():
                total[resource] += count * each
        return total


def _memory(luts: float) -> Uses:
    return {"lut": luts, "lutram": luts}


_XILINX_CELLS: tuple[tuple[str, Uses], ...] = (
    ("LUT[1-6]|INV|LUT6_2", LUT),
    ("FD[CPRS]E(_1)?|LD[CP]E", FLIP_FLOP),
    ("CARRY4", {"carry": 1}),
    ("CARRY8", {"carry": 2}),
    ("SRL16E|SRLC16E|SRLC32E|RAM32X1S|RAM64X1S", _memory(1)),
    ("RAM32X1D|RAM64X1D|RAM128X1S", _memory(2)),
    ("RAM32M|RAM64M|RAM128X1D|RAM256X1S", _memory(4)),
    ("RAM32M16|RAM64M8|RAM512X1S|RAM256X1D", _memory(8)),
    ("RAMB18E[12]", {"bram": 0.5}),
    ("RAMB36E[12]", BLOCK_RAM),
    ("URAM288", LARGE_RAM),
    ("DSP48E[12]", MULTIPLIER),
)


def _xilinx(family: str, title: str) -> Fabric:
    return Fabric(
        family,
        title,
        (
            "read_verilog -lib -specify +/xilinx/cells_sim.v",
            "hierarchy -check -top {top}",
        ),
        f"synth_xilinx -family {family} -abc9 -flatten -noiopad -noclkbuf"
        + (" -uram" if family == "xcup" else ""),
        ("prepare", "map_dsp", "map_memory", "map_ffram", "check"),
        _XILINX_CELLS,
        blocks=("read_verilog -lib +/xilinx/cells_xtra.v",),
        rewrites=("carry_in.v",),
        chooses_operands=True,
        table_inputs=6,
        script=COMPRESSED,
        timed_by="Vivado",
        models="xilinx/cells_sim.v",
        wire_ps=300.0,
    )


_STEPS = ("begin", "map_ram", "map_ram", "map_ffram", "check")

FABRICS: Mapping[str, Fabric] = {
    fabric.name: fabric
    for fabric in (
        _xilinx("xcup", "AMD UltraScale+"),
        _xilinx("xc7", "AMD 7 series"),
        Fabric(
            "ecp5",
            "Lattice ECP5",
            (),
            # Wide multiplexers beside the lookup tables double these for speed that routing takes back.
            "synth_lattice -family ecp5 -nowidelut -top {top}",
            _STEPS,
            (
                ("LUT4", LUT),
                ("TRELLIS_FF", FLIP_FLOP),
                ("CCU2C", {"carry": 1, "lut": 2}),
                # Four tables hold 16 words of four bits; the two beside them make their write port.
                ("TRELLIS_DPR16X4", {"lut": 6, "lutram": 4}),
                ("DP16KD|PDPW16KD", BLOCK_RAM),
                ("MULT18X18D", MULTIPLIER),
            ),
            placer="ecp5",
        ),
        Fabric(
            "ice40",
            "Lattice iCE40",
            (),
            "synth_ice40 -abc9 -dsp -spram -device u -top {top}",
            _STEPS,
            (
                ("SB_LUT4", LUT),
                ("SB_DFF.*", FLIP_FLOP),
                ("SB_CARRY", {"carry": 1}),
                ("SB_RAM40_4K.*", BLOCK_RAM),
                ("SB_SPRAM256KA", LARGE_RAM),
                ("SB_MAC16", MULTIPLIER),
            ),
        ),
        Fabric(
            "gowin",
            "Gowin GW1N and GW2A",
            (),
            "synth_gowin -noiopads -nowidelut -top {top}",
            _STEPS,
            (
                ("LUT[1-4]", LUT),
                ("DFF.*", FLIP_FLOP),
                ("ALU", {"carry": 1, "lut": 1}),
                ("RAM16SDP4", _memory(4)),
                ("RAM16SDP2", _memory(2)),
                ("RAM16S(DP)?1", _memory(1)),
                ("(DP|SP|SDP|DPX9|SPX9|SDPX9)B?", BLOCK_RAM),
                ("MULT9X9", {"dsp": 0.5}),
                ("MULT18X18|MULTADDALU18X18|MULTALU18X18", MULTIPLIER),
                ("MULT36X36", {"dsp": 4}),
            ),
        ),
        Fabric(
            "nexus",
            "Lattice Nexus",
            (),
            "synth_lattice -family lifcl -noiopad -nowidelut -top {top}",
            _STEPS,
            (
                ("LUT4|INV", LUT),
                ("WIDEFN9", {"lut": 2}),
                ("FD1P3.*", FLIP_FLOP),
                ("CCU2", {"carry": 1, "lut": 2}),
                ("DPR16X4", {"lut": 6, "lutram": 4}),
                ("(PDP|PDPSC|DP|SP)16K(_MODE)?", BLOCK_RAM),
                ("(PDP|PDPSC|DP|SP)SC512K(_MODE)?", LARGE_RAM),
                ("MULTADDSUB9X9WIDE|MULT9X9", {"dsp": 0.5}),
                ("MULT18X18|MULTADDSUB18X18|MULTPREADD18X18", MULTIPLIER),
                ("MULT18X36|MULTADDSUB18X36", {"dsp": 2}),
                ("MULT36X36|MULTADDSUB36X36", {"dsp": 4}),
            ),
        ),
    )
}
"""The fabrics that synthesis maps to, by name."""


def fabric_of(name: str) -> Fabric:
    """The fabric ``name``; ``FabricError`` where there is none."""
    if name not in FABRICS:
        raise FabricError(f"fabric {name!r}: {instead(name, FABRICS)}")
    return FABRICS[name]


class Device(BaseModel):
    """An FPGA by the name of its board: its ``part`` of a ``fabric``, and how much of each resource it has.

    ``placer`` are nextpnr's options for the part.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    fabric: str
    part: str
    capacity: dict[str, float]
    placer: tuple[str, ...] = Field(default=())

    def shares(self, used: Mapping[str, float]) -> dict[str, float]:
        """Of each resource that is ``used`` the share of the device; infinite of what it has none of."""
        return {
            name: amount / self.capacity[name] if self.capacity[name] else float("inf") if amount else 0.0
            for name, amount in used.items()
            if name in self.capacity
        }


@cache
def devices() -> Mapping[str, Device]:
    """The devices that are known, by name."""
    return {name: Device(name=name, **table) for name, table in tomllib.loads(_data("devices.toml")).items()}


@cache
def _data(name: str) -> str:
    """The text of a file that is shipped beside this one."""
    return (resources.files("costmodel") / "cells" / "data" / name).read_text(encoding="utf-8")


def device_of(name: str, fabric: str) -> Device:
    """The device ``name``, which has to be of ``fabric``; ``FabricError`` in a line where it is not.

    >>> device_of("kv260", "xcup").capacity["uram"]
    64
    """
    known = devices()
    if name not in known:
        raise FabricError(f"device {name!r}: {instead(name, known, 'devices')}")
    if known[name].fabric != fabric:
        fitting = ", ".join(each.name for each in known.values() if each.fabric == fabric)
        raise FabricError(f"device {name} is of {known[name].fabric}: one of {fabric} is expected, {fitting}")
    return known[name]
