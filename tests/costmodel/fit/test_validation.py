"""Validation: its statistics by independent means, and the whole way on a few small cores."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from costmodel.fit.calibration import Observation
from costmodel.fit.calibration_cores import calibration_cores
from costmodel.fit.cells import FLOW
from costmodel.fit.sampling import draw_cores
from costmodel.fit.side_by_side import GROUPS, group_of, modelled_groups, synthesized_groups
from costmodel.fit.validation import Sample, errors_of, spread_over, validate, value_of
from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from costmodel.price.area import PARTS
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.block import BlockKind
from generator.config import CoreConfig
from generator.plan import core_name
from generator.verilog import emit
from tests.costmodel.technologies import ASAP7_CELLS, areas
from tests.costmodel.validations import made_up

ASAP7 = load_technology("asap7")


def test_errors_are_what_they_are_called() -> None:
    synthesized = np.array([100.0, 200.0, 50.0, 400.0, 80.0])
    error = np.array([1.0, -4.0, 2.0, 10.0, -3.0])
    modelled = synthesized * (1 + error / 100)
    rows = pd.DataFrame({"synthesized_area": synthesized, "modelled_area": modelled, "area_error": error})
    found = errors_of(rows, "area")
    assert found.cores == 5
    assert found.median == 3.0
    assert found.maximum == 10.0
    assert found.mean == pytest.approx(1.2)
    # Of five sorted values the 90th percentile is 0.6 of the way from the fourth to the fifth.
    assert found.ninetieth == pytest.approx(4 + 0.6 * 6)
    assert found.tau == pytest.approx(1)


def test_tau_counts_pairs_in_the_same_and_in_the_other_order() -> None:
    cores = made_up().cores
    pairs = itertools.combinations(zip(cores["synthesized_delay"], cores["modelled_delay"], strict=True), 2)
    signs = [(np.sign(a - c), np.sign(b - d)) for (a, b), (c, d) in pairs]
    # Kendall's τ-b: pairs that are tied in one of the figures are left out of that figure's count.
    untied = [sum(sign[i] != 0 for sign in signs) for i in range(2)]
    expected = sum(x * y for x, y in signs) / np.sqrt(untied[0] * untied[1])
    assert errors_of(cores, "delay").tau == pytest.approx(expected)


def test_a_single_core_has_no_order() -> None:
    assert np.isnan(errors_of(made_up().cores.head(1), "area").tau)


def test_a_row_is_its_core_with_signed_errors() -> None:
    validation = made_up()
    assert validation.failed == 1
    for _, row in validation.cores.iterrows():
        for name in ASAP7.quantities:
            ratio = row[f"modelled_{name}"] / row[f"synthesized_{name}"]
            assert row[f"{name}_error"] == pytest.approx(100 * ratio - 100)
    assert validation.cores["tight_area_error"].to_numpy() == pytest.approx(100 / 1.05 - 100)
    assert validation.cores["medium_area_error"].to_numpy() == pytest.approx(100 / 0.98 - 100)
    assert set(validation.cores["numbers"]) <= {"integer", "native", "exact", "aligned"}


def test_groups_hold_every_core_once() -> None:
    validation = made_up()
    for grouping in ("architecture", "numbers", "activation"):
        groups = validation.errors_by("area", grouping)
        assert sum(errors.cores for errors in groups.values()) == len(validation.cores)
        assert set(groups) == set(validation.cores[grouping])
        assert max(e.maximum for e in groups.values()) == pytest.approx(validation.errors("area").maximum)


def test_samples_are_repeatable_and_never_of_the_calibration() -> None:
    sample = Sample(seed=2, points=12, largest=1500)
    drawn = sample.draw(ASAP7)
    assert drawn == sample.draw(ASAP7)
    assert not set(drawn) & set(calibration_cores())
    assert 0 < sum(core.datapath is not None for core in drawn) < 12


def test_noise_is_measured_over_the_smaller_half() -> None:
    cores = [CoreConfig.parse({"tables": 1, "columns": columns}) for columns in range(1, 21)]
    sizes = np.random.default_rng(0).permutation(20) + 1.0
    seen = [Observation(core, areas(area, area, area)) for core, area in zip(cores, sizes, strict=True)]
    area_of = dict(zip(cores, sizes, strict=True))
    assert [area_of[core] for core in spread_over(seen, 4, "area")] == [1, 4, 7, 10]
    assert len(spread_over(seen[:2], 4, "area")) == 2


@pytest.mark.parametrize(
    ("kind", "around", "group"),
    [
        ("table", "converters", "tables"),
        ("float_adder", "tables", "tables"),
        ("float_adder", "columns", "columns"),
        ("float_widen", "columns", "columns"),
        ("float_to_fixed", "tables", "converters"),
        ("float_to_fixed", "fetch", "fetch"),
        ("align", "tables", "converters"),
        ("fixed_to_float", "columns", "converters"),
        ("largest_exponent", "converters", "converters"),
        ("float_multiplier", "fetch", "fetch"),
        ("fetch", "columns", "fetch"),
        ("column", "converters", "columns"),
        ("datapath", "control", "converters"),
        ("sequencer", "control", "control"),
    ],
)
def test_a_module_belongs_to_a_group(kind: BlockKind, around: str, group: str) -> None:
    assert group_of(kind, around) == group


def test_modelled_groups_are_the_breakdown_told_apart_otherwise() -> None:
    for core in draw_cores(13, 12, largest=1500, floats=0.6):
        found, groups = estimate(core, ASAP7), modelled_groups(core, ASAP7)
        assert tuple(groups) == GROUPS
        assert sum(groups.values()) == pytest.approx(found.cost, rel=1e-12)
        assert all(area >= -1e-9 for area in groups.values())
        if not core.pipeline.fetch:
            assert groups["fetch"] == pytest.approx(found.breakdown["fetch"])
    assert set(PARTS) == {"converters", "tables", "fetch", "reduction", "accumulators", "control"}


@pytest.mark.parametrize("number", [{"datapath": "exact"}, {"datapath": "aligned", "aligned_bits": 8}])
def test_synthesized_groups_are_the_hierarchical_area_told_apart(number: dict[str, Any]) -> None:
    shape = {"activation": "fp8_e4m3", "group_size": 2, "tables": 2, "columns": 2, "max_reduction": 64}
    core = CoreConfig.parse(shape | number)
    emission = emit(core)
    result = synthesize(emission.verilog, emission.top, shipped_library(), Flow(hierarchical=True))
    groups = synthesized_groups(emission, {name: module.area_um2 for name, module in result.modules.items()})
    assert sum(groups.values()) == pytest.approx(result.area_um2)
    assert all(area > 0 for area in groups.values())
    fetch = next(module for name, module in result.modules.items() if emission.kinds[name] == "fetch")
    assert fetch.instances == 4
    assert groups["fetch"] == pytest.approx(4 * fetch.area_um2)


def test_the_whole_way_on_a_few_small_cores() -> None:
    sample = Sample(seed=2, points=1, smallest=40, largest=80, floats=0.0)
    told: list[tuple[str, float | None]] = []
    library = shipped_library()
    found = validate(ASAP7, ASAP7_CELLS, sample, 1, 1, lambda what, share: told.append((what, share)))
    assert len(found.cores) == 1
    assert found.failed == 0
    for core, (_, row) in zip(sample.draw(ASAP7), found.cores.iterrows(), strict=True):
        emission = emit(core)
        assert row["core"] == core_name(core)
        assert row["tables"] == value_of(core, "tables")
        assert row["pipeline.fetch"] == core.pipeline.fetch
        assert row["modelled_area"] == estimate(core, ASAP7).cost
        assert row["modelled_delay"] == estimate(core, ASAP7).delay_ps
        assert row["synthesized_area"] == synthesize(emission.verilog, emission.top, library, FLOW).area_um2
    worst = max(found.cores["area_error"], key=abs)
    first = found.worst[0]
    assert len(found.worst) == 1
    assert sum(first.modelled.values()) / first.flattened - 1 == pytest.approx(worst / 100)
    assert [len(noise.cost) for noise in found.noise] == [2]
    assert {noise.cost[0] for noise in found.noise} == set(found.cores["synthesized_area"])
    assert [share for what, share in told if what == "synthesizing"][-1] == 1.0
