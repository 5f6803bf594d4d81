"""The delays of a circuit's gates and flip-flops, from static timing, in the simulator's quanta of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.flow.kinds import CLOCK_PIN
from costmodel.flow.static_timing import Timing
from costmodel.power.circuit import Circuit

NEVER_PS = -1e6
"""Below this a delay is that of an arc that only other cells of a family have."""
QUANTUM_PS = 1.0
"""A gate of the fastest open library takes some ten; with a quarter of it energies differ by 0.5 %."""
Quanta = NDArray[np.int32]


@dataclass(frozen=True)
class Delays:
    """Delays in quanta of ``quantum_ps``.

    ``gates`` are by gate, one after the other, and input; ``flops`` by flip-flop and output, as the circuit
    has them; both with columns for rise and fall. ``arrival`` is when a net rises and falls that a port
    drives.
    """

    quantum_ps: float
    gates: Quanta
    flops: Quanta
    arrival: Quanta

    def without(self) -> Delays:
        """No delays at all."""
        return Delays(
            self.quantum_ps, *(np.zeros_like(each) for each in (self.gates, self.flops, self.arrival))
        )


def delays_of(circuit: Circuit, timing: Timing, quantum_ps: float = QUANTUM_PS) -> Delays:
    """The delays of a circuit whose nets are those of ``timing``.

    An arc from one input to an output has one delay for each edge of the output: the mean over the input's
    edges where both may cause it.
    """
    table = _Table(timing)
    at = {name: i for i, name in enumerate(timing.graph.names)}
    number = [at[name] for name in circuit.cells]
    places = timing.library.pins
    kinds = timing.kinds
    rows: list[tuple[int, int, int]] = []
    for gate in circuit.gates:
        cell = number[gate.cell]
        pins = places[kinds[cell]]
        rows += [(cell, pins[gate.output_pin], pins[pin]) for pin in gate.pins]
    gates = table.of(rows)
    rows = []
    for flop in circuit.flops:
        cell = number[flop.cell]
        pins = places[kinds[cell]]
        rows += [(cell, pins[pin], CLOCK_PIN) for pin in flop.kind.outputs]
    flops = table.of(rows)
    arrival = timing.arrival.reshape(-1, 2)
    arrival = np.where(np.isfinite(arrival), arrival, 0.0)

    def quanta(each: NDArray[Any]) -> Quanta:
        return np.maximum(np.rint(each / quantum_ps), 0).astype(np.int32)

    return Delays(quantum_ps, quanta(gates), quanta(flops), quanta(arrival))


class _Table:
    """Delays by cell, output, input and the output's edge."""

    def __init__(self, timing: Timing) -> None:
        graph = timing.graph
        self._width = graph.pins.shape[1] + 1
        real = timing.delay > NEVER_PS
        keys = self._keys(graph.cell[real], graph.sink[real], graph.source[real], graph.end[real] % 2)
        self._known, inverse = np.unique(keys, return_inverse=True)
        count = np.bincount(inverse, minlength=len(self._known))
        total = np.bincount(inverse, timing.delay[real], minlength=len(self._known))
        self._mean = total / np.maximum(count, 1)

    def _keys(self, cell: Any, sink: Any, source: Any, edge: Any) -> NDArray[np.int64]:
        keys: NDArray[np.int64] = ((cell * self._width + sink) * self._width + source + 1) * 2 + edge
        return keys

    def of(self, rows: list[tuple[int, int, int]]) -> NDArray[np.float64]:
        """Of each cell, output and input the delays of the output's rise and fall; 0 of no such arc."""
        if not rows or not len(self._known):
            return np.zeros((len(rows), 2))
        cell, sink, source = np.array(rows, dtype=np.int64).T
        edges = []
        for edge in (0, 1):
            keys = self._keys(cell, sink, source, edge)
            place = np.minimum(np.searchsorted(self._known, keys), len(self._known) - 1)
            edges.append(np.where(self._known[place] == keys, self._mean[place], 0.0))
        return np.stack(edges, axis=1)
