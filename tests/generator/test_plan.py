"""What a plan promises: least adders, least depth, exact widths, and figures that follow from the tile."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.alphabets import GROUP_SIZES
from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.pipeline_config import PipelineConfig
from generator.plan import CorePlan, MergePlan, Range, TablePlan, Tiling


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_a_width_is_the_least_that_holds_both_ends(low: int, size: int) -> None:
    span = Range(low, low + size)
    half = 1 << (span.width - 1)
    assert -half <= span.low <= span.high < half
    if span.width > 1:
        assert span.low < -half // 2 or span.high >= half // 2


@pytest.mark.parametrize("size", GROUP_SIZES)
def test_every_entry_is_one_addition_of_two_smaller_entries(size: int) -> None:
    plan = TablePlan(size, Range(-128, 127))
    by_index = {entry.index: entry for entry in plan.entries}
    additions = 0
    for entry in plan.entries:
        if entry.right is None:
            assert [abs(d) for d in entry.digits] == [int(i == entry.left) for i in range(size)]
            continue
        additions += 1
        left, right = by_index[entry.left].digits, by_index[entry.right].digits
        sign = -1 if entry.subtract else 1
        assert tuple(a + sign * b for a, b in zip(left, right, strict=True)) == entry.digits
        terms, left_terms = sum(map(abs, entry.digits)), sum(map(abs, left))
        assert not any(a and b for a, b in zip(left, right, strict=True))
        assert left_terms == (terms + 1) // 2
    assert additions == plan.adders == (3**size - 1) // 2 - size
    assert plan.depth == (size - 1).bit_length()


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("bits", [2, 3, 8])
@pytest.mark.parametrize(
    ("alphabet", "size"),
    [*(("ternary", size) for size in (1, 2, 3, 4)), ("binary", 3), ("binary", 4), ("sparse_3_4", 4)],
)
def test_ranges_of_sums_are_what_the_extremes_give(
    alphabet: str, size: int, bits: int, symmetric: bool
) -> None:
    activation = f"int{bits}"
    core = {"group_size": size, "alphabet": alphabet, "activation": activation, "symmetric": symmetric}
    plan = CorePlan(CoreConfig.parse({"tables": 1, "columns": 1, **core}))
    low, high = -(1 << (bits - 1)) + symmetric, (1 << (bits - 1)) - 1
    corners = np.array(list(product((low, high), repeat=size)))
    for entry in plan.table.sums:
        sums = corners @ np.array(entry.digits)
        assert (entry.range.low, entry.range.high) == (sums.min() if len(sums) else 0, sums.max())


@pytest.mark.parametrize("leaves", range(1, 34))
def test_a_tree_has_one_adder_less_than_leaves_and_least_depth(leaves: int) -> None:
    tree = CorePlan(CoreConfig(tables=leaves, columns=1)).reduction
    assert sum(node.left is not None for node in tree.nodes) == leaves - 1
    assert tree.depth == (leaves - 1).bit_length()
    assert tree.root.value.total == Range(-128 * leaves, 128 * leaves)


@pytest.mark.parametrize(("symmetric", "width"), [(False, 22), (True, 21)])
def test_the_accumulator_holds_the_largest_sum_and_no_more(symmetric: bool, width: int) -> None:
    plan = CorePlan(CoreConfig(tables=8, columns=1, max_reduction=8192, symmetric=symmetric))
    assert plan.accumulator_width == width


@given(tables=st.integers(1, 40), every=st.integers(0, 5), fetch=st.booleans(), size=st.integers(1, 4))
def test_latency_counts_the_registers_on_the_way(tables: int, every: int, fetch: bool, size: int) -> None:
    pipeline = PipelineConfig(fetch=fetch, reduction_every=every)
    plan = CorePlan(CoreConfig(tables=tables, columns=1, group_size=size, pipeline=pipeline))
    depth = (tables - 1).bit_length()
    assert plan.latency_cycles == 2 + fetch + (depth // every if every else 0)


def test_a_layer_beyond_the_core_is_refused() -> None:
    plan = CorePlan(CoreConfig(tables=8, columns=4, max_reduction=64))
    assert Tiling.of(plan, 64, 9, 3).cycles == 3 * 8 * 3 + 2
    with pytest.raises(WorkloadError, match=r"N = 65 is beyond the core's max_reduction = 64"):
        Tiling.of(plan, 65, 9)
    with pytest.raises(WorkloadError, match="each must be at least 1"):
        Tiling.of(plan, 0, 9)
    with pytest.raises(WorkloadError, match="65535 is the most"):
        Tiling.of(plan, 64, 4 * 65535 + 1)
    held = CorePlan(CoreConfig(tables=8, columns=4, dataflow="table_stationary", outputs=9, max_reduction=64))
    assert held.partial_sums == 3
    assert Tiling.of(held, 64, 12).m_tiles == 3
    with pytest.raises(WorkloadError, match=r"M = 13 is beyond the core's outputs = 9"):
        Tiling.of(held, 64, 13)


@given(st.integers(1, 40))
def test_a_merge_adds_every_partial_sum_once(sums: int) -> None:
    merge = MergePlan(sums)
    ring: list[set[int] | None] = [{place} for place in range(sums)]
    captured: set[int] | None = None
    for step in range(merge.steps):
        place = step % sums
        if step in merge.captures:
            assert captured is None
            captured, ring[place] = ring[place], None
        elif step in merge.merges:
            kept = ring[place]
            assert captured is not None
            assert kept is not None
            assert not kept & captured
            captured, ring[place] = None, kept | captured
    assert captured is None
    assert ring[merge.steps % sums] == set(range(sums))
