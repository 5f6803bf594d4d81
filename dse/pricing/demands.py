"""What a workload asks of a design: steps, cycles and bits of every layer, and the time that they take.

Several cores divide each layer: a share of its outputs each, with activations sent to all, or a share of its
inputs each, whose results a tree adds. A layer takes as long as the slowest of computing it, streaming its
keys and streaming its activations, since all three go on at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple, assert_never

import numpy as np

from costmodel.price.throughput import LATENCY, layer_pauses_batch, layer_steps_batch
from dse.pricing.figure import PlanFigure, Step
from dse.pricing.view import Array, View, whole
from dse.spec.system import LIMITS
from dse.spec.workload import Shape
from generator.config import DATAFLOWS, Dataflow


def holds_tables(dataflow: Dataflow) -> bool:
    """Whether a tile of activations stays in the tables for all outputs."""
    match dataflow:
        case "output_stationary":
            return False
        case "table_stationary":
            return True
        case unknown:
            assert_never(unknown)


HOLDING = [dataflow for dataflow in DATAFLOWS if holds_tables(dataflow)]


class Share(NamedTuple):
    """One core's inputs and outputs of a layer, and how many cores have activations of their own."""

    inputs: Array
    outputs: Array
    streams: Array


def share(view: View, shape: Shape) -> Share:
    """One core's part of a layer."""
    cores = view("cores")
    inputs, outputs, one = np.asarray(shape.inputs), np.asarray(shape.outputs), np.ones((), np.int64)
    if cores.ndim == 0 and cores == 1:
        return Share(inputs, outputs, one)
    by_inputs = view("split") == "inputs"
    return Share(
        np.where(by_inputs, -(-inputs // cores), inputs),
        np.where(by_inputs, outputs, -(-outputs // cores)),
        np.where(by_inputs, cores, one),
    )


def _over_layers(view: View, figure: Callable[[View, Shape], Array]) -> Array:
    """A figure of every layer for the workload's B tokens, added up."""
    total = np.zeros((), np.int64)
    for shape in view.workload.shapes:
        total = total + shape.layers * figure(view, shape)
    return total


def _tile(view: View) -> dict[str, Array]:
    """What a step takes of a layer."""
    return {"tile_length": view("tile_length"), "columns": view("columns"), "rows": view("rows")}


def _layer_steps(view: View, shape: Shape) -> Array:
    part = share(view, shape)
    return layer_steps_batch(part.inputs, part.outputs, shape.tokens, **_tile(view))


def _layer_pauses(view: View, shape: Shape) -> Array:
    part = share(view, shape)
    return layer_pauses_batch(
        part.inputs,
        part.outputs,
        shape.tokens,
        **_tile(view),
        table_stationary=np.isin(view("dataflow"), HOLDING),
        accumulator_stages=whole(view(PlanFigure.ACCUMULATOR_STAGES)),
        pause_cycles=whole(view(PlanFigure.PAUSE_CYCLES)),
    )


def _layer_beats(view: View, shape: Shape) -> Array:
    """Beats of activations; table-stationary cores hold a tile for all outputs."""
    part = share(view, shape)
    n_tiles = layer_steps_batch(part.inputs, 1, shape.tokens, **_tile(view) | {"columns": 1})
    m_tiles = -(-part.outputs // view("columns"))
    beats: Array = n_tiles * np.where(np.isin(view("dataflow"), HOLDING), 1, m_tiles) * part.streams
    return beats


def _has_pauses(view: View) -> bool:
    return bool((view(PlanFigure.ACCUMULATOR_STAGES) > 1).any())


def steps(view: View) -> Array:
    """Tile steps of all layers for the workload's B tokens, each core's."""
    return _over_layers(view, _layer_steps).astype(np.float64)


def latency(view: View) -> Array:
    """Cycles of one core from an activation to its result."""
    return reduce(np.add, (view(PlanFigure(name)) for name in LATENCY))


def _latency(view: View) -> Array:
    """Cycles from an activation to its result, through the cores and the tree between them."""
    cores, alone = view("cores"), view("latency_cycles")
    if cores.ndim == 0 and cores == 1:
        return alone
    levels = np.ceil(np.log2(cores)) * (view("split") == "inputs")
    return np.asarray(alone + levels * view(PlanFigure.COMBINING_STAGES))


def cycles(view: View) -> Array:
    """Clock cycles of all layers for B tokens, one after the other, when no stream is waited for."""
    pauses = _over_layers(view, _layer_pauses) if _has_pauses(view) else np.zeros((), np.int64)
    total: Array = view("steps_per_pass") + (pauses + view.workload.launches * _latency(view))
    return total


def _key_beat(view: View) -> Array:
    return np.asarray(view("cores") * view("columns") * view("tables") * view(PlanFigure.KEY_WIDTH))


def _activation_beat(view: View) -> Array:
    return np.asarray(view("rows") * view("tile_length") * view(PlanFigure.ACTIVATION_WIDTH))


def key_bits(view: View) -> Array:
    """Bits of keys streamed for B tokens, into all cores; rows share them."""
    return np.asarray(view("steps_per_pass") * _key_beat(view))


def activation_bits(view: View) -> Array:
    """Bits of activations streamed for B tokens; what goes to all cores counts once."""
    return np.asarray(_over_layers(view, _layer_beats) * _activation_beat(view))


def seconds(view: View) -> Array:
    """Seconds of B tokens through all layers."""
    if not _limited(view):
        return np.asarray(_compute_seconds(view))
    total = np.zeros(())
    for shape in view.workload.shapes:
        total = total + shape.layers * _layer_times(view, shape).max(axis=0)
    return total


def bound_share(stream: int) -> Callable[[View], Array]:
    """The share of the time in which layers wait for keys (1) or activations (2)."""

    def share(view: View) -> Array:
        if not _limited(view):
            return np.zeros(())
        waiting = np.zeros(())
        for shape in view.workload.shapes:
            times = _layer_times(view, shape)
            # Of streams that take equally long a layer waits for the first.
            waits = times.argmax(axis=0) == stream
            waiting = waiting + shape.layers * np.where(waits, times.max(axis=0), 0.0)
        return np.asarray(waiting / view(Step.PASS_SECONDS))

    return share


def _limited(view: View) -> bool:
    return any(bool((view(name) > 0).any()) for name in LIMITS)


def _compute_seconds(view: View) -> Array:
    return np.asarray(view("cycles_per_token") * (view.workload.tokens * 1e-6) / view("clock_mhz"))


def _layer_times(view: View, shape: Shape) -> Array:
    """Seconds of computing one layer, of its keys and of its activations, one after the other in axis 0."""
    steps = _layer_steps(view, shape)
    ticks = steps + _latency(view)
    if _has_pauses(view):
        ticks = ticks + _layer_pauses(view, shape)
    streams = steps * _key_beat(view), _layer_beats(view, shape) * _activation_beat(view)
    waits = [bits / _limit(view(name)) for bits, name in zip(streams, LIMITS, strict=True)]
    return np.stack(np.broadcast_arrays(ticks * 1e-6 / view("clock_mhz"), *waits))


def _limit(gigabytes: Array) -> Array:
    """Bits a second; 0 stands for no limit."""
    return np.where(gigabytes > 0, gigabytes * 8e9, np.inf)
