"""Spec files: how axes are written, and one line for whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dse.engine.judging import Grid, run
from dse.spec.space import COLUMNS, CONFIG_KEYS, Space
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.points import write_points
from generator.config import OUTER_KEYS, CoreConfig
from generator.errors import TernlutError
from generator.pipeline_config import PipelineConfig
from tests.dse.specs import TECHNOLOGY, model_of, small


def axes_of(**axes: Any) -> dict[str, tuple[Any, ...]]:
    """The values that an axis section spells."""
    spec = SweepSpec.parse(
        small(axes={"tables": [1], "columns": [1]} | axes, fixed={}, constraints=[]), "spec"
    )
    return {axis.key: axis.values for axis in Space.of(spec).axes}


def test_every_key_of_a_core_can_be_an_axis() -> None:
    keys = [name for name in CoreConfig.model_fields if name not in ("pipeline", *OUTER_KEYS)]
    assert set(CONFIG_KEYS) == {*keys, *(f"pipeline.{name}" for name in PipelineConfig.model_fields)}


def test_axes_are_lists_ranges_and_powers() -> None:
    axes = axes_of(
        architecture=["lut", "select"],
        tables={"from": 4, "to": 12, "step": 4},
        columns=[1, {"from": 2, "to": 4}, {"powers_of": 2, "from": 5, "to": 40}],
        rows={"powers_of": 3, "to": 30},
        **{"pipeline.fetch": [True], "pipeline": {"reduction_every": [0, 1]}},
    )
    assert axes == {
        "architecture": ("lut", "select"),
        "tables": (4, 8, 12),
        "columns": (1, 2, 3, 4, 8, 16, 32),
        "rows": (1, 3, 9, 27),
        "pipeline.fetch": (True,),
        "pipeline.reduction_every": (0, 1),
    }


def test_outputs_and_max_reduction_follow_the_workload() -> None:
    axes = axes_of(dataflow=["table_stationary"], outputs=["workload"], max_reduction=["workload", 9999])
    assert axes["outputs"] == (250,)
    assert axes["max_reduction"] == (250, 9999)


def test_a_position_is_a_core_and_every_core_has_one_position() -> None:
    space = model_of(small()).space
    cores = {tuple(space.core(position).items()) for position in range(space.size)}
    stationary = space.size // 2
    # A multiplier has no fetch structure: half of its combinations are the others again.
    assert len(cores) == 2 * stationary - 2 * stationary // 3 // 2
    assert all(("outputs", 250) in core for core in cores if ("dataflow", "table_stationary") in core)
    assert not any(
        key == "outputs" for core in cores if ("dataflow", "output_stationary") in core for key, _ in core
    )


def test_paths_in_a_spec_start_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TECHNOLOGY.to_toml())
    spec = SweepSpec.parse(small(technology="mine.toml"), "spec", tmp_path)
    assert Path(spec.technology) == tmp_path / "mine.toml"


GOOD_AXES = small()["axes"]


def test_columns_beside_keys_and_figures_are_reserved(tmp_path: Path) -> None:
    model = model_of(small())
    grid = Grid.of(model)
    write_points(tmp_path / "points.parquet", model, run(model, grid))
    names = set(pq.read_schema(tmp_path / "points.parquet").names)
    assert names - {*model.space.keys, *model.metrics} == set(COLUMNS)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"clock_mhz": "500 lm"}, "clock_mhz = '500 lm': a number in hz, khz, mhz, ghz is expected"),
        (
            {"workload": {"layers": [{"name": "up", "inputs": 6, "outputs": 5, "token": 3}]}},
            "unknown key 'workload.layers.0.token': name, inputs, outputs",
        ),
        (
            {"axes": {"tables": {"from": 1, "to": 64, "log": True}}},
            "unknown key 'log': from, to, step are known; a list, { from, to, step }, {",
        ),
        (
            {"objectives": {"tokens_per_secnd": "max"}},
            "did you mean 'tokens_per_second'",
        ),
        ({"axis": {}}, "spec: unknown key 'axis': did you mean 'axes'?"),
        (
            {"axes": GOOD_AXES | {"table": [1]}},
            "spec: axes.table: unknown key 'table', and no derived key uses it: did you mean 'tables'?",
        ),
        ({"axes": GOOD_AXES | {"pipeline.depth": [1]}}, "axes.pipeline.depth: unknown key"),
        ({"axes": GOOD_AXES | {"tables": 4}}, r"spec: axes.tables = 4: a list, \{ from, to, step \}"),
        ({"axes": GOOD_AXES | {"tables": []}}, r"spec: axes.tables = \[\]: the space is empty"),
        ({"axes": GOOD_AXES | {"tables": {"from": 5, "to": 4}}}, "the space is empty"),
        ({"axes": GOOD_AXES | {"tables": {"from": 5}}}, "spec: axes.tables: to is missing"),
        ({"axes": GOOD_AXES | {"tables": {"from": 0, "to": 1 << 40}}}, "more than 65536 values"),
        ({"axes": GOOD_AXES | {"tables": [1, 1]}}, "a value occurs twice"),
        (
            {"axes": GOOD_AXES | {"tables": ["4"]}},
            "spec: axes.tables: tables = '4': a valid integer is expected",
        ),
        ({"axes": GOOD_AXES | {"tables": [4097]}}, "tables = 4097: less than or equal to 4096 is expected"),
        ({"axes": GOOD_AXES | {"group_size": [0]}}, "group_size = 0: greater than or equal to 1 is expected"),
        ({"axes": GOOD_AXES | {"activation": ["int99"]}}, "activation = 'int99' is not a number format"),
        ({"axes": GOOD_AXES | {"fetch": ["mux"]}}, "fetch = 'mux': 'onehot' or 'tree' is expected"),
        ({"axes": {}}, "spec: axes = {}"),
        ({"axes": {"tables": [1]}}, "spec: columns is missing: give it as an axis or fixed"),
        ({"fixed": {"rows": 1, "outputs": 250}}, "spec: rows is an axis and fixed"),
        (
            {"fixed": {}},
            "spec: outputs is missing: dataflow = 'table_stationary' keeps that many partial sums",
        ),
        (
            {"fixed": {"outputs": 250, "activation": "fp16", "datapath": "aligned"}},
            "spec: aligned_bits is missing: datapath = 'aligned' keeps that many bits",
        ),
        (
            {"fixed": {"outputs": 250, "max_reduction": 200}},
            r"layer long \(250 → 33\) sums 250 activations, max_reduction is 200: "
            r'max_reduction = "workload" fits',
        ),
        (
            {
                "fixed": {"outputs": "workload"},
                "workload": {"layers": [{"name": "down", "inputs": 14336, "outputs": 4096}]},
            },
            r"layer down \(14336 → 4096\) sums 14336 activations, max_reduction is 8192 where it is not",
        ),
        (
            {"axes": GOOD_AXES | {"dataflow": ["output_stationary"]}},
            "outputs is for dataflow = 'table_stationary'",
        ),
        ({"objectives": {}}, "spec: objectives"),
        ({"objectives": {"area": "min"}}, "spec: objectives.area is no metric: did you mean 'area_um2'"),
        ({"objectives": {"area_um2": "least"}}, "objectives.area_um2 = 'least': 'min' or 'max' is expected"),
        ({"budget": {"delay_ps": 4}}, "budget.delay_ps has to be an objective"),
        ({"budget": {"area_um2": "much"}}, "budget.area_um2 = 'much': "),
        ({"clock_mhz": 0}, "clock_mhz = 0: greater than 0 is expected"),
        ({"constraints": ["area <= 3"]}, r"spec: constraints: 'area <= 3': unknown name 'area'"),
        (
            {"constraints": ["architecture + 1"]},
            "spec: constraints: 'architecture \\+ 1' mixes numbers and text",
        ),
        ({"derived": {"id": "tables"}}, "spec: derived.id: 'id' has a meaning of its own, another name"),
        ({"derived": {"front": "tables"}}, "derived.front: 'front' has a meaning of its own"),
        ({"derived": {"feasible": "tables"}}, "derived.feasible: 'feasible' has a meaning"),
        ({"derived": {"group_front": "tables"}}, "derived.group_front: 'group_front' has a meaning"),
        ({"derived": {"measured_area_um2": "tables"}}, "derived.measured_area_um2: .* has a meaning"),
        ({"derived": {"area_um2": "tables"}}, "derived.area_um2 is a metric, another name is expected"),
        ({"derived": {"plan key_width": "tables"}}, "derived.plan key_width: 'plan key_width' is no name"),
        ({"derived": {"rows": "tables"}}, "spec: rows is an axis and derived"),
        (
            {"axes": GOOD_AXES | {"id": [1, 2]}, "derived": {"pipeline.float_stages": "id"}},
            "axes.id: 'id' has a meaning of its own",
        ),
        (
            {"axes": GOOD_AXES | {"delay_ps": [1, 2]}, "derived": {"pipeline.float_stages": "delay_ps"}},
            "axes.delay_ps is a metric, another name is expected",
        ),
        ({"compare": "model"}, "compare = 'model': a key that is not derived is expected, architecture, "),
        ({"workload": {}}, "spec: model or layers is missing"),
        ({"workload": {"model": "gpt"}}, "spec: model 'gpt' is unknown"),
        ({"workload": {"model": "bitnet-b1.58-2B-4T", "tokens": 0}}, "workload.tokens = 0: greater than"),
        (
            {"workload": {"layers": [{"name": "a", "inputs": 0, "outputs": 1}]}},
            "workload.layers.0.inputs = 0",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TernlutError, match=complaint) as caught:
        model_of(small(**changes))
    assert "\n" not in str(caught.value)
