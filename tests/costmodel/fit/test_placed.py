"""Placements of cores: legal, with the lengths that others measure, and with a part for every cell."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree

from costmodel.fit.libraries import cells_of
from costmodel.fit.placed import netlist_of, part_of, place, silicon_of
from costmodel.flow.edits import Edits
from costmodel.flow.kinds import Library
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.place_worker import FULL
from costmodel.flow.placement import Floorplan, legalized
from costmodel.flow.placement import place as place_cells
from costmodel.flow.placing import PlacedResult, place_netlist
from costmodel.flow.synthesis import SynthesisResult
from costmodel.flow.wires import Layer
from costmodel.flow.wiring import Wiring
from costmodel.price.estimate import estimate
from costmodel.price.technology import TechnologyError, load_technology
from generator.config import CoreConfig
from generator.plan import top_name
from generator.verilog import emit
from tests.costmodel.flow.test_netlists import mapped
from tests.costmodel.libraries import cells

pytest.importorskip("coloquinte")

CORE = CoreConfig(group_size=2, tables=2, columns=2, activation="int4", max_reduction=64)
UTILISATION, ROW_UM = 0.7, 0.27
"""Those of asap7."""


@pytest.fixture(scope="module")
def placed() -> tuple[SynthesisResult, PlacedResult]:
    return place(CORE, clock_ps=2000)


def test_the_cells_are_those_of_the_netlist(placed: tuple[SynthesisResult, PlacedResult]) -> None:
    synthesis, result = placed
    kinds: defaultdict[str, int] = defaultdict(int)
    for cell in result.core.cells:
        kinds[cell.kind] += 1
    assert kinds == synthesis.cells
    assert result.before.area_um2 == pytest.approx(synthesis.area_um2)
    assert result.before.delay_ideal_ps == pytest.approx(synthesis.delay_ps)
    assert result.before.delay_ps > result.before.delay_ideal_ps


def test_cells_lie_in_rows_of_the_core_and_do_not_overlap(
    placed: tuple[SynthesisResult, PlacedResult],
) -> None:
    core, table = placed[1].core, cells("asap7")
    rows: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for cell in core.cells:
        row = cell.y_um / ROW_UM
        assert row == pytest.approx(round(row), abs=1e-6)
        assert 0 <= cell.y_um <= core.height_um - ROW_UM + 1e-6
        assert 0 <= cell.x_um <= core.width_um - cell.width_um + 1e-6
        assert cell.width_um * ROW_UM == pytest.approx(table.cells[cell.kind].area, abs=ROW_UM / 1000)
        rows[round(row)].append((cell.x_um, cell.x_um + cell.width_um))
    for spans in rows.values():
        for (_, end), (start, _) in itertools.pairwise(sorted(spans)):
            assert end <= start + 1e-6
    area = sum(table.cells[cell.kind].area for cell in core.cells)
    assert area / (core.width_um * core.height_um) == pytest.approx(UTILISATION, rel=0.01)
    assert core.width_um / core.height_um == pytest.approx(1, rel=0.05)


def test_cells_are_spread_over_all_of_the_core(placed: tuple[SynthesisResult, PlacedResult]) -> None:
    core = placed[1].core
    filled = np.zeros((2, 2))
    for cell in core.cells:
        column, row = int(2 * cell.x_um / core.width_um), int(2 * cell.y_um / core.height_um)
        filled[row, column] += cell.width_um * ROW_UM
    assert filled.min() > 0.6 * core.width_um * core.height_um / 4


def test_pins_are_on_the_edge_of_the_core(placed: tuple[SynthesisResult, PlacedResult]) -> None:
    core = placed[1].core
    assert len({(pin.x_um, pin.y_um) for pin in core.pins}) == len(core.pins) > 20
    for pin in core.pins:
        distances = (pin.x_um, core.width_um - pin.x_um, pin.y_um, core.height_um - pin.y_um)
        assert min(distances) == pytest.approx(0, abs=1e-6)
        assert max(distances) <= max(core.width_um, core.height_um) + 1e-6


def test_lengths_lie_between_half_perimeters_and_spanning_trees(
    placed: tuple[SynthesisResult, PlacedResult],
) -> None:
    """Both measured here from the places of the cells and the netlist as it was written."""
    synthesis, result = placed
    assert synthesis.netlist is not None
    core = result.core
    at = {c.name: (c.x_um + c.width_um / 2, c.y_um + ROW_UM / 2) for c in core.cells}
    pins = {pin.name.removeprefix("neighbour:"): (pin.x_um, pin.y_um) for pin in core.pins}
    nets = nets_in(synthesis.netlist, at, pins, clocks={"CLK"})
    half = spanning = 0.0
    for points in nets.values():
        spots = np.array(points)
        half += float(np.ptp(spots, axis=0).sum())
        distances = np.abs(spots[:, None] - spots[None]).sum(axis=2)
        spanning += float(minimum_spanning_tree(distances).sum())
    assert len(nets) == result.before.nets
    assert half <= result.before.wire_um <= spanning
    assert result.before.wire_um < 0.99 * spanning
    assert result.before.wire_ff == pytest.approx(result.before.wire_um * 0.189)


def nets_in(
    verilog: str,
    cells_at: dict[str, tuple[float, float]],
    pins_at: dict[str, tuple[float, float]],
    clocks: set[str],
) -> dict[str, list[tuple[float, float]]]:
    """The places of what each net of a flat Verilog netlist connects, but clocks and lone ends."""
    nets: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    clocked = set()
    instance = re.compile(r"^  \w+ (\\\S+ |\w+) \(\n(.*?)\n  \);", re.MULTILINE | re.DOTALL)
    for name, body in instance.findall(verilog):
        for pin, net in re.findall(r"\.(\w+)\((.*?)\)", body):
            net = net.replace(" ", "").removeprefix("\\")
            if pin in clocks:
                clocked.add(net)
            elif "'" not in net and net:
                nets[net].append(cells_at[name.strip().removeprefix("\\")])
    joined = [target for _, target in re.findall(r"assign (.+?) = (.+?);", verilog) if "'" not in target]
    assert not joined, "nets of two names"
    for pin, point in pins_at.items():
        bit = pin if pin in nets else pin.removesuffix("[0]")
        if bit in nets:
            nets[bit].append(point)
    return {net: points for net, points in nets.items() if len(points) > 1 and net not in clocked}


def test_parts_are_there_and_of_a_size_that_the_model_expects(
    placed: tuple[SynthesisResult, PlacedResult],
) -> None:
    areas: defaultdict[str, float] = defaultdict(float)
    for cell in placed[1].core.cells:
        areas[part_of(cell.leads_to)] += cell.width_um * ROW_UM
    assert set(areas) == {"tables", "fetch", "reduction", "accumulators", "control"}
    assert min(areas.values()) > 0.02 * sum(areas.values())


def test_the_model_has_wires_as_long_as_the_placement() -> None:
    """A quarter off is the worst of the cores that the model was held against; this one is none of them, and
    is as near to its fastest clock as they are."""
    modelled = estimate(CORE, wires="placed").wire_um
    _, placed = place(CORE, clock_ps=1.1 * estimate(CORE).delay_ps)
    assert modelled == pytest.approx(placed.after.wire_um, rel=0.25)


def test_cells_that_are_made_legal_again_have_no_longer_wires(tmp_path: Path) -> None:
    """With a buffer for every sixteenth cell on top of its driver; and no part of the core is full."""
    table = cells("asap7")
    module = with_neighbours(mapped(emit(CORE), "asap7", tmp_path), table)
    before = place_cells(module, table, Floorplan(ROW_UM, UTILISATION))
    wiring = Wiring.of(module, Library(table), before, Layer(0.189, 18.0))
    edits = Edits(module, table, strengths(table))
    for net in list(wiring.nets.values())[::16]:
        pin = module["cells"][net.driver[0]]["connections"][net.driver[1]]
        name = edits.buffer(pin[0], net.readers, edits.buffers[0], "wire")
        wiring.points[name] = wiring.points[net.driver[0]]
    wiring.update()
    after = legalized(wiring.placement(before), module, table)
    legal = Wiring.of(module, Library(table), after, wiring.layer)
    assert legal.figures().wire_um < wiring.figures().wire_um
    windows = round(after.width_um / (10 * ROW_UM))
    filled = np.zeros((windows, windows))
    for name, width in after.widths.items():
        x, y = after.point(name)
        row, column = int(y * windows / after.height_um), int(x * windows / after.width_um)
        filled[row, column] += width * ROW_UM
    assert filled.max() < after.width_um * after.height_um / windows**2


def test_rows_that_resizing_fills_are_laid_out_anew() -> None:
    """Of wires that are sixteen times as heavy as those of asap7, and a clock that no core can meet."""
    silicon = replace(silicon_of("asap7"), ff_per_um=3.0)
    _, netlist = netlist_of(CORE, "asap7", None, (), ())
    placed = place_netlist(netlist, top_name(CORE), cells_of("asap7", ()), silicon, 5.0)
    after = placed.after.area_um2
    filled = after / (placed.core.width_um * placed.core.height_um)
    assert after > FULL / UTILISATION * placed.before.area_um2
    assert UTILISATION <= filled <= FULL


def test_a_technology_without_wires_is_refused(tmp_path: Path) -> None:
    technology = load_technology("asap7").model_copy(update={"wires": None})
    path = tmp_path / "bare.toml"
    path.write_text(technology.to_toml(), encoding="utf-8")
    with pytest.raises(TechnologyError, match=r"bare.toml: it has no \[wires\]"):
        place(CORE, str(path))
