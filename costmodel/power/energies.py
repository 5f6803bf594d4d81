"""What a simulated circuit takes: its transitions by the library's energies, by cell and by kind.

Energies are in fJ a clock cycle, a mean over lanes and measured cycles. A net's ½CV² belongs to the cell that
drives it, that of an input port's to the first cell that reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.cells.grids import Floats
from costmodel.cells.powers import PowerTable
from costmodel.cells.samples import Samples
from costmodel.cells.table import CellTable, Pin
from costmodel.flow.static_timing import Timing
from costmodel.power.circuit import Circuit, Domain
from costmodel.power.clock_tree import UNBUFFERED_SLEW_PS, buffers_over, clock_buffer
from costmodel.power.counters import CLOCK, LEAKAGE, SWITCHING, counters_of
from costmodel.power.figures import KINDS
from costmodel.power.simulator import LANES, Simulation
from costmodel.power.states import Classes


@dataclass(frozen=True)
class CellEnergies:
    """``by_cell`` in fJ a cycle, by cell and kind; ``tree_fj`` of the clock tree; toggles of nets a cycle."""

    by_cell: Floats
    tree_fj: float
    toggles: float


class TransitionEnergies:
    """The energies of a circuit's transitions, worked out once for all its runs.

    Parameters
    ----------
    circuit, timing : what was simulated, and the slews and loads in it.
    table, powers : its library.
    """

    def __init__(self, circuit: Circuit, timing: Timing, table: CellTable, powers: PowerTable) -> None:
        self.circuit, self.table, self.powers = circuit, table, powers
        padding = ((0, circuit.nets - len(timing.load)), (0, 0))
        self.load = np.pad(timing.load, padding)
        """Pins and wires at each net, in fF, for its rise and its fall; those of clocks are ours alone."""
        self._load_clocks()
        slew = timing.slew.reshape(-1, 2).mean(axis=1)
        self._slew = np.pad(slew, (0, circuit.nets - len(slew)))
        self._sinks = np.bincount([flop.domain for flop in circuit.flops], minlength=len(circuit.domains))
        for domain in circuit.domains[1:]:
            self._sinks[domain.parent] += 1
        clocked = sum(float(self.load[domain.net].mean()) for domain in circuit.domains)
        self.buffer = clock_buffer(table, powers, clocked / max(1, int(self._sinks.sum())))
        self._clock_slew = UNBUFFERED_SLEW_PS if self.buffer is None else self.buffer.slew_ps
        self._counters = counters_of(circuit, self._slew, self.load.mean(axis=1), self._clock_slew)
        self._owner = self._owners()

    def _load_clocks(self) -> None:
        """Gives clocks the pins of the circuit's cells; timing has the neighbours' at them, too."""
        domains = self.circuit.domains
        pins: list[tuple[int, Pin]] = []
        for flop in self.circuit.flops:
            pins.append((domains[flop.domain].net, self.circuit.kinds[flop.cell].pins[flop.kind.clock]))
        for domain in domains[1:]:
            kind = self.circuit.kinds[domain.cell]
            assert kind.clock_gate is not None
            pins.append((domains[domain.parent].net, kind.pins[kind.clock_gate.clock]))
        self.load[[domain.net for domain in domains]] = 0.0
        for net, pin in pins:
            self.load[net] += pin.edges or (pin.capacitance, pin.capacitance)

    @property
    def tree_buffers(self) -> int:
        """How many buffers the estimated clock tree has."""
        return sum(map(self._buffers, range(len(self.circuit.domains))))

    def _buffers(self, number: int) -> int:
        """The buffers between a clock and its pins: a gate that may drive all of them needs none."""
        domain, buffers = self.circuit.domains[number], buffers_over(int(self._sinks[number]))
        if domain.cell < 0:
            return buffers
        kind = self.circuit.kinds[domain.cell]
        drives = self.load[domain.net].max() <= kind.pins[kind.outputs[0]].most_load
        return 0 if drives else buffers

    def of(self, simulation: Simulation, clock_ps: float) -> CellEnergies:
        """What a run took. Leakage is that of a clock period."""
        circuit, volts = self.circuit, self.powers.voltage
        times = 1.0 / (LANES * max(1, simulation.cycles))
        by_cell = np.zeros((len(circuit.cells), len(KINDS)))
        counted = simulation.counters * self._counters.energy * times
        np.add.at(by_cell, (self._counters.cell, self._counters.kind), counted)
        edges = np.stack([simulation.rises, simulation.falls], axis=1)
        switching = (edges * self.load).sum(axis=1) * 0.5 * volts**2 * times
        owned = self._owner >= 0
        np.add.at(by_cell[:, SWITCHING], self._owner[owned], switching[owned])
        pulses = simulation.pulses * times
        tree = 0.0
        for number, domain in enumerate(circuit.domains):
            self._clock(by_cell, domain, float(pulses[number]), float(pulses[domain.parent]))
            if self.buffer is not None:
                tree += self._buffers(number) * float(pulses[number]) * self.buffer.pulse_fj
        # 1 nW for 1 ps is 1e-6 fJ.
        by_cell[:, LEAKAGE] = simulation.leakage / max(1, simulation.cycles) * clock_ps * 1e-6
        return CellEnergies(by_cell, tree, float(edges.sum()) * times)

    def _clock(self, by_cell: Floats, domain: Domain, pulses: float, before: float) -> None:
        """Adds what the pins at a clock take, and the cell that gates it."""
        volts = self.powers.voltage
        readers = [flop.cell for flop in self.circuit.flops if self.circuit.domains[flop.domain] is domain]
        readers += [d.cell for d in self.circuit.domains[1:] if self.circuit.domains[d.parent] is domain]
        capacitance = float(self.load[domain.net].mean())
        if readers:
            by_cell[readers, CLOCK] += pulses * capacitance * volts**2 / len(readers)
        if domain.cell >= 0:
            passed, held = self._gating(domain)
            by_cell[domain.cell, CLOCK] += passed * pulses + held * max(0.0, before - pulses)

    def _gating(self, domain: Domain) -> tuple[float, float]:
        """What a clock-gating cell takes of a pulse that it lets pass, and of one that it holds (fJ)."""
        kind = self.circuit.kinds[domain.cell]
        gate = kind.clock_gate
        assert gate is not None
        load = float(self.load[domain.net].mean())
        classes = Classes(self.powers.cells.get(kind.name))
        passed = held = 0.0
        for edge in (0, 1):
            arc = classes.of_arc(gate.output, gate.clock, edge, ())[0]
            passed += self._at(classes.classes[arc][0], load)
            # With the enable and all test pins at 0, and the output, too.
            state = classes.of_input(gate.clock, edge, (gate.enable, *gate.test, gate.output))[0]
            held += self._at(classes.classes[state][0], 0.0)
        return passed, held

    def _at(self, samples: Samples | None, load: float) -> float:
        return 0.0 if samples is None else samples.at(self._clock_slew, load)

    def _owners(self) -> NDArray[np.intp]:
        """The cell that each net's switching is counted for; -1 of constants and clocks."""
        owner = np.full(self.circuit.nets, -1, dtype=np.intp)
        for flop in reversed(self.circuit.flops):
            owner[list(flop.data)] = flop.cell
        for gate in reversed(self.circuit.gates):
            owner[list(gate.inputs)] = gate.cell
        for gate in self.circuit.gates:
            owner[gate.output] = gate.cell
        for flop in self.circuit.flops:
            owner[list(flop.outputs)] = flop.cell
        owner[[0, self.circuit.one, *(domain.net for domain in self.circuit.domains)]] = -1
        return owner
