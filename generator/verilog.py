"""Emission: a core's Verilog, one file for each distinct module, with a manifest and timing constraints.

Amaranth makes RTLIL of each block once; Yosys, which comes as a Python module, writes it as Verilog.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, assert_never

from amaranth.back import rtlil
from amaranth.lib.wiring import Signature

from generator.array import Array
from generator.axi.top import Accelerator, accelerator_ports
from generator.block import PIECE, Block, BlockKind
from generator.buffering.top import Buffered, memory_modules, top_ports
from generator.config import CoreConfig
from generator.core import Core
from generator.directory import write_directory
from generator.errors import ConfigError
from generator.meanings import activation_elements, key_code, key_order, result_element, scale_elements
from generator.plan import ArrayPlan, CorePlan, beat_bits, core_name, plan_for

PASSES = (
    "proc -noopt",
    "chtype -set $dffe t:\\$dffe",
    "chtype -set $buf t:\\$buf",
    # Memories begin undefined, as macros do.
    "delete t:$meminit*",
    "memory_collect",
    "setattr -unset init w:*",
    "opt_clean -purge",
    # Of attributes those stay that say something of a design.
    "setattr -unset keep -unset hdlname w:* c:*",
)
WIDENED = {
    "$add": 1,
    "$sub": 1,
    "$mul": 0,
    "$and": 0,
    "$or": 0,
    "$xor": 0,
    "$eq": 1,
    "$ne": 1,
    "$lt": 1,
    "$le": 1,
    "$gt": 1,
    "$ge": 1,
}
"""Cells whose operands are written in one width, and by how many bits the result may be wider."""

CLOCK_GATING = "(* clock_gating *)"
"""In front of modules whose registers have enables for clock gates; who does not know it reads past it."""

UNSTATED_MHZ = 1000.0
"""What constraints begin with where nobody states a clock."""

MOST_WIRES = 1 << 20
"""Bits of one vector at most: far beyond what tools take, and what is written in minutes."""


@dataclass(frozen=True)
class Emission:
    """The Verilog of one core: module name → text, dependencies first, the top last.

    By the same names: ``kinds``, what blocks the modules are, and ``instances``, how often each module
    instantiates each other module itself.
    """

    config: CoreConfig
    modules: dict[str, str]
    kinds: dict[str, BlockKind]
    instances: dict[str, Counter[str]]

    @property
    def plan(self) -> CorePlan:
        return plan_for(self.config)

    @property
    def top(self) -> str:
        """The AXI4-Stream core, or the array of several."""
        return list(self.modules)[-1]

    @property
    def datapath(self) -> str:
        """A core's tables, fetches, reductions and accumulators, without sequencer and streams."""
        return f"datapath_{core_name(self.config)}"

    @cached_property
    def verilog(self) -> str:
        """All modules as one text."""
        return "\n".join(self.modules.values())

    def manifest(self, clock_mhz: float | None = None) -> dict[str, Any]:
        """What the core is, for programs: configuration, clock, ports, figures, key code, versions."""
        plan = self.plan
        return {
            "top": self.top,
            "datapath": self.datapath,
            "config": self.config.model_dump(mode="json"),
            "config_digest": self.config.digest,
            "clock_mhz": clock_mhz,
            "ports": {name: {"direction": way, "width": width} for name, way, width in ports(self.plan)},
            "streams": {
                "activation": {"bits": beat_bits(plan).activation, **activation_elements(plan)},
                "key": {
                    "bits": beat_bits(plan).key,
                    "element_bits": plan.key_elements.width,
                    "order": key_order(plan),
                    **scale_elements(plan),
                },
                "result": {
                    "bits": beat_bits(plan).result,
                    "element_bits": plan.result_width,
                    "element": result_element(plan),
                    "order": f"row (0 … {self.config.rows - 1}), column (0 … {plan.columns - 1})",
                },
            },
            **({"memories": memories} if (memories := memory_modules(plan, self.kinds)) else {}),
            "key_code": key_code(plan),
            "latency_cycles": plan.latency_cycles,
            "macs_per_cycle": plan.config.macs_per_cycle,
            "bits_per_weight": plan.bits_per_weight,
            "max_n_tiles": plan.max_n_tiles,
            "versions": versions(),
        }

    def constraints(self, clock_mhz: float | None = None) -> str:
        """Synopsys design constraints: one clock, half a period for whatever is outside.

        No commands but those that every tool knows: inputs are named, as collections differ.
        """
        inputs = [
            f"{name}*" if width > 1 else name for name, way, width in ports(self.plan) if way == "input"
        ]
        delayed = " ".join(name for name in inputs if name != "aclk")
        lead = "no clock was stated, set the period" if clock_mhz is None else f"{clock_mhz:g} MHz, a period"
        return (
            f"# {self.top}: {lead} in ns.\n# CLOCK_PERIOD in the environment goes before.\n"
            f"set clock_period {period_ns(clock_mhz or UNSTATED_MHZ):.3f}\n"
            "if {[info exists ::env(CLOCK_PERIOD)]} { set clock_period $::env(CLOCK_PERIOD) }\n"
            "create_clock -name aclk -period $clock_period [get_ports aclk]\n"
            f"set_input_delay [expr {{0.5 * $clock_period}}] -clock aclk [get_ports {{{delayed}}}]\n"
            "set_output_delay [expr {0.5 * $clock_period}] -clock aclk [all_outputs]\n"
        )

    def texts(self, clock_mhz: float | None = None) -> dict[str, str]:
        """Path → text of the modules, the file list and constraints.sdc."""
        return {
            **{f"{name}.v": text for name, text in self.modules.items()},
            f"{self.top}.f": "".join(f"{name}.v\n" for name in self.modules),
            "constraints.sdc": self.constraints(clock_mhz),
        }

    def write(self, directory: Path) -> list[Path]:
        """Writes the modules, a file list, constraints.sdc and manifest.json; the paths written.

        Raises ``OutputError`` as ``write_directory`` does.
        """
        return write_directory(directory, self.manifest(), self.texts())


def period_ns(clock_mhz: float) -> float:
    """The period of a clock, to a picosecond and not longer than the clock's."""
    return math.floor(1e6 / clock_mhz + 1e-6) / 1000


def emit(config: CoreConfig) -> Emission:
    """The Verilog of ``config``. The same configuration gives the same bytes.

    Raises ``ConfigError`` for a core whose wires no tool would take.
    """
    check_wires(plan_for(config))
    top = top_of(plan_for(config))
    name_after(top, config.digest)
    blocks = distinct_blocks(top)
    written = {block.module_name: to_verilog(block) for block in blocks}
    texts = {block.module_name: headed(block, written[block.module_name].text, config) for block in blocks}
    instances = {name: made.instances for name, made in written.items()}
    texts[blocks[-1].module_name] = configuration(config) + texts[blocks[-1].module_name]
    return Emission(config, texts, {block.module_name: block.kind for block in blocks}, instances)


def headed(block: Block, text: str, config: CoreConfig) -> str:
    """The ``text`` of a block's module below what it is."""
    return f"// Ternlut: {block.summary}\n" + f"{CLOCK_GATING}\n" * config.clock_gating + text


def top_of(plan: CorePlan) -> Block:
    """The block that is emitted: a core, an array, either behind its buffers, or an accelerator."""
    match plan.config.wrapper:
        case "axi":
            return Accelerator(plan)
        case "stream":
            if plan.config.buffers.any:
                return Buffered(plan)
            return Array(plan) if isinstance(plan, ArrayPlan) else Core(plan)
        case unknown:
            assert_never(unknown)


def ports_of(plan: CorePlan) -> dict[str, Any]:
    """The ports of the block that is emitted."""
    match plan.config.wrapper:
        case "axi":
            return accelerator_ports(plan)
        case "stream":
            return top_ports(plan)
        case unknown:
            assert_never(unknown)


def check_wires(plan: CorePlan) -> None:
    """Raises ``ConfigError`` in one line where a vector of the core is wider than ``MOST_WIRES``."""
    config, beats = plan.config, beat_bits(plan)
    widths = {
        "a beat of keys": beats.key,
        "a beat of activations": beats.activation,
        "a beat of results": beats.result,
        "what the tables hold": config.rows * config.tables * plan.table_bits,
    }
    what, bits = max(widths.items(), key=lambda item: item[1])
    if bits > MOST_WIRES:
        cores = f", cores = {config.cores}" if config.cores > 1 else ""
        raise ConfigError(
            f"tables = {config.tables}, columns = {config.columns}, rows = {config.rows}{cores}: {what} "
            f"would be {bits:,} bits wide, {MOST_WIRES:,} are the most that Verilog is written for"
        )


def name_after(block: Block, digest: str) -> None:
    """Ends the names of all modules from ``block`` down in the ``digest`` of their core.

    So modules of two cores have no name in common, and both can stand in one design, whichever files they
    share in content.
    """
    for inner in block.blocks:
        name_after(inner, digest)
    if not block.module_name.endswith(digest):
        block.module_name += f"_{digest}"


def distinct_blocks(top: Block) -> list[Block]:
    """Every module under ``top`` once, a module after those it instantiates."""
    blocks: dict[str, Block] = {}
    for inner in top.blocks:
        blocks |= {block.module_name: block for block in distinct_blocks(inner)}
    blocks[top.module_name] = top
    return list(blocks.values())


class BlockVerilog(NamedTuple):
    """The Verilog of one block, and how often it instantiates each other module."""

    text: str
    instances: Counter[str]


def to_verilog(block: Block) -> BlockVerilog:
    """One block's Verilog; what it instantiates is named, not contained."""
    # Yosys is a shared library of some size: imported where it is used, to keep every other command quick.
    from pyosys import libyosys as yosys

    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "block.il", Path(scratch) / "block.v"
        source.write_text(to_rtlil(block))
        design = yosys.Design()
        with quiet():
            yosys.run_pass(f"tee -q read_rtlil {source}", design)
            join_pieces(yosys, design, block)
            for command in PASSES:
                yosys.run_pass(f"tee -q {command}", design)
            widen_operands(yosys, design)
            number_afresh(yosys, design)
            yosys.run_pass(f"tee -q write_verilog {target}", design)
        text = target.read_text()
    return BlockVerilog(text[text.index("module ") :], instances_in(design, block))


def instances_in(design: Any, block: Block) -> Counter[str]:
    """How often the netlist of ``block`` instantiates each of its blocks."""
    (module,) = design.selected_modules()
    names = {inner.module_name for inner in block.blocks}
    types = (cell.type.str().removeprefix("\\") for cell in module.selected_cells())
    return Counter(name for name in types if name in names)


def number_afresh(yosys: Any, design: Any) -> None:
    """Numbers what Yosys named anew, from 0, in the order in which it was made.

    Its own numbers go on through a process, and it writes by the alphabet, in which $100 is before $99.
    """
    (module,) = design.selected_modules()
    for kind, things in (("cell", module.selected_cells()), ("wire", module.selected_wires())):
        private = sorted((thing for thing in things if thing.name.str().startswith("$")), key=natural_order)
        for number, thing in enumerate(private):
            module.rename(thing, yosys.IdString(f"$afresh${kind}${number:06d}"))


def natural_order(thing: Any) -> list[tuple[int, str]]:
    """A key by which names sort with their numbers as numbers."""
    parts = re.split(r"(\d+)", thing.name.str())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def to_rtlil(block: Block) -> str:
    """One block's RTLIL, with placeholders for the pieces of ports that are too wide for Amaranth."""
    if not block.pieced:
        return str(rtlil.convert(block, name=block.module_name, emit_src=False))
    ports = [getattr(block, name) for name in block.signature.members]
    return str(rtlil.convert(block.with_pieces(), name=block.module_name, ports=ports, emit_src=False))


def join_pieces(yosys: Any, design: Any, block: Block) -> None:
    """Makes the placeholders for pieces of wide ports the ports that they stand for."""
    if not block.pieced:
        return
    (module,) = design.selected_modules()
    wires = {}
    for name in block.pieced:
        wires[name] = module.addWire(yosys.IdString(f"\\{name}"), block.members[name].shape)
        wires[name].port_input = True
    for cell in list(module.selected_cells()):
        kind = cell.type.str().removeprefix("\\")
        if kind.startswith(PIECE):
            bits = cell.getPort(yosys.IdString("\\bits"))
            start = cell.getParam(yosys.IdString("\\START")).as_int()
            port = yosys.SigSpec(wires[kind.removeprefix(PIECE)])
            module.connect(bits, port.extract(start, bits.size()))
            module.remove(cell)
    module.fixup_ports()


def widen_operands(yosys: Any, design: Any) -> None:
    """Writes out the sign and zero extensions that RTLIL leaves to the cells: linters want equal widths."""
    a_port, b_port, y_port = (yosys.IdString(f"\\{name}") for name in "ABY")
    for module in design.selected_modules():
        for cell in module.selected_cells():
            kind = cell.type.str()
            if kind not in WIDENED:
                continue
            a, b, y = (cell.getPort(port) for port in (a_port, b_port, y_port))
            signed = cell.getParam(yosys.IdString("\\A_SIGNED")).as_bool()
            width = max(a.size(), b.size(), y.size() - WIDENED[kind])
            for port, value in ((a_port, a), (b_port, b)):
                value.extend_u0(width, signed)
                cell.setPort(port, value)
                cell.setParam(yosys.IdString(f"{port.str()}_WIDTH"), yosys.Const(width))


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps what native code prints away from our standard output.

    C has a buffer of its own, which has to be empty whenever the descriptor changes.
    """
    flush_c = ctypes.CDLL(None).fflush
    if sys.stdout is not None:
        sys.stdout.flush()
    flush_c(None)
    saved = os.dup(1)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    try:
        yield
    finally:
        flush_c(None)
        os.dup2(saved, 1)
        os.close(saved)
        os.close(sink)


def configuration(config: CoreConfig) -> str:
    """The comment above the top module: the configuration that it was made from."""
    lines = [f"Ternlut core {config.digest}, made from this configuration:", *config.to_toml().splitlines()]
    return "".join(f"// {line}\n" for line in lines)


def ports(plan: CorePlan) -> list[tuple[str, str, int]]:
    """Name, direction ('input' or 'output') and width of the top's ports."""
    members = Signature(ports_of(plan)).members
    return [(name, f"{member.flow.name.lower()}put", member.shape) for name, member in members.items()]


def versions() -> dict[str, str]:
    """Versions of what the emitted text depends on."""
    return {name: version(name) for name in ("ternlut", "amaranth", "pyosys")}
