"""Transitions of nets by our simulator and by Icarus Verilog: the same netlist, delays and stimulus."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costmodel.power.circuit import Circuit
from costmodel.power.delays import Delays
from costmodel.power.simulator import LANES, Numbers, Simulation, Words
from tests.costmodel.power.conftest import CLOCK_PS, Bench

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog")


class Recorded(Simulation):
    """A simulation that notes what it was given."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.given: list[tuple[Numbers, Words]] = []
        self.first_measured = 0

    def cycle(self, nets: Numbers, words: Words, measured: bool = False) -> None:
        self.given.append((nets, words))
        if not self.cycles:
            self.first_measured = len(self.given) - 1
        super().cycle(nets, words, measured)


def expression(function: str, nets: dict[str, str]) -> str:
    """A function as Liberty writes it, over Verilog's nets."""
    named = re.sub(r"[A-Za-z]\w*", lambda match: nets[match[0]], function)
    return named.translate(str.maketrans("*+!", "&|~"))


def same_for_inputs(circuit: Circuit, delays: Delays) -> Delays:
    """The delays with each gate's first for all of its inputs: what a continuous assignment can have."""
    starts = np.cumsum([0, *(len(gate.pins) for gate in circuit.gates)])
    first = np.repeat(starts[:-1], np.diff(starts))
    return replace(delays, gates=delays.gates[first])


def netlist(simulation: Recorded) -> str:
    """The circuit as Verilog: continuous assignments with the simulation's delays."""
    circuit, delays = simulation.circuit, simulation.delays
    lines, place = [], 0
    for gate in circuit.gates:
        nets = {pin: f"n[{net}]" for pin, net in zip(gate.pins, gate.inputs, strict=True)}
        logic = expression(circuit.kinds[gate.cell].pins[gate.output_pin].function or "", nets)
        rise, fall = delays.gates[place] if gate.pins else (0, 0)
        place += len(gate.pins)
        lines.append(f"assign #({rise}, {fall}) n[{gate.output}] = {logic};")
    for number, (flop, (rise, fall)) in enumerate(zip(circuit.flops, delays.flops, strict=True)):
        (data,), (output,) = flop.data, flop.outputs
        state = circuit.kinds[flop.cell].flip_flop
        assert state is not None
        stored = expression(state.next_state, {flop.kind.data[0]: f"n[{data}]"})
        inverted = "~" if flop.kind.inverted[0] else ""
        lines.append(f"reg q{number} = 0; always @(posedge clock) q{number} <= {stored};")
        lines.append(f"assign #({rise}, {fall}) n[{output}] = {inverted}q{number};")
    return "\n".join(lines)


def driver(simulation: Recorded, period: int) -> str:
    """Applies what the first lane was given, and dumps nets from the first measured cycle on."""
    driven = sorted({int(net) for nets, _ in simulation.given for net in nets})
    lines = [f"assign n[{net}] = v{net};" for net in driven]
    lines += [f"reg v{net} = 0;" for net in driven]
    steps = []
    for cycle, (nets, words) in enumerate(simulation.given):
        changes: dict[int, list[str]] = {}
        for net, word in zip(nets.tolist(), words.tolist(), strict=True):
            value = word & 1
            at = int(simulation.delays.arrival[net, 0 if value else 1])
            changes.setdefault(cycle * period + at, []).append(f"v{net} = {value};")
        steps += sorted(changes.items())
    edges = [(cycle * period, ["clock = 1;"]) for cycle in range(1, len(simulation.given))]
    edges += [(cycle * period + period // 2, ["clock = 0;"]) for cycle in range(len(simulation.given))]
    start = simulation.first_measured * period
    now, body = 0, []
    for time, statements in sorted([*steps, *edges, (max(0, start - 1), ["$dumpvars(0, n);"])]):
        body.append(f"#{time - now} {' '.join(statements)}")
        now = time
    return "\n".join(
        [
            *lines,
            'initial begin $dumpfile("waves.vcd");',
            *body,
            f"#{period} $finish; end endmodule",
        ]
    )


def transitions(vcd: str, nets: int, start: int) -> np.ndarray:
    """Of each bit of the one vector that is dumped how often it changes after ``start``."""
    counts, last, time = np.zeros(nets, dtype=np.int64), "", 0
    for line in vcd.splitlines():
        if line.startswith("#"):
            time = int(line[1:])
        elif line.startswith("b"):
            bits = line[1:].split()[0]
            bits = bits.rjust(nets, "0" if bits[0] in "01" else bits[0])
            if last and time >= start:
                for i, (old, new) in enumerate(zip(last, bits, strict=True)):
                    if old != new:
                        counts[nets - 1 - i] += 1
            last = bits
    return counts


def test_transitions_are_those_of_icarus(bench: Bench, tmp_path: Path) -> None:
    meter = bench.meter
    circuit, delays = meter.circuit, same_for_inputs(meter.circuit, meter.delays)
    with Recorded(circuit, delays, CLOCK_PS / 2) as simulation:
        meter.testbench(bench.alike).run(simulation)
        ours = (simulation.rises + simulation.falls) // LANES
        period = 2 * int(meter.timing.delay_ps) + 100
        source = [
            f"`timescale 1ps/1ps\nmodule bench; wire [{circuit.nets - 1}:0] n; reg clock = 0;",
            f"assign n[0] = 0; assign n[{circuit.one}] = 1;",
            netlist(simulation),
            driver(simulation, period),
        ]
        start = simulation.first_measured
    (tmp_path / "design.v").write_text("\n".join(source))
    subprocess.run(
        ["iverilog", "-g2012", "-s", "bench", "-o", "design.vvp", "design.v"], cwd=tmp_path, check=True
    )
    subprocess.run(["vvp", "design.vvp"], cwd=tmp_path, check=True, capture_output=True)
    theirs = transitions((tmp_path / "waves.vcd").read_text(), circuit.nets, start * period)
    assert ours.sum() > 1000
    assert np.abs(ours - theirs).sum() <= 0.001 * ours.sum()
