"""Gate-level simulation of a circuit with 64 stimuli side by side; the work is done by ``simulator.cpp``."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import accumulate
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.power.circuit import Circuit
from costmodel.power.delays import Delays
from costmodel.power.diagrams import Node
from costmodel.power.library import simulator_library

LANES = 64
ALL = (1 << LANES) - 1
Words = NDArray[np.uint64]
Numbers = NDArray[np.int32]


class _Arrays:
    """Lists as the arrays of one C structure, whose members are added in their order."""

    def __init__(self) -> None:
        self._fields: list[tuple[str, Any]] = []
        self._values: list[Any] = []
        self._kept: list[NDArray[Any]] = []

    def number(self, value: float, kind: Any) -> None:
        self._fields.append((f"f{len(self._fields)}", kind))
        self._values.append(value)

    def array(self, values: Any, dtype: Any = np.int32) -> NDArray[Any]:
        data = np.ascontiguousarray(values if len(values) else [0], dtype=dtype)
        self._kept.append(data)
        self.number(data.ctypes.data, ctypes.c_void_p)
        return data

    def structure(self) -> ctypes.Structure:
        kind = type("Arrays", (ctypes.Structure,), {"_fields_": self._fields})
        made: ctypes.Structure = kind(*self._values)
        return made


class Simulation:
    """One run of a circuit.

    Parameters
    ----------
    circuit, delays : what is simulated.
    half_ps : half a clock period, for which the clock is high.
    pulse_filter : the share of a gate's delay that a pulse has to last to leave it.

    Attributes
    ----------
    values : by net, its settled word; bit i is lane i.
    rises, falls : by net, the transitions in measured cycles, over all lanes.
    counters : transitions of each energy, as ``Circuit`` numbers them.
    pulses : of each clock.
    ones : by net, in how many measured cycles, over all lanes, it settles at 1.
    leakage : in nW by cell, the sum over measured cycles.
    cycles : measured ones.
    """

    def __init__(self, circuit: Circuit, delays: Delays, half_ps: float, pulse_filter: float = 1.0) -> None:
        self.circuit, self.delays = circuit, delays
        self._arrays = netlist = _Arrays()
        self._results = results = _Arrays()
        for count in (circuit.nets, len(circuit.gates), len(circuit.flops), len(circuit.domains)):
            netlist.number(count, ctypes.c_int32)
        netlist.number(pulse_filter, ctypes.c_double)
        netlist.number(min(round(half_ps / delays.quantum_ps), 2**31 - 1), ctypes.c_int32)
        self.first_counters = _fill(netlist, circuit, delays)
        self.values: Words = results.array(np.zeros(circuit.nets), np.uint64)
        self.values[circuit.one] = ALL
        self.rises = results.array(np.zeros(circuit.nets), np.int64)
        self.falls = results.array(np.zeros(circuit.nets), np.int64)
        self.counters = results.array(np.zeros(self.first_counters[-1]), np.int64)
        self.pulses = results.array(np.zeros(len(circuit.domains)), np.int64)
        self.ones = results.array(np.zeros(circuit.nets), np.int64)
        self.leakage = results.array(np.zeros(len(circuit.cells)), np.float64)
        self.cycles = 0
        self._library = simulator_library()
        self._structures = netlist.structure(), results.structure()
        self._simulation = self._library.simulation_new(*map(ctypes.byref, self._structures))

    def __enter__(self) -> Simulation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.simulation_delete(self._simulation)
        self._simulation = None

    def cycle(self, nets: Numbers, words: Words, measured: bool = False) -> None:
        """One clock cycle: flip-flops take what has settled, then ports drive ``nets`` to ``words``."""
        nets, words = np.ascontiguousarray(nets, np.int32), np.ascontiguousarray(words, np.uint64)
        arrival = np.ascontiguousarray(self.delays.arrival[nets], np.int32)
        pointers = (each.ctypes.data for each in (nets, words, arrival))
        self._library.simulation_cycle(self._simulation, len(nets), *pointers, int(measured))
        self.cycles += measured

    def changes(self, net: int, lane: int = 0) -> list[float]:
        """When a net changed in the last cycle in one lane, in ps from the rising edge of the clock."""
        times = np.empty(1 << 12, dtype=np.int32)
        count = self._library.simulation_changes(self._simulation, net, lane, times.ctypes.data, len(times))
        return [float(time) * self.delays.quantum_ps for time in times[:count]]


def _fill(netlist: _Arrays, circuit: Circuit, delays: Delays) -> list[int]:
    """The circuit's arrays, in the order of the C++; the first counter of each gate and flip-flop."""
    gates, flops, domains = circuit.gates, circuit.flops, circuit.domains
    programs = _Programs()
    of_gates = [programs.number(gate.kind.diagram) for gate in gates]
    of_flops = [programs.number(flop.kind.diagram) for flop in flops]
    of_domains = [programs.number(domain.diagram) for domain in domains]
    energies = [*(gate.kind.energies for gate in gates), *(flop.kind.energies for flop in flops)]
    first = _starts(energies)
    classes = _Classes()
    gate_classes = [classes.place(gate.kind.classes) for gate in gates]
    clock_classes = [classes.place(flop.kind.clock_classes) for flop in flops]
    data_classes = [classes.place(flop.kind.data_classes) for flop in flops]
    for column in zip(*programs.nodes, strict=True) if programs.nodes else ((), (), ()):
        netlist.array(column)
    netlist.array(programs.starts)
    netlist.array([gate.output for gate in gates])
    netlist.array(of_gates)
    netlist.array(_starts(gate.inputs for gate in gates))
    netlist.array([net for gate in gates for net in gate.inputs])
    for edge in (0, 1):
        netlist.array(delays.gates[:, edge])
    netlist.array(first[: len(gates)])
    netlist.array(gate_classes)
    netlist.array(classes.every)
    netlist.array(of_flops)
    netlist.array(_starts(flop.data for flop in flops))
    netlist.array([net for flop in flops for net in flop.data])
    netlist.array([flop.domain for flop in flops])
    netlist.array(_starts(flop.outputs for flop in flops))
    netlist.array([net for flop in flops for net in flop.outputs])
    netlist.array([inverted for flop in flops for inverted in flop.kind.inverted])
    for edge in (0, 1):
        netlist.array(delays.flops[:, edge])
    netlist.array(first[len(gates) : -1])
    netlist.array(clock_classes)
    netlist.array(data_classes)
    netlist.array([domain.parent for domain in domains])
    netlist.array(of_domains)
    netlist.array(_starts(domain.inputs for domain in domains))
    netlist.array([net for domain in domains for net in domain.inputs])
    _fill_leakage(netlist, circuit)
    return first


def _fill_leakage(netlist: _Arrays, circuit: Circuit) -> None:
    tables = _Classes()
    places = [tables.place(nw) for nw in circuit.leakage_nw]
    netlist.number(len(circuit.cells), ctypes.c_int32)
    netlist.array(_starts(circuit.leakage_nets))
    netlist.array([net for nets in circuit.leakage_nets for net in nets])
    netlist.array(places)
    netlist.array(tables.every, np.float64)


def _starts(groups: Any) -> list[int]:
    return list(accumulate(map(len, groups), initial=0))


class _Programs:
    """Distinct diagrams, one after the other."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.starts = [0]
        self._numbers: dict[Sequence[Node], int] = {}

    def number(self, diagram: tuple[Node, ...]) -> int:
        if diagram not in self._numbers:
            self._numbers[diagram] = len(self._numbers)
            self.nodes += diagram
            self.starts.append(len(self.nodes))
        return self._numbers[diagram]


class _Classes:
    """Distinct tables, one after the other; an empty one is at -1."""

    def __init__(self) -> None:
        self.every: list[float] = []
        self._places: dict[Sequence[float], int] = {(): -1}

    def place(self, table: Sequence[float]) -> int:
        if table not in self._places:
            self._places[table] = len(self.every)
            self.every += table
        return self._places[table]
