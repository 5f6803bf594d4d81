"""Filling tables that are memories: every entry once, in a row of single additions, as soon as can be."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from generator.alphabets import ALPHABETS, SYMMETRIES, Symmetry
from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.plan import CorePlan, FillPlan, FillStep, Tiling

KINDS = [
    (name, size, symmetry)
    for name, alphabet in ALPHABETS.items()
    for size in alphabet.group_sizes
    for symmetry in SYMMETRIES
    if 1 < size < 6
]
MEMORY = {"table_store": "memory", "dataflow": "table_stationary", "group_size": 3, "tables": 2, "columns": 2}


def groups_of(alphabet: str, size: int, symmetry: Symmetry) -> set[tuple[int, ...]]:
    """All groups of weights that need an entry."""
    zeros = {"ternary": range(size), "binary": (0,), "sparse_3_4": (1,)}[alphabet]
    groups = [w for w in product((-1, 0, 1), repeat=size) if w.count(0) in zeros]
    return set(groups if symmetry == "full" else groups[len(groups) // 2 :])


@pytest.mark.parametrize(("alphabet", "size", "symmetry"), KINDS)
def test_every_sum_is_the_one_before_and_an_activation(alphabet: str, size: int, symmetry: Symmetry) -> None:
    """As numpy adds them up, and each entry is stored once."""
    steps = FillPlan(alphabet, size, symmetry, stores_zero=False, banks=2).steps
    total, activations = 0, np.array([1, 100, 10_000, 1_000_000, 100_000_000])[:size]
    for step in steps:
        assert step.place is not None
        addend = int(activations[step.place]) * (2 if step.doubled else 1) * (-1 if step.subtract else 1)
        total = (0 if step.restarts else total) + addend
        assert total == int(activations @ np.array(step.digits))
    stored = [step.digits for step in steps if step.index is not None]
    assert len(stored) == len(set(stored))
    assert set(stored) == groups_of(alphabet, size, symmetry)
    assert steps[0].restarts


@pytest.mark.parametrize("symmetry", SYMMETRIES)
@pytest.mark.parametrize("size", [2, 3, 4, 5, pytest.param(6, marks=pytest.mark.exhaustive)])
def test_a_ternary_table_takes_a_cycle_an_entry(size: int, symmetry: Symmetry) -> None:
    """None are fewer: one is stored in a cycle. Addressed, nothing is an entry, too."""
    entries = (3**size - 1) // (1 if symmetry == "full" else 2)
    assert FillPlan("ternary", size, symmetry, stores_zero=False, banks=2).cycles == entries
    addressed = FillPlan("ternary", size, symmetry, stores_zero=True, banks=2)
    assert addressed.cycles == entries + 1
    assert addressed.steps[0] == FillStep((0,) * size, None, 0, restarts=True)
    assert not addressed.doubles


@pytest.mark.parametrize("size", range(2, 7))
def test_a_binary_table_takes_its_first_entry_more(size: int) -> None:
    """That is the sum of all activations; from it on each is the one before, less or more twice another."""
    filling = FillPlan("binary", size, "half", stores_zero=False, banks=2)
    assert filling.cycles == 2 ** (size - 1) + size - 1
    stored = [step.digits for step in filling.steps[size - 1 :]]
    assert all(sum(a != b for a, b in zip(*pair, strict=True)) == 1 for pair in pairwise(stored))


@pytest.mark.parametrize(
    ("banks", "outputs", "cycles"),
    # 13 entries of µ = 3. Five tiles of outputs are fetched in as many cycles, 20 in 20.
    [(2, 10, 3 * 5 + 2 * 8), (2, 40, 3 * 20), (1, 10, 3 * 5 + 2 * 12), (1, 40, 3 * 20 + 2 * 12)],
)
def test_fetches_wait_for_tables_that_take_longer(banks: int, outputs: int, cycles: int) -> None:
    plan = CorePlan(CoreConfig.parse({**MEMORY, "outputs": 40, "table_banks": banks}))
    assert Tiling.of(plan, 3 * plan.tile_length, outputs).cycles == cycles + plan.latency_cycles


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"dataflow": "output_stationary", "outputs": None}, "'table_stationary' is allowed"),
        ({"activation": "fp16"}, "it is for integers"),
        ({"group_size": 1}, "it is for 'lut' and larger groups"),
        ({"alphabet": "binary", "group_size": 4, "table_depth": 3}, "0 is allowed"),
        ({"table_store": "registers", "table_banks": 1}, "it is for table_store = 'memory'"),
    ],
)
def test_cores_without_memories_to_fill_are_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        CoreConfig.parse({**MEMORY, "outputs": 4, **values})
