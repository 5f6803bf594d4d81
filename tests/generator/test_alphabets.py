"""Alphabets of weights: their codes, packing, the sums of their tables, and that no table takes less."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from generator.alphabets import ALPHABETS, code_of, value_of
from generator.config import CoreConfig
from generator.errors import ConfigError, KeyFileError
from generator.keys import index_cubes, index_width, pack, random_weights, unpack
from generator.plan import Range, TablePlan
from tests.generator.adder_search import entries_within_depth_three

ZEROS = {"binary": 0, "sparse_3_4": 1}
"""Zeros in a group of each alphabet that is told by that."""
OTHERS = [*(("binary", size) for size in range(1, 7)), ("sparse_3_4", 4)]
ADDERS = {
    ("binary", 2): {1: 2},
    ("binary", 3): {2: 6, 3: 5},
    ("binary", 4): {2: 12, 3: 11, 4: 10},
    ("binary", 5): {3: 24, 4: 21, 5: 20, 6: 19},
    ("binary", 6): {3: 44, 4: 40, 5: 37, 6: 36},
    ("sparse_3_4", 4): {2: 20, 3: 18},
}
"""Adders of a table by its depth. FIGLUT takes 14 for the binary one of four (HPCA 2025, section III)."""


def groups_of(alphabet: str, size: int) -> list[tuple[int, ...]]:
    return [w for w in product((-1, 0, 1), repeat=size) if w.count(0) == ZEROS[alphabet]]


def test_every_alphabet_holds_the_negations_of_its_groups() -> None:
    for alphabet in ALPHABETS.values():
        for size in alphabet.group_sizes:
            for group in product((-1, 0, 1), repeat=size):
                assert bool(alphabet.allows(group)) == bool(alphabet.allows(tuple(-w for w in group)))


def test_bits_of_a_weight() -> None:
    """One of a binary weight; sparse, five of four weights."""
    assert [code_of("binary", size).key_width for size in range(1, 7)] == [1, 2, 3, 4, 5, 6]
    assert code_of("sparse_3_4", 4).key_width == 5
    assert len(code_of("binary", 4).entries) == 8
    assert len(code_of("sparse_3_4", 4).entries) == 16


@pytest.mark.parametrize(("alphabet", "size"), OTHERS)
def test_keys_are_a_sign_above_the_rank(alphabet: str, size: int) -> None:
    """All groups in the order of their values: an index counts from the middle on, for both signs."""
    groups = groups_of(alphabet, size)
    half = len(groups) // 2
    keys = pack(np.array(groups).reshape(1, -1), size, alphabet)[0]
    sign = 1 << index_width(size, alphabet)
    assert keys.tolist() == [sign | half - 1 - i for i in range(half)] + list(range(half))
    assert np.array_equal(unpack(keys, size, alphabet), np.array(groups).reshape(-1))


@pytest.mark.parametrize(("alphabet", "size"), [*(("ternary", size) for size in range(1, 7)), *OTHERS])
def test_keys_to_a_full_table_count_all_groups(alphabet: str, size: int) -> None:
    """From nothing, or the least that is not negative, up; on from the most negative. As wide as others."""
    every = list(product((-1, 0, 1), repeat=size)) if alphabet == "ternary" else groups_of(alphabet, size)
    keys = pack(np.array(every).reshape(1, -1), size, alphabet, "full")[0]
    first = len(every) // 2
    assert keys.tolist() == [*range(len(every) - first, len(every)), *range(len(every) - first)]
    assert np.array_equal(unpack(keys, size, alphabet, "full"), np.array(every).reshape(-1))
    code = code_of(alphabet, size, "full")
    assert code.key_width == code_of(alphabet, size).key_width
    assert len(code.entries) == len(every) - every.count((0,) * size)
    if len(every) < 1 << code.key_width:
        with pytest.raises(KeyFileError, match=f"indices 0 … {len(every) - 1} are allowed$"):
            unpack([len(every)], size, alphabet, "full")


@pytest.mark.parametrize(("alphabet", "size"), OTHERS)
def test_random_weights_of_any_length_come_back(alphabet: str, size: int) -> None:
    rng = np.random.default_rng(size)
    for length in (1, size, 3 * size + 1, 40):
        weights = random_weights(rng, alphabet, size, (5, length))
        assert weights.shape == (5, length)
        assert np.array_equal(unpack(pack(weights, size, alphabet), size, alphabet)[:, :length], weights)


@pytest.mark.parametrize(("alphabet", "size"), OTHERS)
def test_a_cube_holds_its_own_entry_and_no_other(alphabet: str, size: int) -> None:
    cubes = index_cubes(size, alphabet)
    for index in range(len(cubes)):
        matching = [i for i, cube in enumerate(cubes) if all(index >> b & 1 == v for b, v in cube.items())]
        assert matching == [index]


@pytest.mark.parametrize(
    ("alphabet", "size", "weights", "message"),
    [
        ("binary", 2, [1, -1, 0, 1], "weights 0 1 are no group of alphabet = 'binary': weights of -1 and 1"),
        ("sparse_3_4", 4, [1, 0, 1, 0], "weights 1 0 1 0 are no group of alphabet = 'sparse_3_4'"),
        ("sparse_3_4", 4, [1, 0, 1, 1, 0, 0], "weights 0 0 are no group"),
        ("binary", 2, [1, 2], "weight 2 is not ternary"),
    ],
)
def test_weights_outside_the_alphabet_are_refused(
    alphabet: str, size: int, weights: list[int], message: str
) -> None:
    with pytest.raises(KeyFileError, match=message):
        pack(weights, size, alphabet)


@pytest.mark.parametrize(("alphabet", "size", "key"), [("binary", 3, 8), ("sparse_3_4", 4, 32)])
def test_keys_outside_the_code_are_refused(alphabet: str, size: int, key: int) -> None:
    with pytest.raises(KeyFileError, match=f"key {key} is not one of group_size {size}"):
        unpack([0, key], size, alphabet)


@pytest.mark.parametrize(
    ("alphabet", "size", "depth", "adders"),
    [(*code, depth, count) for code, counts in ADDERS.items() for depth, count in counts.items()],
)
def test_every_sum_of_a_table_is_one_addition(alphabet: str, size: int, depth: int, adders: int) -> None:
    plan = TablePlan(size, Range(-128, 127), alphabet, depth)
    assert (plan.adders, plan.depth) == (adders, depth)
    groups = [group for group in groups_of(alphabet, size) if value_of(group) > 0]
    assert [entry.digits for entry in plan.entries] == groups
    made: dict[int, tuple[np.ndarray, int]] = {}
    for each in plan.sums:
        if each.right is None:
            made[each.index] = np.eye(size, dtype=int)[each.left], 0
            continue
        (left, left_depth), (right, right_depth) = made[each.left], made[each.right]
        factor = (1 + each.doubled) * (-1 if each.subtract else 1)
        made[each.index] = left + factor * right, 1 + max(left_depth, right_depth)
    for each in plan.sums:
        assert (tuple(made[each.index][0]), made[each.index][1]) == (each.digits, each.depth)


@pytest.mark.parametrize(
    ("alphabet", "size"), [(alphabet, size) for alphabet, size in ADDERS if alphabet == "binary"]
)
def test_the_deepest_table_has_the_fewest_adders_there_can_be(alphabet: str, size: int) -> None:
    """The first entry takes µ - 1 additions, each other one at least."""
    assert min(ADDERS[alphabet, size].values()) == 2 ** (size - 1) - 1 + size - 1


@pytest.mark.exhaustive
def test_ten_adders_make_no_binary_table_of_four_at_depth_three() -> None:
    """Eight entries take an adder each, so two are left for sums that are none. Whichever these are, with
    operands shifted by up to three places, not all entries are within three additions. With three they are.
    """
    assert max(entries_within_depth_three(extra=2)) < 8
    assert ADDERS["binary", 4][3] == 11


@pytest.mark.parametrize(
    ("core", "message"),
    [
        ({"alphabet": "quinary"}, "alphabet = 'quinary': ternary, binary, sparse_3_4 are known"),
        (
            {"alphabet": "sparse_3_4", "group_size": 3},
            "group_size = 3 with alphabet = 'sparse_3_4': 4 is allowed",
        ),
        ({"group_size": 3, "table_depth": 3}, "alphabet = 'ternary' and group_size = 3: 2 is allowed"),
        (
            {"group_size": 4, "alphabet": "binary", "table_depth": 5},
            "alphabet = 'binary' and group_size = 4: 2 or 3 or 4 is allowed, more saves no adders",
        ),
        ({"alphabet": "binary", "table_depth": 2}, "no table adds anything"),
        (
            {"alphabet": "binary", "group_size": 3, "table_depth": 3, "activation": "fp16"},
            "table_depth = 3 with datapath = 'native': floats are rounded in every addition",
        ),
        (
            {"alphabet": "binary", "key_packing": "base3"},
            "bytes hold weights of -1, 0 and 1, 'none' is allowed",
        ),
    ],
)
def test_cores_that_cannot_be_are_refused_in_one_line(core: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CoreConfig.parse({"tables": 2, "columns": 2, **core})


def test_a_core_of_ternary_weights_keeps_its_name() -> None:
    plain = CoreConfig(group_size=3, tables=2, columns=2)
    stated = CoreConfig(group_size=3, tables=2, columns=2, alphabet="ternary", table_depth=0)
    assert stated.digest == plain.digest
    assert "alphabet" not in stated.to_toml()
