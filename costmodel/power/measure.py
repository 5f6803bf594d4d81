"""Measures a mapped netlist: three runs of one stimulus, and what they take by part and kind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from costmodel.cells.powers import PowerTable
from costmodel.cells.table import CellTable
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.regions import cell_names
from costmodel.flow.static_timing import IDEAL, Timing, Wires
from costmodel.power.circuit import circuit_of
from costmodel.power.delays import delays_of
from costmodel.power.energies import CellEnergies, TransitionEnergies
from costmodel.power.errors import PowerError
from costmodel.power.figures import CLOCK_TREE, KINDS, Energy, MeasuredEnergy
from costmodel.power.simulator import LANES, Simulation
from costmodel.power.stimulus import Run, Stimulus, Testbench

INERTIAL, LENIENT = 1.0, 0.5
"""Shares of a gate's delay that a pulse has to last to leave it."""
SAMPLE = 4
"""The lenient run is of one cycle in so many, the first ones: it takes longest, and is there for a ratio."""


@dataclass(frozen=True)
class Powered:
    """A mapped netlist with its library: a module in Yosys' JSON form, cells, energies, and wires."""

    module: dict[str, Any]
    table: CellTable
    powers: PowerTable
    wires: Wires = IDEAL


class Meter:
    """A netlist made ready to be measured.

    Raises ``PowerError`` where it cannot be simulated, ``TimingError`` where it has no timing.
    """

    def __init__(self, powered: Powered) -> None:
        self.powered = powered
        module, table = powered.module, powered.table
        for name in sorted({cell["type"] for cell in module["cells"].values()}):
            power = powered.powers.cells.get(name)
            if table.cells[name].inputs and (power is None or not power.pins):
                raise PowerError(f"cell {name}: its library states no internal_power; it cannot be measured")
        surrounded = with_neighbours(module, table)
        self.timing = Timing(Graph(surrounded, Library(table)), powered.wires)
        graph = self.timing.graph
        numbers = dict(graph.numbers)
        for port in module["ports"].values():
            for bit in port["bits"]:
                if not isinstance(bit, str):
                    numbers.setdefault(bit, len(numbers) + 2)
        self.circuit = circuit_of(module, table, powered.powers, numbers, len(numbers) + 2)
        self.delays = delays_of(self.circuit, self.timing)
        self.energies = TransitionEnergies(self.circuit, self.timing, table, powered.powers)

    def simulation(self, clock_ps: float, pulse_filter: float | None = INERTIAL) -> Simulation:
        """A run with a pulse filter, or with None of it without any delays."""
        if pulse_filter is None:
            return Simulation(self.circuit, self.delays.without(), clock_ps / 2)
        return Simulation(self.circuit, self.delays, clock_ps / 2, pulse_filter)

    def testbench(self, stimulus: Stimulus) -> Testbench:
        return Testbench(self.circuit, self.powered.module["ports"], stimulus)

    def part_of_cells(self, part_of: Callable[[str], str]) -> list[str]:
        """The part of each cell, by the name of a net that it leads to."""
        belongs = cell_names(self.powered.module, self.powered.table)
        return [part_of(belongs[name]) for name in self.circuit.cells]

    @property
    def area_um2(self) -> float:
        return sum(kind.area for kind in self.circuit.kinds)


def measure(
    meter: Meter,
    stimulus: Stimulus,
    clock_ps: float,
    macs_per_beat: float,
    part_of: Callable[[str], str],
    check: Callable[[Run], None],
    record: Callable[[Simulation], None] | None = None,
) -> MeasuredEnergy:
    """What a netlist takes.

    ``macs_per_beat`` are what a counted beat does, ``part_of`` tells a cell's part by the name of a net, and
    ``check`` raises where results are wrong; it is asked after every run. ``record`` is shown the timed run.
    """
    parts, powers = meter.part_of_cells(part_of), meter.powered.powers
    sample = max(1, stimulus.cycles // SAMPLE)

    def energy(simulation: Simulation) -> Energy:
        return by_part(meter.energies.of(simulation, clock_ps), parts)

    def whole(pulse_filter: float | None) -> tuple[Energy, Energy, Run]:
        """The energy of a run, that of its first cycles, and what came out."""
        first: list[Energy] = []
        with meter.simulation(clock_ps, pulse_filter) as simulation:

            def watch(_: int) -> None:
                if simulation.cycles == sample and not first:
                    first.append(energy(simulation))

            run = meter.testbench(stimulus).run(simulation, watch)
            check(run)
            if record is not None and pulse_filter is not None:
                record(simulation)
            return energy(simulation), first[0], run

    def sampled(pulse_filter: float) -> Energy:
        """The energy of the first cycles."""
        with meter.simulation(clock_ps, pulse_filter) as simulation:
            meter.testbench(stimulus).run(simulation, lambda _: simulation.cycles >= sample)
            return energy(simulation)

    with ThreadPoolExecutor(3) as pool:  # What takes long is native code.
        runs = [pool.submit(whole, pulse_filter) for pulse_filter in (INERTIAL, None)]
        of_sample = pool.submit(sampled, LENIENT).result()
        (timed, first, run), (zero_delay, _, _) = (each.result() for each in runs)
    return MeasuredEnergy(
        timed=timed,
        lenient=of_sample.times(timed.total_fj / first.total_fj),
        zero_delay=zero_delay,
        macs_per_cycle=run.counted * macs_per_beat / run.cycles,
        clock_ps=clock_ps,
        cycles=run.cycles,
        lanes=LANES,
        cells=len(meter.circuit.cells),
        flip_flops=len(meter.circuit.flops),
        area_um2=meter.area_um2,
        voltage=powers.voltage,
        delay_ps=meter.timing.delay_ps,
        clock_buffers=meter.energies.tree_buffers,
    )


def by_part(energies: CellEnergies, parts: list[str]) -> Energy:
    """The energies of cells, added by their parts, and the clock tree."""
    sums: dict[str, dict[str, float]] = {}
    for part, row in zip(parts, energies.by_cell.tolist(), strict=True):
        kinds = sums.setdefault(part, dict.fromkeys(KINDS, 0.0))
        for kind, energy in zip(KINDS, row, strict=True):
            kinds[kind] += energy
    if energies.tree_fj:
        sums[CLOCK_TREE] = dict.fromkeys(KINDS, 0.0) | {"clock": energies.tree_fj}
    return Energy(sums, energies.toggles)
