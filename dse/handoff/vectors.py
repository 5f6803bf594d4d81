"""The golden vectors of a hand-off: layers for a core, and what the numpy reference says of them.

Each case is there for one reason. Its size is bounded in bits, so that those of a large core are a matter of
a second, too; the same configuration always gives the same vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from dse.handoff.movements import movements
from generator.formats import Float, Format, Integer
from generator.plan import CorePlan, Tiling, beat_bits, top_name
from sim.fields import hex_lines, pack_fields
from sim.layers import Beats, LayerData, beats_of, random_weights_of
from sim.reference import evaluate
from sim.scales import random_scales
from sim.session import Session
from sim.tokens.bench import movements_of

CASE_BITS = 1 << 19
"""Bits that the beats of a case may have together, unless a case of one tile has more."""
LONG_SUM_TILES = 64
"""Tiles along N of the longest sums."""
MANY_TILES = 290
"""Tiles that make a counter borrow beyond its eighth bit."""


@dataclass(frozen=True)
class Recipe:
    """A case before it is cut to size: tiles along N and M, blocks of tokens, kind of values."""

    name: str
    about: str
    n_tiles: int
    m_tiles: int
    blocks: int
    values: str = "random"


RECIPES = (
    Recipe("one_tile", "one tile: the least work there is", 1, 1, 1),
    Recipe("tiles", "several tiles along N and along M", 3, 3, 1),
    Recipe("tokens", "several blocks of tokens", 2, 2, 3),
    Recipe("edges", "N, M and the tokens end inside a tile: zeros fill it up", 2, 3, 2, "edges"),
    Recipe("many_outputs", "one tile along N: results as often as they come", 1, 9, 2),
    Recipe("many_sums", "every stored sum comes back, in several tiles along N", 2, 33, 2),
    Recipe("counters", "more tiles of outputs than eight bits count", 1, MANY_TILES, 1),
    Recipe("long_counters", "more tiles along N than eight bits count", MANY_TILES, 1, 2),
    Recipe("long_sums", "the longest sums of the largest activations", LONG_SUM_TILES, 1, 1, "extreme"),
    Recipe("corners", "the ends of the number format and what is special in it", 3, 2, 8, "corners"),
)


@dataclass(frozen=True, eq=False)
class Golden:
    """A case: its layer on the streams, and the result beats [beats, bytes] with the bits that count."""

    recipe: Recipe
    beats: Beats
    results: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    cycles: int

    @property
    def tiling(self) -> Tiling:
        return self.beats.tiling

    @cached_property
    def texts(self) -> dict[str, str]:
        """The case's files: name → beats as hex, one a line."""
        streams = {
            "activation": self.beats.activation_beats[self.beats.activation_order],
            "key": self.beats.key_beats[self.beats.key_order],
            "result": self.results,
        }
        if self.mask is not None:
            streams["result_mask"] = self.mask
        return {
            f"{self.recipe.name}.{stream}.hex": hex_lines(beats).decode("ascii")
            for stream, beats in streams.items()
        }

    @property
    def entry(self) -> dict[str, Any]:
        """The case in the list of cases."""
        return {
            "name": self.recipe.name,
            "about": self.recipe.about,
            "n_tiles": self.tiling.n_tiles,
            "m_tiles": self.tiling.m_tiles,
            "blocks": self.tiling.blocks,
            "cycles": self.cycles,
            "masked": self.mask is not None,
            **({"packets": packets} if (packets := self.packets) else {}),
        }

    @property
    def packets(self) -> dict[str, dict[str, int]]:
        """Of streams that come as words: the words of a packet, and the bytes of its last that count."""
        return {
            stream: {"words": transport.transfers, "last_bytes": transport.last_bytes}
            for stream, transport in self.beats.transports._asdict().items()
            if transport.last_bytes
        }


def vector_files(plan: CorePlan) -> dict[str, str]:
    """Name → text of all vectors of a core, ``cases.json`` among them."""
    cases = [golden(plan, recipe, seed) for seed, recipe in enumerate(RECIPES)]
    listed = {
        "core": {
            "top": top_name(plan.config),
            "latency_cycles": movements(plan, 1, 1).result[0],
            "rows": plan.config.rows,
            "columns": plan.columns,
            "result_bits": plan.result_width,
        },
        "cases": [case.entry for case in cases],
    }
    files = {"cases.json": json.dumps(listed, indent=2) + "\n"}
    for case in cases:
        files |= case.texts
    return files


def golden(plan: CorePlan, recipe: Recipe, seed: int) -> Golden:
    """The case of ``recipe``, cut to what the core can take and to its size."""
    n, m, blocks = fitted(plan, recipe)
    layer = layer_of(plan, recipe.values, n, m, blocks, np.random.default_rng(seed))
    beats = beats_of(plan, layer)
    fields = result_fields(plan, beats.tiling, layer)
    width = plan.result_width
    mask = None
    if plan.marks_results:
        invalid = fields >> np.uint64(plan.value_width) != 0
        only_flag, all_bits = np.uint64(1 << plan.value_width), np.uint64((1 << width) - 1)
        mask = pack_fields(np.where(invalid, only_flag, all_bits), width)
    return Golden(recipe, beats, pack_fields(fields, width), mask, cycles_of(plan, beats.tiling))


def cycles_of(plan: CorePlan, tiling: Tiling) -> int:
    """Cycles of a layer from the first activations taken to the last result, when no stream pauses."""
    if not plan.config.buffers.any:
        return tiling.cycles
    moved = movements_of(plan, [tiling], Session([]))
    return moved.result[-1] - moved.activation[0] + 1


def fitted(plan: CorePlan, recipe: Recipe) -> tuple[int, int, int]:
    """Tiles along N and along M, and blocks: the recipe's, halved in turn until the case is small enough."""
    most_m = (1 << plan.m_tiles_width) - 1
    if plan.config.outputs is not None:
        most_m = plan.partial_sums
    size = [min(recipe.n_tiles, plan.max_n_tiles), min(recipe.m_tiles, most_m), recipe.blocks]
    while bits(plan, *size) > CASE_BITS and max(size) > 1:
        largest = size.index(max(size))
        size[largest] -= size[largest] // 2
    n, m, blocks = size
    return n, m, blocks


def bits(plan: CorePlan, n: int, m: int, blocks: int) -> int:
    """Bits of a case's beats."""
    match plan.config.dataflow:
        case "output_stationary":
            streamed = m
        case "table_stationary":
            streamed = 1
        case unknown:
            assert_never(unknown)
    beat = beat_bits(plan)
    return blocks * (n * streamed * beat.activation + n * m * beat.key + m * beat.result)


def layer_of(plan: CorePlan, values: str, n: int, m: int, blocks: int, rng: np.random.Generator) -> LayerData:
    """A layer of so many tiles and blocks, with the kind of ``values`` that is asked for."""
    config = plan.config
    length, outputs, tokens = n * plan.tile_length, m * plan.columns, blocks * config.rows
    if values == "edges":
        length -= (plan.tile_length - 1) // 2
        outputs -= (plan.columns - 1) // 2
        tokens -= (config.rows - 1) // 2
    length = min(length, config.max_reduction)
    if plan.most_outputs is not None:
        outputs = min(outputs, plan.most_outputs)
    weights, largest = random_weights_of(config, rng, (outputs, length)), (1 << config.weight_bits) - 1
    if values == "extreme":
        extreme = largest * np.resize(np.array(plan.code.most_taken, dtype=np.int8), length)
        weights[0::3], weights[1::3] = extreme, -extreme
        ends = [config.format.minimum, config.format.maximum]
        activations: NDArray[Any] = np.repeat(np.resize(ends, tokens)[:, None], length, axis=1)
    elif values == "corners":
        activations = rng.choice(corners(config.format), size=(tokens, length))
        # Few groups have weights, so that an infinity or a NaN does not decide every result.
        if plan.code.first_index:
            groups = rng.random((outputs, -(-length // config.group_size))) < 4 / length
            weights *= np.repeat(groups, config.group_size, axis=1)[:, :length]
    else:
        activations = config.format.random(rng, (tokens, length))
    return LayerData.of(activations, weights, random_scales(plan, rng, outputs, length))


def corners(number: Format) -> NDArray[Any]:
    """The format's values with a meaning of their own, as its numpy type has them."""
    if isinstance(number, Integer):
        return np.unique([number.minimum, number.minimum + 1, -1, 0, 1, number.maximum])
    return number.decode(list(corner_patterns(number)))


def corner_patterns(number: Float) -> Iterator[int]:
    """Bits of ±: zero, the least and the greatest subnormal and normal, one, infinity and NaN."""
    normal, one = 1 << number.mantissa, number.bias << number.mantissa
    largest = int(number.encode([number.maximum])[0])
    magnitudes = [0, 1, normal - 1, normal, one, one + 1, largest, number.canonical_nan]
    if number.infinities:
        magnitudes.append(largest + 1)
    for magnitude in magnitudes:
        yield magnitude
        yield magnitude | 1 << (number.bits - 1)


def result_fields(plan: CorePlan, tiling: Tiling, layer: LayerData) -> NDArray[np.uint64]:
    """The elements of the result beats, [beats, R·K], those of the zeros at the edges included.

    Outputs beyond the last have keys of 0, which where no group is zero stand for weights, and scales of 0.
    """
    config = plan.config
    rows, columns = tiling.blocks * config.rows, tiling.m_tiles * plan.columns
    x = np.zeros((rows, layer.length), dtype=layer.activations.dtype)
    x[: layer.tokens] = layer.activations
    beyond = plan.code.halves[0] if plan.keys_name_groups else (0,)
    largest = (1 << config.weight_bits) - 1
    w = largest * np.tile(np.resize(np.array(beyond, dtype=np.int8), layer.length), (columns, 1))
    w[: layer.outputs] = layer.weights
    scales = None
    if layer.scales is not None:
        scales = np.zeros((columns, layer.scales.shape[1]), dtype=layer.scales.dtype)
        scales[: layer.outputs] = layer.scales
    values = evaluate(plan, x, w, scales)
    beats = values.reshape(tiling.blocks, config.rows, tiling.m_tiles, plan.columns).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(beats).reshape(tiling.blocks * tiling.m_tiles, -1).astype(np.uint64)
