"""The rules of the datasheet are enough: a model that follows them alone gives the golden vectors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from dse.handoff.arithmetic import rules
from dse.handoff.vectors import RECIPES, golden
from generator.config import CoreConfig
from generator.plan import plan_for

SHAPE: dict[str, Any] = {"tables": 3, "columns": 2, "max_reduction": 900, "activation": "fp16"}
CORES: dict[str, dict[str, Any]] = {
    "native": {"group_size": 3, "rows": 2},
    "native, wide, five sums": {"group_size": 2, "accumulation": "fp32", "pipeline": {"float_stages": 5}},
    "native, e4m3": {"activation": "fp8_e4m3", "architecture": "select", "pipeline": {"float_stages": 3}},
    "native, multiplied": {"activation": "bf16", "architecture": "multiplier"},
    "native, multiplied without subnormals": {"architecture": "multiplier", "subnormals": False},
    "native, held": {"group_size": 4, "dataflow": "table_stationary", "outputs": 7},
    "native, binary": {"group_size": 4, "alphabet": "binary"},
    "native, sparse": {"group_size": 4, "alphabet": "sparse_3_4"},
    "exact": {"group_size": 2, "datapath": "exact"},
    "exact, multiplied": {"activation": "fp8_e5m2", "architecture": "multiplier", "datapath": "exact"},
    "aligned": {"group_size": 2, "rows": 3, "datapath": "aligned", "aligned_bits": 9},
    "aligned, cut, four sums": {
        "architecture": "select",
        "datapath": "aligned",
        "aligned_bits": 14,
        "rounding": "truncate",
        "pipeline": {"float_stages": 4},
    },
    "aligned, e4m3, held": {
        "activation": "fp8_e4m3",
        "datapath": "aligned",
        "aligned_bits": 5,
        "dataflow": "table_stationary",
        "outputs": 9,
        "pipeline": {"float_stages": 2},
    },
}
FRACTIONS = {"fp16": (5, 10), "bf16": (8, 7), "fp32": (8, 23), "fp8_e4m3": (4, 3), "fp8_e5m2": (5, 2)}
"""Bits of exponent and of fraction."""


@dataclass(frozen=True)
class Number:
    """A format, whose numbers are patterns of bits."""

    exponent: int
    fraction: int
    infinities: bool

    @property
    def bias(self) -> int:
        return (1 << (self.exponent - 1)) - 1

    @property
    def sign(self) -> int:
        return 1 << (self.exponent + self.fraction)

    @property
    def top(self) -> int:
        """The pattern of infinity; without infinities that of NaN."""
        return ((1 << self.exponent) - 1) << self.fraction if self.infinities else self.sign - 1

    @property
    def nan(self) -> int:
        return self.top | (1 << (self.fraction - 1) if self.infinities else 0)

    def is_nan(self, bits: int) -> bool:
        magnitude = bits & (self.sign - 1)
        return magnitude > self.top if self.infinities else magnitude == self.top

    def is_infinite(self, bits: int) -> bool:
        return self.infinities and bits & (self.sign - 1) == self.top

    def field(self, bits: int) -> int:
        return bits >> self.fraction & ((1 << self.exponent) - 1)

    def value(self, bits: int) -> Fraction:
        """Of a finite number."""
        field, rest = self.field(bits), bits & ((1 << self.fraction) - 1)
        significand = rest + ((1 << self.fraction) if field else 0)
        magnitude = significand * Fraction(2) ** (max(field, 1) - self.bias - self.fraction)
        return -magnitude if bits & self.sign else magnitude

    def rounded(self, value: Fraction) -> int:
        """To nearest, ties to even; of 0 it is +0."""
        sign, magnitude = (self.sign if value < 0 else 0), abs(value)
        power = 1 - self.bias
        while magnitude >= Fraction(2) ** (power + 1):
            power += 1
        # Python rounds a fraction to the nearest integer, ties to even.
        steps = round(magnitude / Fraction(2) ** (power - self.fraction))
        pattern = steps + ((power + self.bias - 1) << self.fraction)
        if pattern < self.top:
            return sign | pattern
        return sign | self.top if self.infinities else self.nan

    def add(self, a: int, b: int) -> int:
        if self.is_nan(a) or self.is_nan(b):
            return self.nan
        if self.is_infinite(a) or self.is_infinite(b):
            if self.is_infinite(a) and self.is_infinite(b) and a != b:
                return self.nan
            return a if self.is_infinite(a) else b
        if a == b == self.sign:
            return self.sign
        return self.rounded(self.value(a) + self.value(b))


def number_of(name: str) -> Number:
    exponent, fraction = FRACTIONS[name]
    return Number(exponent, fraction, name != "fp8_e4m3")


def entry(number: Number, values: Sequence[int], weights: Sequence[int], by_places: bool = False) -> int:
    """A table's value for a group of activations, of whose places or weights halves are added."""
    taken = [(x, w) for x, w in zip(values, weights, strict=True) if w]
    if not taken:
        return 0
    if taken[0][1] < 0:
        return entry(number, values, [-w for w in weights], by_places) ^ number.sign
    if len(taken) == 1:
        return taken[0][0]
    if by_places:
        half = (len(values) + 1) // 2
        parts = [(values[:half], weights[:half]), (values[half:], weights[half:])]
        sums = [entry(number, *part, by_places) for part in parts if any(part[1])]
        return sums[0] if len(sums) == 1 else number.add(*sums)
    half = (len(taken) + 1) // 2
    first, second = ([*zip(*part, strict=True)] for part in (taken[:half], taken[half:]))
    return number.add(entry(number, *first), entry(number, *second))


def tree(number: Number, values: list[int]) -> int:
    while len(values) > 1:
        sums = [number.add(a, b) for a, b in zip(values[::2], values[1::2], strict=False)]
        values = sums + values[len(values) // 2 * 2 :]
    return values[0]


def widened(source: Number, target: Number, bits: int) -> int:
    sign = target.sign if bits & source.sign else 0
    if source.is_nan(bits):
        return target.nan
    if source.is_infinite(bits):
        return sign | target.top
    return sign | target.rounded(abs(source.value(bits)))


def total(number: Number, tiles: list[int], sheet: str) -> int:
    """Tiles added up, in as many partial sums as the datasheet says and merged as it says."""
    keeps = re.search(r"keeps (\d+) partial sums", sheet)
    count = int(keeps[1]) if keeps else 1
    sums = [0] * count
    for place, tile in enumerate(tiles):
        sums[place % count] = number.add(sums[place % count], tile)
    if not keeps:
        return sums[0]
    expression = re.search(r"the result is ([s\d+() ]+)\.", sheet)
    assert expression is not None

    class Sum(int):
        def __add__(self, other: int) -> Sum:
            return Sum(number.add(self, other))

    names = {f"s{i}": Sum(sums[(len(tiles) + i) % count]) for i in range(count)}
    return int(eval(expression[1], {}, names))


def native(core: CoreConfig, tiles: list[Any], sheet: str) -> int:
    number, wide = number_of(core.activation), number_of(str(core.accumulation))
    size = core.group_size
    sums = []
    for x, w in tiles:
        groups = range(0, len(x), size)
        if "A subnormal activation counts as a zero of its sign" in sheet:
            x = [value if number.field(value) else value & number.sign for value in x]
        places = f"in the first half of the {size} of a group" in sheet
        value = tree(number, [entry(number, x[g : g + size], w[g : g + size], places) for g in groups])
        sums.append(value if wide == number else widened(number, wide, value))
    return total(wide, sums, sheet)


def exact(core: CoreConfig, tiles: list[Any], sheet: str) -> int:
    number = number_of(core.activation)
    selected = [(v, weight) for x, w in tiles for v, weight in zip(x, w, strict=True) if weight]
    if any(number.is_nan(v) or number.is_infinite(v) for v, _ in selected):
        return number.sign << 1
    return number.rounded(sum((number.value(v) * weight for v, weight in selected), Fraction(0)))


def aligned(core: CoreConfig, tiles: list[Any], sheet: str) -> int:
    number, wide = number_of(core.activation), number_of(str(core.accumulation))
    bits, invalid, sums = core.aligned_bits or 0, False, []
    for x, w in tiles:
        special = [number.is_nan(v) or number.is_infinite(v) for v in x]
        fields = [number.field(v) for v, bad in zip(x, special, strict=True) if not bad]
        unit = Fraction(2) ** (max(1, *fields, 1) - (number.bias + bits - 2))
        units = 0
        for v, bad, weight in zip(x, special, w, strict=True):
            invalid |= bad and weight != 0
            if not bad:
                scaled = number.value(v) / unit
                whole = (
                    round(scaled) if core.rounding == "nearest" else scaled.numerator // scaled.denominator
                )
                units += weight * min(whole, (1 << (bits - 1)) - 1)
        value = wide.rounded(units * unit)
        sums.append(value)
    return wide.sign << 1 if invalid else total(wide, sums, sheet)


MODELS: dict[str, Callable[[CoreConfig, list[Any], str], int]] = {
    "native": native,
    "exact": exact,
    "aligned": aligned,
}


def fields(line: str, count: int, width: int) -> list[int]:
    beat = int(line, 16)
    return [beat >> at * width & ((1 << width) - 1) for at in range(count)]


def weights(core: CoreConfig, key: int, width: int) -> list[int]:
    """The weights of a key: balanced ternary, or a number."""
    if core.architecture == "multiplier":
        if core.datapath == "aligned":
            return [key - (key >> (width - 1) << width)]
        return [0 if not key & ((1 << (width - 1)) - 1) else -1 if key >> (width - 1) else 1]
    if core.alphabet != "ternary":
        zeros = {"binary": 0, "sparse_3_4": 1}[core.alphabet]
        groups = [w for w in product((-1, 0, 1), repeat=core.group_size) if w.count(0) == zeros]
        # In the order of products, w and -w are as far from the two ends.
        group = groups[len(groups) // 2 + (key & ((1 << (width - 1)) - 1))]
        return [-w if key >> (width - 1) else w for w in group]
    magnitude, digits = key & ((1 << (width - 1)) - 1), []
    for _ in range(core.group_size):
        digit = (magnitude + 1) % 3 - 1
        digits.insert(0, -digit if key >> (width - 1) else digit)
        magnitude = (magnitude - digit) // 3
    return digits


@pytest.mark.parametrize("recipe", ["edges", "corners", "tiles", "many_outputs", "tokens"])
@pytest.mark.parametrize("name", CORES)
def test_the_rules_of_the_datasheet_predict_every_bit(name: str, recipe: str) -> None:
    core = CoreConfig.parse(SHAPE | CORES[name])
    plan, sheet = plan_for(core), rules(plan_for(core))
    (seed,) = (seed for seed, known in enumerate(RECIPES) if known.name == recipe)
    case = golden(plan, RECIPES[seed], seed)
    texts = {stream.split(".")[1]: text.split() for stream, text in case.texts.items()}
    n, m = case.entry["n_tiles"], case.entry["m_tiles"]
    x = [fields(line, core.rows * core.tile_length, core.format.bits) for line in texts["activation"]]
    keys = [fields(line, core.columns * core.tables, plan.key_width) for line in texts["key"]]
    w = [[digit for key in beat for digit in weights(core, key, plan.key_width)] for beat in keys]
    results = [fields(line, core.rows * core.columns, plan.result_width) for line in texts["result"]]
    held, length = core.dataflow == "table_stationary", core.tile_length
    number = number_of(str(core.accumulation or core.activation))
    for at, result in enumerate(results):
        block, tile = divmod(at, m)
        beats = [block * n + k if held else at * n + k for k in range(n)]
        key_beats = [(block * n + k) * m + tile if held else at * n + k for k in range(n)]
        for element, seen in enumerate(result):
            row, column = divmod(element, core.columns)
            tiles = [
                (x[a][row * length : (row + 1) * length], w[k][column * length : (column + 1) * length])
                for a, k in zip(beats, key_beats, strict=True)
            ]
            right = MODELS[str(core.datapath)](core, tiles, sheet)
            if right == number.sign << 1:
                assert seen >> plan.value_width == 1
            else:
                assert seen == right, (json.dumps(case.entry), at, row, column)


@pytest.mark.parametrize("name", CORES)
def test_formats_and_nans_of_the_rules_are_those_of_the_formats(name: str) -> None:
    core = CoreConfig.parse(SHAPE | CORES[name])
    number, sheet = number_of(core.activation), rules(plan_for(core))
    lead = f"`{core.activation}` is a sign bit, {number.exponent} bits of exponent with bias {number.bias}"
    assert f"{lead} and {number.fraction} of fraction" in sheet
    if core.accumulation:
        assert f"the NaN `{number_of(core.accumulation).nan:x}`" in sheet
