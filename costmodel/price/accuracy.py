"""How far a core's results are off, as a share of what they should be, on random data.

Activations are standard normal and groups of weights random, each of the alphabet as likely. A rounding is
off by a uniform share of the unit in the last place; of a normally distributed value, whatever its scale,
that is a fixed share c of its RMS. So an addition whose result has the share v of the whole sum's variance
adds c²·v to the relative variance of the error. Roundings are taken as independent, which random signs make
them. Sums that overflow the format, or stay below its normal range, are not modelled: of the formats here
none do for standard normal activations and layers of BitNet's length.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log2, sqrt
from statistics import NormalDist
from typing import assert_never

import numpy as np

from costmodel.price.area import NUMBER
from generator import softfloat
from generator.formats import Float, Integer
from generator.plan import (
    AlignedDatapath,
    AlignPlan,
    CorePlan,
    ExactDatapath,
    FloatScaling,
    IntegerDatapath,
    NativeDatapath,
)

ERROR_KEYS = (*NUMBER, "group_size", "alphabet", "tables", "dataflow", "scale_group", "scale")
"""Keys of a configuration that ``arithmetic_error`` depends on."""
SAMPLES = 1 << 16


def rounding_error(plan: CorePlan, length: int) -> float:
    """RMS error of rounding the activations of a sum of ``length``, relative to an activation's RMS.

    Floats are rounded to nearest; integers as BitNet does it, scaled so that the token's largest magnitude
    is the largest value.
    """
    number = plan.config.format
    return _float_rounding(number) if isinstance(number, Float) else _integer_rounding(number, length)


def arithmetic_error(plan: CorePlan, length: int) -> float:
    """RMS error that a core's arithmetic makes in sums of ``length`` activations, relative to the sums' RMS.

    ``native``: a rounding for each addition, of a partial sum whose share of the whole's variance is that of
    the activations in it. ``exact``: one rounding, at the end. ``aligned``: each activation is cut to the
    scale of its tile's largest, each tile's sum is rounded, and so is each addition of tiles.
    """
    tiles = ceil(length / plan.config.tile_length)
    activations = min(plan.config.tile_length, length)
    tile = activations / length
    match plan.datapath:
        case IntegerDatapath():
            return _scaling_error(plan, length)
        case ExactDatapath(number):
            return _rounding(number) if plan.scaler is None else _scaling_error(plan, length)
        case NativeDatapath(number, accumulate=unit):
            variance = _rounding(unit.fmt) ** 2 * _accumulated(tiles, plan.merge.sums, tile)
            return sqrt(variance + _rounding(number) ** 2 * _tile_shares(plan, tile) * tiles)
        case AlignedDatapath(align=align, accumulate=unit):
            variance = _rounding(unit.fmt) ** 2 * _accumulated(tiles, plan.merge.sums, tile)
            step = _aligned(align, activations)
            return sqrt(variance + tiles * tile * _rounding(unit.fmt) ** 2 + step**2)
        case unknown:
            assert_never(unknown)


def _scaling_error(plan: CorePlan, length: int) -> float:
    """RMS error of sums of groups that are scaled, each rounded, and added, each addition rounded."""
    scaler = plan.scaler
    if scaler is None or not isinstance(scaler.scaling, FloatScaling):
        return 0.0
    groups = ceil(length / plan.config.scale_group)
    shares = 1 + _accumulated(groups, 1, 1 / groups)
    return _rounding(scaler.scaling.add.fmt) * sqrt(shares)


def rms_error(plan: CorePlan, length: int) -> float:
    """RMS error of sums of ``length``, rounding of the activations included, relative to the sums' RMS."""
    return sqrt(rounding_error(plan, length) ** 2 + arithmetic_error(plan, length) ** 2)


def _accumulated(tiles: int, sums: int, tile: float) -> float:
    """Σ of the shares of variance of what the accumulator's additions round: 2, 3, … tiles, then the merges.

    The first tile of each of the ``sums`` is added to zero, which is exact.
    """
    each = tiles / sums
    shares = sums * max(0.0, (each * (each + 1) / 2 - 1)) * tile
    return shares + (log2(sums) if tiles >= sums else 0.0)


def _tile_shares(plan: CorePlan, tile: float) -> float:
    """Σ of the shares of variance that a tile's additions in table and reduction round."""
    group, tables = plan.config.group_size, plan.config.tables
    activation = tile / (group * tables)
    # An entry with k activations is the last of k - 1 additions; the entries that keys fetch are random.
    chances = plan.code.shares
    entry = sum(chances[taken] * activation * _adder_tree(taken) for taken in range(2, group + 1))
    share = sum(chance * taken for taken, chance in enumerate(chances)) / group
    width, level, shares = float(group), tables, entry * tables
    while level > 1:
        pairs, odd = divmod(level, 2)
        width *= 2
        shares += pairs * width * activation * share
        level = pairs + odd
    # Shares count what is selected, of which the whole sum has that share, too.
    return shares / share


def _adder_tree(terms: int) -> float:
    """Σ of the terms under each addition of a balanced tree."""
    if terms < 2:
        return 0.0
    return terms + _adder_tree((terms + 1) // 2) + _adder_tree(terms // 2)


@lru_cache
def _normal() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(0).standard_normal(SAMPLES)


@lru_cache
def _rounding(number: Float) -> float:
    """RMS error of a rounding to nearest, relative, far from the ends of the format: over all scales."""
    values = _normal() * np.exp2(np.random.default_rng(1).uniform(0, 1, SAMPLES))
    unit = np.exp2(np.floor(np.log2(np.abs(values))) - number.mantissa)
    return float(np.sqrt(np.mean(unit**2 / 12) / np.mean(values**2)))


@lru_cache
def _float_rounding(number: Float) -> float:
    values = _normal()
    rounded = softfloat.decode(number, number.encode(values))
    return float(np.sqrt(np.mean((rounded - values) ** 2)))


@lru_cache(maxsize=1024)
def _integer_rounding(number: Integer, length: int) -> float:
    """Uniform in a step; the largest of ``length`` normal magnitudes is the format's largest value."""
    return _largest(length) / number.maximum / sqrt(12)


@lru_cache(maxsize=4096)
def _largest(count: int) -> float:
    """The RMS of the largest of ``count`` normal magnitudes."""
    quantiles = ((step + 0.5) / 256 for step in range(256))
    magnitudes = [NormalDist().inv_cdf((1 + quantile ** (1 / count)) / 2) for quantile in quantiles]
    return sqrt(sum(magnitude**2 for magnitude in magnitudes) / len(magnitudes))


@lru_cache(maxsize=4096)
def _aligned(align: AlignPlan, count: int) -> float:
    """RMS error of an activation aligned to the largest of ``count``, relative to an activation's RMS.

    A step is 2^(2 - aligned_bits) of the power of two below the tile's largest. Activations that keep all
    their bits lose nothing. Rounding down is off by half a step more, always to the same side, which random
    signs of the weights make as good as random.
    """
    number, tiles = align.fmt, max(1, SAMPLES // count)
    values = softfloat.decode(number, number.encode(_normal()[: tiles * count])).reshape(tiles, count)
    largest = np.exp2(np.floor(np.log2(np.maximum(np.abs(values).max(axis=1), 2.0**-126))))
    unit = (largest * 2.0 ** (2 - align.bits))[:, None]
    cut = np.rint(values / unit) if align.nearest else np.floor(values / unit)
    return float(np.sqrt(np.mean((cut * unit - values) ** 2)))
