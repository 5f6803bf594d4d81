"""The key code: packing, unpacking, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from generator.alphabets import value_of
from generator.errors import KeyFileError
from generator.keys import (
    digits_of,
    encode,
    entry_count,
    index_cubes,
    index_width,
    key_width,
    pack,
    unpack,
)

GROUP_SIZES = range(1, 7)
ternary = st.integers(1, 4).flatmap(
    lambda rows: hnp.arrays(
        np.int8, st.tuples(st.just(rows), st.integers(1, 40)), elements=st.integers(-1, 1)
    )
)


def test_key_widths_are_those_of_the_paper_table() -> None:
    assert [key_width(size) for size in GROUP_SIZES] == [2, 4, 5, 7, 8, 10]
    assert [entry_count(size) for size in GROUP_SIZES] == [1, 4, 13, 40, 121, 364]


@given(weights=ternary, size=st.sampled_from(GROUP_SIZES))
def test_unpacking_restores_the_weights_and_zero_padding(weights: np.ndarray, size: int) -> None:
    restored = unpack(pack(weights, size), size)
    length = weights.shape[-1]
    assert restored.shape[-1] == -(-length // size) * size
    assert np.array_equal(restored[..., :length], weights)
    assert not restored[..., length:].any()


@given(weights=ternary, size=st.sampled_from(GROUP_SIZES))
def test_negating_the_weights_flips_signs_alone(weights: np.ndarray, size: int) -> None:
    keys, negated = pack(weights, size), pack(-weights, size)
    sign = 1 << index_width(size)
    assert np.array_equal(np.where(keys == 0, 0, keys ^ sign), negated)


@given(weights=ternary, size=st.sampled_from(GROUP_SIZES))
def test_an_index_is_the_balanced_ternary_value(weights: np.ndarray, size: int) -> None:
    padded = np.pad(weights, ((0, 0), (0, -weights.shape[-1] % size))).astype(int)
    values = padded.reshape(len(weights), -1, size) @ (3 ** np.arange(size)[::-1])
    expected = np.abs(values) + (values < 0) * (1 << index_width(size))
    assert np.array_equal(pack(weights, size), expected)


@pytest.mark.parametrize("size", GROUP_SIZES)
def test_digits_and_index_are_inverse(size: int) -> None:
    for index in range(entry_count(size) + 1):
        assert value_of(digits_of(index, size)) == index


@pytest.mark.parametrize("size", GROUP_SIZES)
def test_a_cube_holds_its_own_entry_and_no_other(size: int) -> None:
    for entry, cube in enumerate(index_cubes(size), start=1):
        matching = [i for i in range(entry_count(size) + 1) if all(i >> b & 1 == v for b, v in cube.items())]
        assert matching == [entry]


@pytest.mark.parametrize(("size", "key"), [(1, 2), (2, 5), (2, 8), (3, 14), (4, 41), (3, 64), (2, -1)])
def test_keys_outside_the_code_are_refused(size: int, key: int) -> None:
    with pytest.raises(KeyFileError, match=f"key {key} is not one of group_size {size}"):
        unpack(np.array([0, key]), size)


def test_weights_that_are_not_ternary_are_refused() -> None:
    with pytest.raises(KeyFileError, match="weight 2 is not ternary"):
        pack([0, 1, 2], 2)
    with pytest.raises(KeyFileError, match=r"weight 0\.5 is not ternary"):
        pack([0, 0.5], 2)


def test_a_multiplier_gets_weights_in_twos_complement() -> None:
    assert encode([-1, 0, 1], 1, multiplier_bits=4).tolist() == [15, 0, 1]
