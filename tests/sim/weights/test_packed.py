"""The packed layout of published checkpoints, held against a vector packed by hand and a loop over bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.weights.packed import holds_weights, unpack_rows
from sim.weights.tensors import WeightFileError
from tests.sim.weights.test_ternary import made

# Two rows of bytes are eight rows of weights; bits 0-1, 2-3, 4-5, 6-7 are rows i, 2 + i, 4 + i and 6 + i.
BYTES = [
    [0b00_01_10_00, 0b10_10_01_01],
    [0b01_00_01_10, 0b00_00_10_01],
]
WEIGHTS = [
    [-1, 0],
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 1],
    [-1, -1],
    [-1, 1],
    [0, -1],
]


def test_rows_in_a_byte_are_a_quarter_of_the_matrix_apart() -> None:
    assert unpack_rows(np.array(BYTES, dtype=np.uint8)).tolist() == WEIGHTS


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 6))))
def test_every_byte_is_read_bit_by_bit(octets: Any) -> None:
    quarter, length = octets.shape
    valid = all(int(byte) >> at & 3 != 3 for byte in octets.flat for at in (0, 2, 4, 6))
    assert holds_weights(octets) == valid
    if not valid:
        with pytest.raises(WeightFileError, match="two bits of a byte are 3"):
            made(octets)
        return
    found = made(octets)
    assert found.rule == "packed"
    for row in range(4 * quarter):
        for column in range(length):
            byte = f"{octets[row % quarter, column]:08b}"
            at = 6 - 2 * (row // quarter)
            assert found.weights[row, column] == int(byte[at : at + 2], 2) - 1


def test_only_bytes_can_be_packed() -> None:
    with pytest.raises(WeightFileError, match="packed weights are bytes"):
        made(np.zeros((2, 2), dtype=np.int32), "packed")
