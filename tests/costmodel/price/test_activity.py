"""How often bits change in the cores that are priced, held against drawn numbers and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from costmodel.price.activity import (
    BITNET,
    Statistics,
    changing,
    of_accumulator,
    of_activations,
    of_entries,
    of_fetched,
    of_others,
    of_stored,
    of_sum,
    zero_activations,
)
from costmodel.price.control import length_counter, output_counter
from costmodel.price.fetch import key_decoder
from costmodel.price.motions import MOVES
from generator.plan import plan_for
from tests.costmodel.price.test_energy import ALWAYS, core


def test_a_bit_changes_as_often_as_two_draws_differ() -> None:
    assert changing(0) == 0.5  # 0 or 1 alike: two draws differ half of the time
    assert changing(0.5) == pytest.approx(2 * 0.25 * 0.75)  # a 1 in a quarter of all
    assert changing(1) == 0
    plan = plan_for(core(group_size=2))
    both_zero = 0.42**2
    ones = (1 - both_zero) / 2
    assert of_fetched(plan, Statistics(zero_weights=0.42, zero_activations=0)) == pytest.approx(
        2 * ones * (1 - ones)
    )


def test_accumulators_of_many_outputs_change_like_any_value() -> None:
    one = core(max_reduction=4096)
    many = core(max_reduction=4096, dataflow="table_stationary", outputs=16)
    both = of_accumulator(plan_for(many), BITNET) + of_others(plan_for(many), BITNET)
    assert both == pytest.approx(0.5, rel=0.1)  # signs change less and less, the longer a sum
    # Sums that come are far smaller than those that could: their upper bits are signs.
    wide, narrow = (of_accumulator(plan_for(core(max_reduction=n)), BITNET) for n in (1 << 20, 1 << 10))
    assert of_accumulator(plan_for(one), BITNET) < 0.5
    assert wide < narrow


@pytest.mark.parametrize(
    ("bits", "inputs", "steps", "zeros"),
    [(2, 8, 32, 0.42), (4, 1, 32, 0.42), (4, 4, 8, 0.42), (8, 1, 32, 0.42), (8, 2, 8, 0.42), (8, 1, 32, 0.6)],
)
def test_accumulators_change_as_drawn_sums_do(bits: int, inputs: int, steps: int, zeros: float) -> None:
    """Sums of drawn weights times drawn activations, three results one after the other."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 3, steps, inputs))
    largest = 2 ** (bits - 1) - 1
    rounded = np.rint(x * largest / np.abs(x).max(axis=(2, 3), keepdims=True))
    weights = rng.choice([-1, 0, 1], p=[(1 - zeros) / 2, zeros, (1 - zeros) / 2], size=x.shape)
    sums = (rounded * weights).sum(axis=3).cumsum(axis=2).astype(np.int64).reshape(1000, -1)
    config = core(
        architecture="select", group_size=1, activation=f"int{bits}", symmetric=True, tables=inputs,
        max_reduction=max(64, inputs * steps),
    )  # fmt: skip
    plan = plan_for(config)
    changed = sums[:, 1:] ^ sums[:, :-1]
    rate = np.mean([(changed >> bit) & 1 for bit in range(plan.state_width)])
    data = Statistics(
        zero_weights=zeros, zero_activations=float(np.mean(rounded == 0)), reduction=inputs * steps
    )
    assert of_accumulator(plan, data) == pytest.approx(rate, rel=0.15)


def test_exact_accumulators_change_as_drawn_sums_of_floats_do() -> None:
    """fp16 of about 1 as fixed point, whose unit is the smallest subnormal, 2^-24: 16 times 32 of them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 3, 32)).astype(np.float16).astype(np.float64) * 2**24
    weights = rng.choice([-1, 0, 1], p=[0.29, 0.42, 0.29], size=x.shape)
    sums = (x * weights).cumsum(axis=2).astype(np.int64).reshape(400, -1)
    config = core(
        architecture="select", group_size=1, activation="fp16", datapath="exact", tables=1, max_reduction=64
    )
    plan = plan_for(config)
    changed = sums[:, 1:] ^ sums[:, :-1]
    rate = np.mean([(changed >> bit) & 1 for bit in range(plan.state_width)])
    data = Statistics(zero_weights=0.42, zero_activations=0, reduction=32)
    assert of_accumulator(plan, data) == pytest.approx(rate, rel=0.15)


def test_fetched_values_are_inverted_also_where_they_are_zero() -> None:
    """A zero times -1 is all ones, to which 1 is added later: bits move though all activations are zero."""
    zeros = Statistics(zero_weights=0.42, zero_activations=1)
    selected = plan_for(core(architecture="select", group_size=1))
    multiplied = plan_for(core(architecture="multiplier", group_size=1))
    assert of_fetched(selected, zeros) == pytest.approx(changing(0.42))
    assert of_fetched(multiplied, zeros) == 0
    assert of_accumulator(selected, zeros) == 0


def test_of_a_decoders_lines_two_change() -> None:
    """27 of 40 lines more take no more: the rate of each is that of two of all."""
    few, many = (MOVES[key_decoder](plan_for(core(group_size=n)), ALWAYS).rate for n in (3, 4))
    assert 13 * few == pytest.approx(2)
    assert 40 * many == pytest.approx(2)


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_few_bits_make_many_activations_zero(bits: int) -> None:
    x = np.random.default_rng(1).standard_normal((64, 2048))
    largest = 2 ** (bits - 1) - 1
    rounded = np.rint(x * largest / np.abs(x).max(axis=1, keepdims=True))
    plan = plan_for(core(activation=f"int{bits}", max_reduction=2048))
    assert zero_activations(plan, BITNET) == pytest.approx(np.mean(rounded == 0), abs=0.01)


def test_a_sum_of_sparse_values_changes_more_than_each_of_them() -> None:
    sparse = plan_for(core(activation="int2", group_size=3, tables=4))
    assert of_activations(sparse, BITNET) < of_entries(sparse, BITNET)
    assert of_sum(sparse, BITNET, 1) < of_sum(sparse, BITNET, 4)
    # An entry of one activation changes as that does, the largest share of zeros being 1.
    assert of_entries(sparse, Statistics(zero_activations=1.0)) == 0


def test_sums_of_nothing_take_each_others_place_unseen() -> None:
    held = core(dataflow="table_stationary", outputs=64)
    nothing = Statistics(zero_weights=0.4, zero_activations=1.0)
    assert of_stored(plan_for(held), nothing) == 0
    assert of_stored(plan_for(held), BITNET) == pytest.approx(0.5, abs=0.01)


def toggles(values: int, steps: int = 960) -> float:
    """Bits that change a step in a register that counts down through so many values, over and over."""
    counted = np.arange(steps)[::-1] % values
    return sum(int(bits).bit_count() for bits in counted[1:] ^ counted[:-1]) / (steps - 1)


@pytest.mark.parametrize("outputs", [2, 4, 8])
def test_counters_of_outputs_change_as_counting_does(outputs: int) -> None:
    held = plan_for(core(dataflow="table_stationary", outputs=outputs, columns=1))
    registers = 2 * held.m_tiles_width
    assert MOVES[output_counter](held, BITNET).rate * registers == pytest.approx(toggles(outputs), rel=0.02)


def test_counters_of_lengths_change_with_every_step_and_what_they_start_from_does_not() -> None:
    stream = plan_for(core(max_reduction=2040))
    registers = length_counter(stream).counts["register"]
    assert registers == 2 * 8
    assert MOVES[length_counter](stream, BITNET).rate * registers == pytest.approx(toggles(256), rel=0.02)
