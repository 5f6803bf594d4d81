"""Layers in memory: nothing overlaps, everything is aligned, and what does not fit is refused."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError, WorkloadError
from generator.plan import plan_for
from generator.plan.accelerator import Gearing, accelerator_plan
from sim.memory_image import LayerShape, lay_out

CORE = CoreConfig.parse(
    {"group_size": 3, "tables": 5, "columns": 7, "rows": 3, "max_reduction": 999, "wrapper": "axi"}
)


def test_layers_lie_apart_and_aligned() -> None:
    axi, chance = accelerator_plan(plan_for(CORE)), random.Random(1)
    shapes = [LayerShape(*(chance.randint(1, 999) for _ in range(3))) for _ in range(20)]
    where = lay_out(axi, shapes, 0x40)
    taken = [(0x40, 0x40 + 64 * len(shapes))]
    for shape, place in zip(shapes, where.layers, strict=True):
        n, m, blocks = -(-shape.inputs // 15), -(-shape.outputs // 7), -(-shape.tokens // 3)
        # A beat: 35 keys of 5 bits, 3 · 15 activations of 8, 3 · 7 results of 32.
        assert place.key_bytes == n * m * 22
        assert place.activation_stride - 64 < n * 45 <= place.activation_stride
        assert place.result_stride - 64 < m * 84 <= place.result_stride
        taken += [
            (place.keys, place.keys + n * m * 22),
            (place.activations, place.activations + blocks * place.activation_stride),
            (place.results, place.results + blocks * place.result_stride),
        ]
    taken.sort()
    assert all(end <= begin for (_, end), (begin, _) in pairwise(taken))
    assert all(begin % 64 == 0 for begin, _ in taken)
    assert where.end == taken[-1][1]


def test_the_most_outputs_are_what_the_core_keeps_or_counts_and_a_register_says() -> None:
    def most(**keys: object) -> int:
        values = {"tables": 5, "columns": 7, "wrapper": "axi", **keys}
        return accelerator_plan(plan_for(CoreConfig.parse(values))).most_outputs

    assert most() == 7 * 65_535
    assert most(cores=3) == 21 * 65_535
    assert most(dataflow="table_stationary", outputs=40) == 40
    assert most(columns=4096, cores=64) == 2**32 - 1


def test_what_cannot_be_laid_out_is_refused() -> None:
    axi = accelerator_plan(plan_for(CORE))
    with pytest.raises(ConfigError, match="base 0x20: a multiple of 64 is expected"):
        lay_out(axi, [LayerShape(1, 1, 1)], 0x20)
    with pytest.raises(ConfigError, match="end beyond 64 bits"):
        lay_out(axi, [LayerShape(1, 1, 1)], (1 << 64) - 64)
    with pytest.raises(WorkloadError, match="beyond the core's max_reduction"):
        lay_out(axi, [LayerShape(1000, 1, 1)], 0)
    with pytest.raises(WorkloadError, match="65,536 tokens: 65,535 are the most"):
        lay_out(axi, [LayerShape(1, 1, 65_536)], 0)


@pytest.mark.parametrize(
    ("beat", "word", "units"), [(96, 16, (6, 1)), (4, 16, (1, 4)), (6, 16, (3, 8)), (15, 64, (15, 64))]
)
def test_beats_move_in_units_of_the_greatest_common_divisor(
    beat: int, word: int, units: tuple[int, int]
) -> None:
    gear = Gearing(beat, word)
    assert (gear.beat_units, gear.word_units) == units
    assert [gear.words(beats) for beats in range(5)] == [-(-beats * beat // word) for beats in range(5)]
