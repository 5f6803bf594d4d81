"""Windows of a layer for 64 lanes: tokens and outputs differ, the tiles' numbers are the same in all of them.

A lane runs its window's blocks of tokens over and over, as long as it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.power.errors import PowerError
from costmodel.power.simulator import LANES
from costmodel.power.stimulus import Handshake, Run, Stimulus, Stream
from costmodel.price.activity import BITNET, Statistics, zero_activations
from generator import keys
from generator.alphabets import TERNARY
from generator.config import CoreConfig
from generator.plan import CorePlan, Tiling, plan_for
from sim.layers import LayerData, beats_of, evaluated, results_of
from sim.weights.activations import activations_for, random_activations

LENGTH = OUTPUTS = BITNET.reduction
TOKENS = 256
"""The layer that is not given: a projection of BitNet b1.58 2B4T, tokens enough for all lanes to differ."""
TAILS, ROWS, CHANNELS = 5, 0.25, 0.3
"""Of tensors like trained ones: the degrees of freedom of Student's distribution, and how much the scales of
rows of weights and of channels of activations differ (standard deviations of their logarithms)."""
BLOCKS = 2
"""Blocks of tokens that a lane has."""
PATTERN = 4093
"""Cycles after which the cycles in which keys wait repeat."""


@dataclass(frozen=True)
class Windows:
    """The windows of all lanes, and how they are cut into tiles, which is the same in each."""

    plan: CorePlan
    lanes: tuple[LayerData, ...]
    tiling: Tiling


def typical_layer(config: CoreConfig, seed: int = 0, zeros: float = BITNET.zero_weights) -> LayerData:
    """A layer with normally distributed activations, quantised as BitNet does it, and random weights.

    Ternary weights have that share of zeros; those of another alphabet are its groups, all as often.
    """
    rng = np.random.default_rng(seed)
    length, outputs = _shape_for(config)
    if config.alphabet == TERNARY:
        shares = [(1 - zeros) / 2, zeros, (1 - zeros) / 2]
        weights = rng.choice(np.array([-1, 0, 1], dtype=np.int8), p=shares, size=(outputs, length))
    else:
        weights = keys.random_weights(rng, config.alphabet, config.group_size, (outputs, length))
    x = random_activations(length, TOKENS, seed)
    return LayerData.of(activations_for(config.format, x).values, weights)


def trained_layer(config: CoreConfig, seed: int) -> LayerData:
    """A layer like a trained one: rows of latent weights differ in scale, and the mean size of the whole
    tensor makes them ternary, as in BitNet; activations have heavy tails and channels of different size.
    """
    rng = np.random.default_rng(seed)
    length, outputs = _shape_for(config)
    latent = rng.standard_t(TAILS, size=(outputs, length)) * np.exp(ROWS * rng.standard_normal((outputs, 1)))
    weights = np.clip(np.rint(latent / np.abs(latent).mean()), -1, 1).astype(np.int8)
    x = rng.standard_t(TAILS, size=(TOKENS, length)) * np.exp(CHANNELS * rng.standard_normal((1, length)))
    return LayerData.of(activations_for(config.format, x).values, weights)


def _shape_for(config: CoreConfig) -> tuple[int, int]:
    """Length and outputs of a layer that is not given."""
    plan = plan_for(config)
    outputs = max(OUTPUTS, plan.columns) if plan.most_outputs is None else plan.most_outputs
    return min(LENGTH, config.max_reduction), outputs


def statistics_of(config: CoreConfig, zeros: float, cycles: int) -> Statistics:
    """What is known of ``typical_layer``'s windows: their sums are shorter than the layer's."""
    length, outputs = _shape_for(config)
    data = BITNET.model_copy(update={"zero_weights": zeros, "reduction": length})
    shares = {"zero_activations": zero_activations(plan_for(config), data)}
    window = _window_of(plan_for(config), length, outputs, cycles)[0]
    return data.model_copy(update={**shares, "reduction": window})


def layer_statistics(config: CoreConfig, layer: LayerData, cycles: int) -> Statistics:
    """What is known of a layer's windows: its zeros, and sums of their length."""
    return Statistics(
        zero_weights=float(np.mean(layer.weights == 0)),
        zero_activations=float(np.mean(layer.activations == 0)),
        reduction=_window_of(plan_for(config), layer.length, layer.outputs, cycles)[0],
    )


def _window_of(plan: CorePlan, length: int, outputs: int, cycles: int) -> tuple[int, int]:
    """Length and outputs of windows of a layer that take about so many cycles."""
    config = plan.config
    whole = Tiling.of(plan, length, outputs, 1)
    n_tiles = min(whole.n_tiles, max(1, cycles))
    if config.dataflow == "table_stationary":
        m_tiles = min(whole.m_tiles, max(1, cycles))
        n_tiles = min(whole.n_tiles, max(1, round(cycles / max(m_tiles, plan.accumulator_stages))))
    else:
        m_tiles = min(whole.m_tiles, max(1, round(cycles / n_tiles)))
    return min(length, n_tiles * plan.tile_length), min(outputs, m_tiles * plan.columns)


def windows_of(config: CoreConfig, layer: LayerData, cycles: int, seed: int = 0) -> Windows:
    """Windows of a layer, each about so many cycles. Raises ``WorkloadError`` for one that does not fit."""
    plan = plan_for(config)
    length, outputs = _window_of(plan, layer.length, layer.outputs, cycles)
    tokens = BLOCKS * config.rows
    rng = np.random.default_rng(seed)
    order = np.resize(rng.permutation(layer.tokens), LANES * tokens)
    lanes = []
    for lane in range(LANES):
        first = int(rng.integers(0, (layer.length - length) // plan.tile_length + 1)) * plan.tile_length
        column = int(rng.integers(0, (layer.outputs - outputs) // plan.columns + 1)) * plan.columns
        chosen = order[lane * tokens : (lane + 1) * tokens]
        lanes.append(
            LayerData.of(
                layer.activations[chosen, first : first + length],
                layer.weights[column : column + outputs, first : first + length],
            )
        )
    return Windows(plan, tuple(lanes), Tiling.of(plan, length, outputs, tokens))


def stimulus_of(windows: Windows, cycles: int, waiting: float = 0.0, seed: int = 0) -> Stimulus:
    """The windows on the streams of their core; in a share ``waiting`` of cycles no key is offered."""
    tiling, plan = windows.tiling, windows.plan
    beats = [beats_of(plan, lane) for lane in windows.lanes]
    offered = np.ones(1, dtype=np.bool_)
    if waiting:
        offered = np.random.default_rng(seed).random(PATTERN) >= waiting
    streams = (
        Stream(
            _axis("s_axis_activation"),
            np.stack([lane.activation_beats for lane in beats]),
            beats[0].activation_order,
        ),
        Stream(
            _axis("s_axis_key"),
            np.stack([lane.key_beats for lane in beats]),
            beats[0].key_order,
            offered,
        ),
    )
    return Stimulus(
        clock="aclk",
        reset="aresetn",
        constants={"n_tiles": tiling.n_tiles, "m_tiles": tiling.m_tiles},
        streams=streams,
        results=_axis("m_axis_result"),
        counted=1,
        period=tiling.block_keys,
        warm_cycles=tiling.latency_cycles,
        cycles=min(cycles, tiling.block_keys),
    )


def _axis(name: str) -> Handshake:
    return Handshake(*(f"{name}_{wire}" for wire in ("tdata", "tvalid", "tready")))


class Judge:
    """Holds the results of runs against the reference."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._expected = [evaluated(windows.plan, lane) for lane in windows.lanes]

    def __call__(self, run: Run) -> None:
        """Raises ``PowerError`` where a result is wrong, or where there is none."""
        tiling, plan = self._windows.tiling, self._windows.plan
        most = tiling.blocks * tiling.m_tiles
        count = min(run.results.shape[1], most)
        if not count:
            raise PowerError("the gate-level run gave no result to compare; more cycles are needed")
        lane_tokens = tiling.blocks * plan.config.rows
        outputs = self._windows.lanes[0].outputs
        came = _which(tiling, plan, count, outputs)
        for lane, expected in enumerate(self._expected):
            beats = np.zeros((most, run.results.shape[2]), dtype=np.uint8)
            beats[:count] = run.results[lane, :count]
            values = results_of(plan, tiling, outputs, lane_tokens, beats)
            wrong = np.count_nonzero((values != expected) & came)
            if wrong:
                raise PowerError(
                    f"lane {lane}: {wrong:,} of {np.count_nonzero(came):,} results of the gate-level run are "
                    "not the reference's"
                )


def _which(tiling: Tiling, plan: CorePlan, count: int, outputs: int) -> NDArray[np.bool_]:
    """Of y[B, M] which the first ``count`` result beats hold."""
    rows, columns = plan.config.rows, plan.columns
    which = np.zeros((tiling.blocks * rows, tiling.m_tiles * columns), dtype=np.bool_)
    for beat in range(count):
        block, tile = divmod(beat, tiling.m_tiles)
        which[block * rows : (block + 1) * rows, tile * columns : (tile + 1) * columns] = True
    return which[:, :outputs]
