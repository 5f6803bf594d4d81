"""The engine against one core at a time: its estimate, its plan's cycles, and fronts by definition."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.price.area import core_bills
from costmodel.price.estimate import estimate
from costmodel.price.representative import nested, plan_to_price, without_idle
from costmodel.price.timing import DELAY_TERMS
from dse.engine.judging import Grid, run
from dse.pricing.energy_metrics import OF_CHIPS, WITH_MEMORY
from dse.pricing.metrics import METRICS
from dse.pricing.model import Model
from dse.pricing.plan_figures import PLAN_FIGURES
from dse.pricing.request_metrics import REQUEST_METRICS, TRAFFIC_METRICS
from dse.pricing.tables import axis_values, fit_tables, rule_tables
from dse.spec.space import Space
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from generator.config import CoreConfig
from generator.errors import ConfigError, WorkloadError
from generator.plan import CorePlan, Tiling, beat_bits, plan_for
from tests.dse.engine.outcomes import same
from tests.dse.specs import LAYERS, TECHNOLOGY, model_of, small


def core_at(model: Model, position: int) -> CoreConfig | None:
    """The core at a position, None where the combination is refused or its twin comes first."""
    try:
        return model.space.config(position)
    except ConfigError:
        return None


def priced_parts(config: CoreConfig, quantity: str) -> dict[str, float]:
    """What each part of a core costs at prices of ``quantity``."""
    prices = TECHNOLOGY.quantities[quantity].coefficients
    return {part: bill.price(prices) for part, bill in core_bills(plan_to_price(config)).items()}


def paths_of(stages: Mapping[str, float]) -> dict[str, float]:
    """ps of the longest path through each part, from those of the stages that there are."""
    path = {name: stages.get(name, 0.0) for name in [term.stage for term in DELAY_TERMS]}
    reduction = path["reduction"] or path["fetch"]
    control = max(path["accept"], path["recall"])
    return {
        "converters": max(path["scale"], path["convert"], path["result"]),
        "tables": path["entries"] or path["fetch"],
        "fetch": path["fetch"],
        "reduction": reduction,
        "accumulators": max(control, path["accumulate"], reduction),
        "control": control,
    }


def share_of_speed(used: float) -> float:
    """Of the way from a design at ease to the fastest, where paths take ``used`` of the period: carries that
    ripple take twice as long here, so a part is at most twice as fast as with them, which is half of what is
    four times as fast, in logarithms, and all that it can be: it costs 2^-½ of what speed can."""
    faster = min(max(2 * used, 1), 2)
    return math.log2(faster) / math.sqrt(2)


def figures_of(config: CoreConfig, clock_mhz: float, tokens: int) -> dict[str, float]:
    """A core's figures, from the estimate and from layers run one after the other.

    Each part is as large as the longest path through it makes it.
    """
    plan = plan_for(config)
    costs = estimate(config, TECHNOLOGY)
    ease, fastest = (priced_parts(config, of) for of in ("medium_area", "tight_area"))
    paths = paths_of(costs.stages_ps)
    share = {part: share_of_speed(paths[part] * clock_mhz / 1e6) for part in ease}
    parts = {part: ease[part] + share[part] * (fastest[part] - ease[part]) for part in ease}
    area = sum(parts.values())
    cycles = macs = key_bits = activation_bits = 0
    for layer in LAYERS:
        tiling = Tiling.of(plan, int(layer["inputs"]), int(layer["outputs"]), tokens)
        times = int(layer.get("count", 1))
        steps = tiling.n_tiles * tiling.m_tiles * tiling.blocks
        beats = steps if config.dataflow == "output_stationary" else tiling.n_tiles * tiling.blocks
        cycles += times * tiling.cycles
        macs += times * int(layer["inputs"]) * int(layer["outputs"])
        key_bits += times * steps * beat_bits(plan).key
        activation_bits += times * beats * beat_bits(plan).activation
    seconds = cycles / (1e6 * clock_mhz)
    return {
        "area_um2": area,
        "least_area_um2": costs.cost,
        **{f"area_{part}": um2 for part, um2 in parts.items()},
        "area_combining": 0,
        "area_buffers": 0,
        "delay_ps": costs.delay_ps,
        "fastest_clock_mhz": 1e6 / costs.delay_ps,
        "clock_mhz": clock_mhz,
        "tile_length": config.tile_length,
        "macs_per_cycle": costs.macs_per_cycle,
        "cycles_per_token": cycles / tokens,
        "tokens_per_second": tokens / seconds,
        "utilisation": macs * tokens / (cycles * costs.macs_per_cycle),
        "bits_per_weight": costs.bits_per_weight,
        "weight_mb_per_token": key_bits / 8e6 / tokens,
        "weight_gb_per_s": key_bits / 8e9 / seconds,
        "activation_gb_per_s": activation_bits / 8e9 / seconds,
        "area_um2_per_token_per_second": area * seconds / tokens,
        "effective_tops": 2e-12 * macs * tokens / seconds,
        "tops_per_mm2": 2 * macs * tokens / seconds / area / 1e6,
        "token_latency_us": 1e6 * seconds,
        "rms_error": costs.rms_error,
        "arithmetic_error": costs.arithmetic_error,
        "latency_cycles": plan.latency_cycles,
    }


SMALL = model_of(small())


@cache
def one_by_one() -> dict[int, dict[str, float]]:
    """The figures of every core of the small space that can run the workload."""
    found = {}
    are_cores = next(SMALL.judge_picks(np.arange(SMALL.space.size)))
    for position in np.flatnonzero(are_cores).tolist():
        config = core_at(SMALL, position)
        if config is not None:
            found[position] = figures_of(config, 900, 3)
    return found


def feasible(position: int, figures: dict[str, float]) -> bool:
    return (
        figures["delay_ps"] <= 1e6 / 900 and figures["macs_per_cycle"] >= 4 and figures["tile_length"] <= 20
    )


def front_of(designs: dict[int, dict[str, float]]) -> set[int]:
    """Positions that none dominates, by definition, with costs compared as exactly as floats allow."""
    costs = {
        i: np.array([f["area_um2"], -f["tokens_per_second"], f["weight_gb_per_s"]])
        for i, f in designs.items()
    }
    kept = set()
    for i, a in costs.items():
        others = np.array([b for j, b in costs.items() if j != i])
        near = 1e-9 * np.abs(a)
        if not ((others <= a + near).all(1) & (others < a - near).any(1)).any():
            kept.add(i)
    return kept


def test_every_metric_of_every_core_is_what_the_core_alone_is_priced_at() -> None:
    alone = one_by_one()
    rows = design_rows(SMALL, np.array(sorted(alone)))
    assert len(rows) > 500
    for row in rows:
        expected = alone[row["id"]]
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-12)
        others = {metric.name for metric in (*REQUEST_METRICS, *TRAFFIC_METRICS)} | {*OF_CHIPS, *WITH_MEMORY}
        bounds = {name for name in METRICS if name.endswith("_bound")}
        assert set(METRICS) - set(expected) - others == {"steps_per_pass", *bounds}


def test_the_fronts_are_those_of_all_cores_judged_one_by_one() -> None:
    outcome = run(SMALL, Grid.of(SMALL))
    designs = {i: f for i, f in one_by_one().items() if feasible(i, f)}
    assert outcome.points == SMALL.space.size
    assert outcome.cores == len(one_by_one())
    assert outcome.feasible == len(designs)
    assert 100 < len(designs) < len(one_by_one())
    found = {tuple(np.round(row, 6)) for row in outcome.front.costs}
    expected = front_of(designs)
    assert set(outcome.front.ids.tolist()) <= expected
    twins = {tuple(np.round([designs[i][n] * s for n, s in SIGNS.items()], 6)) for i in expected}
    assert found == twins
    by_group: dict[Any, dict[int, dict[str, float]]] = {}
    for i, figures in designs.items():
        by_group.setdefault(SMALL.space.core(i)["architecture"], {})[i] = figures
    for group, front in outcome.fronts.items():
        assert set(front.ids.tolist()) <= front_of(by_group[SMALL.groups[group][0]])


SIGNS = {"area_um2": 1, "tokens_per_second": -1, "weight_gb_per_s": 1}


@pytest.mark.parametrize(("block", "chunk"), [(1, 1), (7, 50), (64, 64), (1000, 3000)])
def test_the_result_does_not_depend_on_how_the_space_is_cut(block: int, chunk: int) -> None:
    grid = Grid.of(SMALL, block, chunk)
    seen = [prod_slices(s) for c in range(grid.chunks) for s in grid.blocks_of(c)]
    assert sum(seen) == SMALL.space.size
    assert max(seen) <= max(block, 1)
    assert same(run(SMALL, grid), run(SMALL, Grid.of(SMALL)))


@pytest.mark.parametrize("dense", [0.0, 0.5, 1.0])
def test_the_result_does_not_depend_on_the_boxes_that_are_priced(
    monkeypatch: pytest.MonkeyPatch, dense: float
) -> None:
    """Down to single points: cuts are worth it wherever anything is left out."""
    whole = run(SMALL, Grid.of(SMALL))
    monkeypatch.setattr("dse.engine.dense.SMALL", 0)
    monkeypatch.setattr("dse.engine.dense.DENSE", dense)
    monkeypatch.setattr("dse.engine.dense.WORTH", 1.0)
    cut = run(SMALL, Grid.of(SMALL))
    assert same(cut, whole)
    assert all(np.array_equal(a, b) for a, b in zip(cut.reach, whole.reach, strict=True))


def prod_slices(slices: tuple[slice, ...]) -> int:
    return int(np.prod([s.stop - s.start for s in slices]))


@pytest.mark.parametrize(
    "objectives",
    [
        {"area_um2": "min"},
        {"delay_ps": "min", "area_um2": "min"},
        {"latency_cycles": "min", "bits_per_weight": "min"},
        {
            "area_um2": "min",
            "delay_ps": "min",
            "utilisation": "max",
            "weight_gb_per_s": "min",
            "area_tables": "min",
        },
    ],
)
def test_any_objectives_give_the_front_of_their_definition(objectives: dict[str, str]) -> None:
    model = model_of(small(objectives=objectives, budget={}))
    assert model.reducible
    outcome = run(model, Grid.of(model, 300, 900))
    ids = np.arange(model.space.size)
    passed = np.logical_and.reduce(list(model.judge_picks(ids)))
    rows = design_rows(model, ids[passed])
    costs = np.array([[r[n] * (1 if g == "min" else -1) for n, g in objectives.items()] for r in rows])
    best = {
        tuple(a) for a in np.unique(costs, axis=0) if not ((costs <= a).all(1) & (costs < a).any(1)).any()
    }
    assert {tuple(row) for row in outcome.front.costs} == best
    assert len(outcome.front) == len(best)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_point_is_a_core_exactly_where_the_configuration_accepts_it(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, RULED.space.size - 1))
    tests = [bool(test[0]) for test in RULED.judge_picks(np.array([position]))]
    config = core_at(RULED, position)
    stated = RULED.space.core(position)
    once = all(
        axis.key in stated or digit[0] == 0
        for axis, digit in zip(RULED.space.axes, RULED.space.digits([position]), strict=True)
    )
    assert not tests[0] or (config is not None and once)
    if tests[0]:
        assert config is not None
        assert tests[1] == runs(plan_for(config))
    elif config is not None and once:
        assert any(RULED_RULES[twin] for twin in twins(position)), "no other combination is this core"


def twins(position: int) -> list[tuple[int, ...]]:
    """Digits of the combinations that differ in keys alone that may not change a width."""
    digits = [int(digit[0]) for digit in RULED.space.digits([position])]
    free = {"symmetric", "max_reduction", "outputs"}
    ranges = [
        range(len(axis)) if axis.key in free else [digit]
        for axis, digit in zip(RULED.space.axes, digits, strict=True)
    ]
    return list(itertools.product(*ranges))


def runs(plan: CorePlan) -> bool:
    try:
        for layer in LAYERS:
            Tiling.of(plan, int(layer["inputs"]), int(layer["outputs"]), 3)
    except WorkloadError:
        return False
    return True


def unpriced(values: dict[str, Any]) -> Model:
    """The model of a spec without prices and figures: which points are cores, and which run the workload."""
    spec = SweepSpec.parse(values, "spec")
    space = Space.of(spec)
    rules, fits = tuple(rule_tables(space)), tuple(fit_tables(space, spec.workload))
    return Model(spec, TECHNOLOGY, space, axis_values(space), rules, fits, {}, (), 0, ())


RULED = unpriced(
    small(
        axes={
            "architecture": ["lut", "select", "multiplier"],
            "activation": ["int2", "int16", "fp16", "bf16"],
            "symmetric": [False, True],
            "datapath": ["native", "exact", "aligned"],
            "aligned_bits": [8, 54],
            "group_size": {"from": 1, "to": 6},
            "tables": [1, 50, 300],
            "columns": [1, 100],
            "dataflow": ["output_stationary", "table_stationary"],
            "outputs": [10, 250],
            "max_reduction": [1, 249, 250, 1 << 23],
            "pipeline": {"float_stages": [0, 3]},
        },
        fixed={},
        constraints=[],
        clock_mhz=None,
    )
)


RULED_RULES = np.logical_and.reduce(np.broadcast_arrays(*RULED.rules))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_figures_of_the_plan_depend_on_no_key_that_is_not_stated(data: st.DataObject) -> None:
    axes = {axis.key: axis.values for axis in RULED.space.axes} | {
        "rows": (1, 3),
        "fetch": ("onehot", "tree"),
        "pipeline.table": ("entries", "activations"),
        "pipeline.fetch": (False, True),
        "pipeline.reduction_every": (0, 1, 2),
    }
    figure = PLAN_FIGURES[data.draw(st.sampled_from(list(PLAN_FIGURES)))]
    shared = {key: data.draw(st.sampled_from(axes[key])) for key in figure.keys if key in axes}
    values = []
    for _ in range(2):
        core = {key: shared.get(key) or data.draw(st.sampled_from(values)) for key, values in axes.items()}
        core = without_idle(core | shared)
        try:
            values.append(figure.value(plan_for(CoreConfig.parse(nested(core)))))
        except ConfigError:
            return
    assert values[0] == values[1]
