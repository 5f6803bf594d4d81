"""Cycles, counted by walking through the tiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.price.throughput import (
    layer_cycles,
    layer_pauses_batch,
    layer_steps_batch,
)
from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.plan import plan_for


def steps_by_walking(length: int, outputs: int, tokens: int, core: CoreConfig) -> int:
    """Tile steps counted one by one."""
    return sum(
        1
        for _ in range(0, tokens, core.rows)
        for _ in range(0, outputs, core.columns)
        for _ in range(0, length, core.tile_length)
    )


@given(
    st.integers(1, 300), st.integers(1, 200), st.integers(1, 9),
    st.integers(1, 7), st.integers(1, 4), st.integers(1, 33), st.integers(1, 5), st.integers(0, 2),
)  # fmt: skip
def test_a_layer_takes_a_cycle_for_every_tile_and_the_pipeline_once(
    length: int, outputs: int, tokens: int, tables: int, group_size: int, columns: int, rows: int, every: int
) -> None:
    core = CoreConfig.parse(
        {
            "tables": tables,
            "group_size": group_size,
            "columns": columns,
            "rows": rows,
            "max_reduction": 512,
            "pipeline": {"reduction_every": every},
        }
    )
    plan = plan_for(core)
    expected = steps_by_walking(length, outputs, tokens, core) + plan.latency_cycles
    assert layer_cycles(plan, length, outputs, tokens) == expected


def test_a_batch_of_cores_takes_the_cycles_that_each_takes() -> None:
    held = {"dataflow": "table_stationary", "outputs": 6912}
    native = {"activation": "fp16", "datapath": "native"}
    cores = [
        CoreConfig.parse({"tables": tables, "columns": columns, "rows": rows, "group_size": 3, **kind})
        for tables in (1, 8, 21)
        for columns in (1, 16, 100, 4096)
        for rows in (1, 3)
        for kind in (
            {},
            held,
            {**held, "table_store": "memory", "symmetry": "full"},
            {**held, "table_store": "memory", "table_banks": 1},
            {**native, "pipeline": {"float_stages": 3}},
            {**native, **held, "pipeline": {"float_stages": 5}},
        )
    ]
    plans = [plan_for(core) for core in cores]
    sizes = {
        "tile_length": np.array([core.tile_length for core in cores]),
        "columns": np.array([core.columns for core in cores]),
        "rows": np.array([core.rows for core in cores]),
    }
    steps = layer_steps_batch(2560, 6912, 5, **sizes)
    pauses = layer_pauses_batch(
        2560,
        6912,
        5,
        **sizes,
        table_stationary=np.array([core.dataflow == "table_stationary" for core in cores]),
        accumulator_stages=np.array([plan.accumulator_stages for plan in plans]),
        pause_cycles=np.array([plan.pause_cycles for plan in plans]),
        fill_cycles=np.array([plan.fill_cycles for plan in plans]),
        table_banks=np.array([core.table_banks for core in cores]),
    )
    batch = steps + pauses + [plan.latency_cycles for plan in plans]
    assert batch.tolist() == [layer_cycles(plan, 2560, 6912, 5) for plan in plans]


def test_a_layer_beyond_the_core_is_refused() -> None:
    plan = plan_for(CoreConfig(tables=8, columns=16, max_reduction=64))
    with pytest.raises(WorkloadError, match="max_reduction = 64"):
        layer_cycles(plan, 65, 1)
