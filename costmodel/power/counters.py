"""The energy of each of a circuit's counters at its slew and load, kind of cell by kind of cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.grids import Floats, Grids, Indices
from costmodel.cells.samples import ZERO, Samples
from costmodel.power.circuit import Circuit, Flop, FlopKind, Gate, GateKind
from costmodel.power.figures import KINDS

SWITCHING, INTERNAL, CLOCK, LEAKAGE = range(len(KINDS))


@dataclass(frozen=True)
class Counters:
    """Of each counter its cell, its kind among ``KINDS``, and the energy of a transition (fJ)."""

    cell: Indices
    kind: Indices
    energy: Floats


@dataclass(frozen=True)
class _Alike:
    """Gates or flip-flops of a kind: by member its cell, slews and loads; by energy which of these count."""

    cells: Indices
    slews: Floats
    loads: Floats
    slew_of: Sequence[int]
    load_of: Sequence[int]
    kinds: Sequence[int]


def counters_of(circuit: Circuit, slew: Floats, load: Floats, clock_slew: float) -> Counters:
    """The counters of a circuit, whose nets have such slews (ps) and loads (fF)."""
    every: list[Gate | Flop] = [*circuit.gates, *circuit.flops]
    first = np.cumsum([0, *(len(each.kind.energies) for each in every)])
    members: defaultdict[int, list[int]] = defaultdict(list)
    for i, each in enumerate(every):
        members[id(each.kind)].append(i)
    tables: dict[Samples, int] = {ZERO: 0}
    cell, kind, number = (np.zeros(int(first[-1]), dtype=np.intp) for _ in range(3))
    slews, loads = np.zeros(int(first[-1])), np.zeros(int(first[-1]))
    for places in members.values():
        alike = [every[i] for i in places]
        shared = alike[0].kind
        if isinstance(shared, GateKind):
            known = _gates(shared, [each for each in alike if isinstance(each, Gate)], slew, load)
        else:
            flops = [each for each in alike if isinstance(each, Flop)]
            known = _flops(shared, flops, slew, load, clock_slew)
        at = first[places][:, None] + np.arange(len(shared.energies))
        cell[at] = known.cells[:, None]
        kind[at] = known.kinds
        slews[at], loads[at] = known.slews[:, known.slew_of], known.loads[:, known.load_of]
        number[at] = [tables.setdefault(samples or ZERO, len(tables)) for samples, _ in shared.energies]
    return Counters(cell, kind, Grids(list(tables)).at(number, slews, loads))


def _gates(kind: GateKind, gates: Sequence[Gate], slew: Floats, load: Floats) -> _Alike:
    place = {pin: i for i, pin in enumerate(kind.pins)}
    count = len(kind.energies)
    return _Alike(
        cells=_numbers(gate.cell for gate in gates),
        slews=slew[_numbers(gate.inputs for gate in gates)],
        loads=load[_numbers(gate.output for gate in gates)][:, None],
        slew_of=[place[pin] for _, pin in kind.energies],
        load_of=[0] * count,
        kinds=[INTERNAL] * count,
    )


def _flops(kind: FlopKind, flops: Sequence[Flop], slew: Floats, load: Floats, clock_slew: float) -> _Alike:
    """Outputs come first, rise and fall of each; the rest are changes of pins, which have no load."""
    place = {pin: i for i, pin in enumerate((*kind.data, kind.clock))}
    outputs = 2 * len(kind.outputs)
    own = kind.energies[outputs:]
    of_clock = np.full((len(flops), 1), clock_slew)
    unloaded = np.zeros((len(flops), 1))
    return _Alike(
        cells=_numbers(flop.cell for flop in flops),
        slews=np.hstack([slew[_numbers(flop.data for flop in flops)], of_clock]),
        loads=np.hstack([load[_numbers(flop.outputs for flop in flops)], unloaded]),
        slew_of=[place[kind.clock]] * outputs + [place[pin] for _, pin in own],
        load_of=[i // 2 for i in range(outputs)] + [len(kind.outputs)] * len(own),
        kinds=[INTERNAL] * outputs + [CLOCK if pin == kind.clock else INTERNAL for _, pin in own],
    )


def _numbers(values: Iterable[Any]) -> Indices:
    return np.array(list(values), dtype=np.intp)
