"""The simulator on circuits of a few gates, and runs of a core."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costmodel.fit.powered import powered_core
from costmodel.power.counters import CLOCK, INTERNAL, SWITCHING
from costmodel.power.diagrams import diagram_of, value_of
from costmodel.power.errors import PowerError
from costmodel.power.measure import INERTIAL, LENIENT, Meter
from costmodel.power.records import Waves, net_names, saif
from costmodel.power.simulator import LANES, Words
from costmodel.power.stimulus import words_of
from dse.measuring.workload import Judge
from generator.config import CoreConfig
from tests.costmodel.power.conftest import CLOCK_PS, CORE, Bench


@pytest.mark.parametrize("inputs", [0, 1, 3, 5])
def test_a_diagram_is_its_truth_table(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for _ in range(20):
        table = int.from_bytes(rng.bytes(8), "little") & ((1 << (1 << inputs)) - 1)
        diagram = diagram_of(table, inputs)
        assert [value_of(diagram, state) for state in range(1 << inputs)] == [
            table >> state & 1 for state in range(1 << inputs)
        ]


def test_without_delays_nets_change_as_their_settled_values_do(bench: Bench) -> None:
    meter = bench.meter
    settled: list[Words] = []
    with meter.simulation(CLOCK_PS) as timed:
        run = meter.testbench(bench.stimulus).run(timed, lambda _: settled.append(timed.values.copy()))
        toggles = timed.rises + timed.falls
    with meter.simulation(CLOCK_PS, None) as smooth:
        meter.testbench(bench.stimulus).run(smooth)
        changes = smooth.rises + smooth.falls
    measured = settled[-run.cycles - 1 :]
    expected = sum(np.bitwise_count(a ^ b).astype(np.int64) for a, b in itertools.pairwise(measured))
    assert changes.tolist() == np.asarray(expected).tolist()
    assert (toggles >= changes).all()
    assert ((toggles - changes) % 2 == 0).all()


def test_shorter_pulses_that_pass_make_more_transitions(bench: Bench) -> None:
    meter = bench.meter
    counts = []
    for share in (INERTIAL, LENIENT, 0.0):
        with meter.simulation(CLOCK_PS, share) as simulation:
            meter.testbench(bench.stimulus).run(simulation)
            counts.append(int((simulation.rises + simulation.falls).sum()))
    assert counts[0] < counts[1] < counts[2]


def test_each_transition_is_counted_by_one_energy(bench: Bench) -> None:
    meter = bench.meter
    with meter.simulation(CLOCK_PS) as simulation:
        meter.testbench(bench.stimulus).run(simulation)
        gates, first = meter.circuit.gates, simulation.first_counters
        for i, gate in enumerate(gates):
            of_gate = simulation.counters[first[i] : first[i + 1]].sum()
            assert of_gate == simulation.rises[gate.output] + simulation.falls[gate.output]


def test_wrong_results_are_refused(bench: Bench) -> None:
    meter, judge = bench.meter, Judge(bench.windows)
    with meter.simulation(CLOCK_PS) as simulation:
        run = meter.testbench(bench.stimulus).run(simulation)
    judge(run)
    wrong = run.results.copy()
    wrong[5, 0, 0] ^= 1
    with pytest.raises(PowerError, match="lane 5: 1 of "):
        judge(replace(run, results=wrong))


def test_fewer_streams_wait_for_ever_and_are_told(bench: Bench) -> None:
    meter = bench.meter
    starved = replace(bench.stimulus, streams=bench.stimulus.streams[:1], counted=0)
    with meter.simulation(CLOCK_PS) as simulation, pytest.raises(PowerError, match="no beat for"):
        meter.testbench(starved).run(simulation)


def test_a_cell_without_energies_is_named(bench: Bench) -> None:
    powered = bench.meter.powered
    name = bench.meter.circuit.kinds[bench.meter.circuit.gates[0].cell].name
    kept = powered.powers.only(set(powered.powers.cells) - {name})
    with pytest.raises(PowerError, match=f"^cell {name}: its library states no internal_power"):
        Meter(replace(powered, powers=kept))


@pytest.mark.parametrize("update", [{"wrapper": "axi"}, {"buffers": {"keys": 64}}])
def test_a_core_without_streams_at_its_ports_is_refused(update: dict[str, object]) -> None:
    core = CoreConfig.model_validate({**CORE.model_dump(exclude_unset=True), **update})
    with pytest.raises(PowerError, match="leave it out"):
        powered_core(core)


def test_words_hold_the_lanes_bits() -> None:
    octets = np.random.default_rng(0).integers(0, 256, size=(LANES, 3), dtype=np.uint8)
    words = words_of(octets, 20)
    for bit in range(20):
        for lane in range(0, LANES, 7):
            assert int(words[bit]) >> lane & 1 == octets[lane, bit // 8] >> bit % 8 & 1


def test_saif_is_balanced_and_its_times_add_up(bench: Bench) -> None:
    meter = bench.meter
    with meter.simulation(CLOCK_PS) as simulation:
        meter.testbench(bench.stimulus).run(simulation)
        text = saif(simulation, meter.powered.module, "top", CLOCK_PS)
        cycles = simulation.cycles
    assert text.count("(") == text.count(")")
    duration = re.search(r"\(DURATION (\d+)\)", text)
    assert duration is not None
    assert int(duration[1]) == cycles * LANES * CLOCK_PS * 1000
    nets = re.findall(r"\((\S+) \(T0 (\d+)\) \(T1 (\d+)\) \(TX 0\) \(TC (\d+)\) \(IG 0\)\)", text)
    assert all(int(low) + int(high) == int(duration[1]) for _, low, high, _ in nets)
    toggles = {name: int(count) for name, _, _, count in nets}
    assert toggles["aclk"] == 2 * cycles * LANES
    assert toggles["aresetn"] == 0
    assert toggles[r"s_axis_key_tdata\[0\]"] > 0


def test_an_inverter_takes_what_its_table_says(bench: Bench) -> None:
    meter, powers = bench.meter, bench.meter.powered.powers
    timing, circuit = meter.timing, meter.circuit
    with meter.simulation(CLOCK_PS) as simulation:
        meter.testbench(bench.stimulus).run(simulation)
        energies = meter.energies.of(simulation, CLOCK_PS)
        counts = simulation.rises, simulation.falls
        times = LANES * simulation.cycles
    # What a port drives is counted for the cell that it enters.
    driven = {gate.output for gate in circuit.gates} | {net for f in circuit.flops for net in f.outputs}
    inverters = [
        gate
        for gate in circuit.gates
        if circuit.kinds[gate.cell].name.startswith("INV") and driven.issuperset(gate.inputs)
    ]
    assert inverters
    for gate in inverters:
        (source,), net = gate.inputs, gate.output
        (energy,) = powers.cells[circuit.kinds[gate.cell].name].pins[gate.output_pin]
        slew = timing.slew[2 * source : 2 * source + 2].mean()
        load = timing.load[net].mean()
        internal = sum(
            count[net] * samples.at(slew, load)
            for count, samples in zip(counts, (energy.rise, energy.fall), strict=True)
            if samples is not None
        )
        charged = sum(count[net] * ff for count, ff in zip(counts, timing.load[net], strict=True))
        assert energies.by_cell[gate.cell, INTERNAL] == pytest.approx(internal / times)
        switching = energies.by_cell[gate.cell, SWITCHING]
        assert switching == pytest.approx(0.5 * charged * powers.voltage**2 / times)


def test_an_idle_flip_flop_takes_its_clock_pins_energy(bench: Bench) -> None:
    """0.82 fJ a cycle in asap7: 0.49 V² of a pin of 0.475 fF, and 0.24 and 0.35 fJ of its edges."""
    meter = bench.meter
    reset = meter.testbench(bench.stimulus).nets_of("aresetn")
    with meter.simulation(CLOCK_PS) as simulation:
        for cycle in range(6):  # in reset, without a beat
            simulation.cycle(reset, np.zeros(1, dtype=np.uint64), measured=cycle > 3)
        energies = meter.energies.of(simulation, CLOCK_PS)
    clock = energies.by_cell[:, CLOCK].sum() / len(meter.circuit.flops)
    assert clock == pytest.approx(0.82, rel=0.03)


def test_vcd_has_the_first_lanes_transitions(bench: Bench, tmp_path: Path) -> None:
    meter, module = bench.meter, bench.meter.powered.module
    starts: list[int] = []
    with meter.simulation(CLOCK_PS) as simulation, (tmp_path / "waves.vcd").open("w") as file:
        waves = Waves(file, module, meter.circuit, "top", CLOCK_PS).watch(simulation)

        def watch(cycle: int) -> None:
            waves(cycle)
            if simulation.cycles == 1:
                starts.append(cycle)

        meter.testbench(bench.alike).run(simulation, watch)
        counted = (simulation.rises + simulation.falls) // LANES
    start, time = starts[0] * round(CLOCK_PS * 1000), 0
    codes: dict[str, str] = {}
    changes: Counter[str] = Counter()
    for line in (tmp_path / "waves.vcd").read_text().splitlines():
        if line.startswith("$var"):
            codes[line.split()[4]] = line.split()[3]
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in "01" and time >= start:
            changes[line[1:]] += 1
    nets = net_names(module, meter.circuit)
    assert len(codes) == len(nets)
    assert all(changes[codes[name]] == counted[net] for name, net in nets.items() if name != "aclk")
    assert changes.total() > 1000
