"""The layer that a core is tried on: as much of the workload as a few seconds of simulation allow."""

from __future__ import annotations

import pytest

from dse.spec.layer import Layer
from dse.spec.models import find_model
from dse.sweep.verification.trial import MOST_CYCLES, Trial
from generator.config import CoreConfig
from generator.errors import WorkloadError

BITNET = find_model("bitnet-b1.58-2B-4T").layers


def core(tables: int, columns: int, rows: int = 1, max_reduction: int = 8192) -> CoreConfig:
    return CoreConfig(
        architecture="select", group_size=1, tables=tables, columns=columns, rows=rows,
        max_reduction=max_reduction,
    )  # fmt: skip


def test_a_fast_core_runs_the_largest_layer_as_it_is() -> None:
    trial = Trial.choose(core(64, 32), BITNET, tokens=1)
    assert trial.title == "layer down (6912 → 2560), one token"
    assert trial.cycles == pytest.approx(6912 / 64 * 2560 / 32, abs=20)


def test_a_slower_core_runs_the_largest_layer_that_is_quick_enough() -> None:
    trial = Trial.choose(core(20, 20), BITNET, tokens=1)
    assert 6912 / 20 * 2560 / 20 > MOST_CYCLES > 2560 / 20 * 2560 / 20
    assert (trial.inputs, trial.outputs) == (2560, 2560)


def test_a_core_that_is_too_slow_for_any_runs_a_part_of_the_quickest() -> None:
    trial = Trial.choose(core(1, 1), BITNET, tokens=1)
    assert trial.layer.name in ("k", "v")
    assert (trial.inputs, trial.outputs) == (2560, MOST_CYCLES // 2560)
    assert trial.title.startswith("the first 2560 → 7 of layer ")


def test_a_layer_longer_than_all_cycles_is_cut_there_too() -> None:
    long = [Layer(name="long", inputs=1 << 20, outputs=3)]
    trial = Trial.choose(core(1, 1, max_reduction=1 << 20), long, tokens=1)
    assert (trial.inputs, trial.outputs) == (MOST_CYCLES, 1)


def test_as_many_tokens_are_run_as_fit_and_as_the_workload_has() -> None:
    small = [Layer(name="small", inputs=40, outputs=40)]
    few, many = (Trial.choose(core(4, 4, rows=2), small, tokens) for tokens in (3, 1 << 20))
    assert few.tokens == 3
    assert few.cycles == pytest.approx(2 * 10 * 10, abs=20)
    assert MOST_CYCLES / 2 < many.cycles <= MOST_CYCLES


def test_a_workload_that_does_not_fit_the_core_is_refused() -> None:
    with pytest.raises(WorkloadError, match="max_reduction = 64"):
        Trial.choose(core(4, 4, max_reduction=64), BITNET, tokens=1)
