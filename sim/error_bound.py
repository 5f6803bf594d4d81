"""How far off the results of aligned cores, and of scaled groups, can be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import softfloat
from generator.plan import AlignedDatapath, CorePlan, FloatScaling


def aligned_error_bound(plan: CorePlan, activations: ArrayLike, weights: ArrayLike) -> NDArray[Any]:
    """The most by which y[B, M] of an ``aligned`` core differs from the exact x[B, N] · W[M, N]ᵀ.

    For finite activations, as long as no sum exceeds the accumulation format. Derivation, for one result:

    1. One unit of tile t is u = 2^(E - bias - (aligned_bits - 2)), with E its largest exponent field. An
       aligned activation is off by c·u at most: c = 1/2 if rounded to nearest and aligned_bits is more than
       the format's precision (fewer can saturate by up to a unit), else c = 1. The k activations that
       non-zero weights select add exactly, so the tile's integer sum is off by A = k·c·u.
    2. Rounding a value v to the accumulation format, with f fraction bits and smallest subnormal h, is off by
       at most e·|v| + h/2, e = 2^-(f + 1). With s the exact sum of the tile, the float that is added is
       off from s by at most D = A + e·(|s| + A) + h/2.
    3. The accumulator keeps ``plan.merge.sums`` partial sums, one where it is not pipelined, and tiles go to
       them in turn. One that is already off by B takes the float of 2. With S the exact sum of the tiles of
       this partial sum, this one included, what is rounded is at most |S| + B + D, and a sum of floats is
       exact below the normal range: B ← B + D + e·(|S| + B + D).
    4. Partial sums that are off by B and B' and exactly S and S' are merged to one off by
       B + B' + e·(|S + S'| + B + B'), in the order of the plan. The result's bound is that of the last.

    So the error is about (n·c·2^(2 - aligned_bits) + e) of the largest activation a tile, plus e of each sum
    on the way. Those of interleaved partial sums may be far larger than their total: +x and -x in turn leave
    nothing of it.
    """
    units, n = plan.datapath, plan.config.tile_length
    if not isinstance(units, AlignedDatapath):
        raise TypeError(f"{plan.config.number_kind} cores have no such bound, aligned ones have")
    number, total = units.number, units.accumulate.fmt
    patterns = number.encode(activations)
    w = np.asarray(weights, dtype=np.float64)
    tokens, length = patterns.shape
    nearest = units.align.nearest and units.align.bits > number.mantissa + 1
    e, h = 2.0 ** -(total.mantissa + 1), 2.0**total.smallest_exponent

    x = softfloat.decode(number, patterns)
    merge = plan.merge
    bounds, exacts = ([np.zeros((tokens, len(w))) for _ in range(merge.sums)] for _ in range(2))
    tiles = range(0, length, n)
    for tile, start in enumerate(tiles):
        place, taken = tile % merge.sums, slice(start, start + n)
        scale = softfloat.largest_exponent(number, patterns[:, taken])
        unit = np.ldexp(0.5 if nearest else 1.0, units.to_float.lsb + scale)[:, None]
        cut = unit * np.count_nonzero(w[:, taken], axis=1)
        tile_sum = x[:, taken] @ w[:, taken].T
        off = cut + e * (np.abs(tile_sum) + cut) + h / 2
        exacts[place] += tile_sum
        bounds[place] = bounds[place] + off
        bounds[place] += e * (np.abs(exacts[place]) + bounds[place])
    # The oldest partial sum comes out of the accumulator first.
    oldest = len(tiles) % merge.sums
    bounds, exacts = (sums[oldest:] + sums[:oldest] for sums in (bounds, exacts))
    for captured, merged in zip(merge.captures, merge.merges, strict=True):
        source, into = captured % merge.sums, merged % merge.sums
        exacts[into] += exacts[source]
        bounds[into] = bounds[into] + bounds[source]
        bounds[into] += e * (np.abs(exacts[into]) + bounds[into])
    return bounds[merge.merges[-1] % merge.sums if merge.merges else 0]


def scaled_error_bound(
    plan: CorePlan, activations: ArrayLike, weights: ArrayLike, scales: ArrayLike
) -> NDArray[Any]:
    """The most by which y[B, M] of a core that scales groups differs from the exact Σ s · (x · wᵀ).

    For finite scales, as long as no total exceeds fp32. With e = 2^-24 and h the smallest subnormal, a
    product is off by D = e·|v·s| + h/2 at most. A total that is off by B and exactly T takes it: what is
    rounded is at most |T| + B + D, and a sum of floats is exact below the normal range, so that
    B ← B + D + e·(|T| + B + D). Integer scales lose nothing.
    """
    x, w, s = (np.asarray(each, dtype=np.float64) for each in (activations, weights, scales))
    bound, total = np.zeros((len(x), len(w))), np.zeros((len(x), len(w)))
    scaler, size = plan.scaler, plan.config.scale_group
    if scaler is None:
        raise TypeError("a core without scale_group has no such bound")
    if not isinstance(scaler.scaling, FloatScaling):
        return bound
    fmt = scaler.scaling.add.fmt
    e, h = 2.0 ** -(fmt.mantissa + 1), 2.0**fmt.smallest_exponent
    for group, first in enumerate(range(0, x.shape[1], size)):
        part = slice(first, first + size)
        product = x[:, part] @ w[:, part].T * s[:, group]
        off = e * np.abs(product) + h / 2
        total += product
        bound += off
        bound += e * (np.abs(total) + bound)
    return bound
