"""What ternary layers ask of a design: steps, cycles and bits of every layer, and the time that they take.

Several cores divide each layer: a share of its outputs each, with activations sent to all, or a share of its
inputs each, whose results a tree adds. A layer takes as long as the slowest of computing it, streaming its
keys, streaming its activations, and moving what is off chip through the memory that all share, since all of
it goes on at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple, assert_never

import numpy as np

from costmodel.price.combining import levels_of
from costmodel.price.throughput import LATENCY, layer_pauses_batch, layer_steps_batch
from dse.pricing.figure import LayerDemand, PlanFigure, Step
from dse.pricing.limits import Limit, where_limiting
from dse.pricing.scaling import beat_bits, filled, has_scales
from dse.pricing.view import Array, View, weighted_sum, whole
from dse.spec.system import LIMITS
from dse.spec.workload import Shape
from generator.config import DATAFLOWS, KEY_PACKINGS, packs_weights
from generator.packing import BYTE, packed_bytes
from generator.rule import holds_tables
from generator.table_store import TABLE_STORES, receives_entries

HOLDING = [dataflow for dataflow in DATAFLOWS if holds_tables(dataflow)]
RECEIVING = [store for store in TABLE_STORES if receives_entries(store)]
PACKED = [packing for packing in KEY_PACKINGS if packs_weights(packing)]


class Share(NamedTuple):
    """One core's inputs and outputs of a layer, and how many cores have activations of their own."""

    inputs: Array
    outputs: Array
    streams: Array


def share(view: View, shape: Shape) -> Share:
    """One core's part of a layer."""
    cores = view("cores")
    inputs, outputs, one = np.asarray(shape.inputs), np.asarray(shape.outputs), np.ones((), np.int64)
    inputs = filled(view, inputs)
    if cores.ndim == 0 and cores == 1:
        return Share(inputs, outputs, one)
    by_inputs = view("split") == "inputs"
    return Share(
        np.where(by_inputs, -(-inputs // cores), inputs),
        np.where(by_inputs, outputs, -(-outputs // cores)),
        np.where(by_inputs, cores, one),
    )


def _over(shapes: Sequence[Shape], figure: Callable[[View, Shape], Array], view: View) -> Array:
    """A figure of every layer, added up."""
    total = np.zeros((), np.int64)
    for shape in shapes:
        total = total + shape.layers * figure(view, shape)
    return total


def _tile(view: View) -> dict[str, Array]:
    """What a step takes of a layer."""
    return {"tile_length": view("tile_length"), "columns": view("columns"), "rows": view("rows")}


def _layer_steps(view: View, shape: Shape) -> Array:
    part = share(view, shape)
    return layer_steps_batch(part.inputs, part.outputs, shape.tokens, **_tile(view)) * view("weight_bits")


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
        fill_cycles=whole(view(PlanFigure.FILL_CYCLES)),
        table_banks=view("table_banks"),
    )


def _layer_beats(view: View, shape: Shape) -> Array:
    """Beats of activations from outside; held tables and a buffer take them once for all outputs."""
    beats: Array = _loads(view, shape) * _times_read(view, shape) * share(view, shape).streams
    return beats


def _times_read(view: View, shape: Shape) -> Array:
    """How often activations are read: for every tile of outputs, unless tables or a buffer hold them."""
    m_tiles = -(-share(view, shape).outputs // view("columns"))
    return np.where(np.isin(view("dataflow"), HOLDING) | view("activation_buffer"), 1, m_tiles)


def _loads(view: View, shape: Shape) -> Array:
    """Tiles of activations of a layer, each of which a core needs at least once."""
    inputs = share(view, shape).inputs
    return layer_steps_batch(inputs, 1, shape.tokens, **_tile(view) | {"columns": 1})


def _result_beats(view: View, shape: Shape) -> Array:
    """Beats of results of a core."""
    outputs = share(view, shape).outputs
    return layer_steps_batch(1, outputs, shape.tokens, **_tile(view) | {"tile_length": 1})


def accesses(view: View, shapes: Sequence[Shape]) -> tuple[Array, Array, Array]:
    """Steps of layers, tiles of activations, and beats of results, of each core."""
    steps, loads, results = (_over(shapes, each, view) for each in (_layer_steps, _loads, _result_beats))
    return steps, loads, results


def _has_pauses(view: View) -> bool:
    return bool((view(PlanFigure.ACCUMULATOR_STAGES) > 1).any() or view(PlanFigure.FILL_CYCLES).any())


def steps(view: View) -> Array:
    """Tile steps of all layers for the workload's B tokens, each core's."""
    return _over(view.workload.shapes, _layer_steps, view).astype(np.float64)


def latency(view: View) -> Array:
    """Cycles of one core from an activation to its result."""
    stages = reduce(np.add, (view(PlanFigure(name)) for name in LATENCY))
    return np.asarray(stages + view(Step.SCALE_STEPS)) if has_scales(view) else stages


def _latency(view: View) -> Array:
    """Cycles from an activation to its result, through the cores and the tree between them."""
    cores, alone = view("cores"), view("latency_cycles")
    if cores.ndim == 0 and cores == 1:
        return alone
    levels = levels_of(cores) * (view("split") == "inputs")
    return np.asarray(alone + levels * view(PlanFigure.COMBINING_STAGES))


def cycles(view: View, shapes: Sequence[Shape]) -> Array:
    """Clock cycles of layers, one after the other, when no stream is waited for."""
    rated = shapes == view.workload.shapes
    steps = view("steps_per_pass") if rated else _over(shapes, _layer_steps, view).astype(np.float64)
    pauses = _over(shapes, _layer_pauses, view) if _has_pauses(view) else np.zeros((), np.int64)
    total: Array = steps + (pauses + sum(shape.layers for shape in shapes) * _latency(view))
    return total


def key_beat(view: View) -> Array:
    """Bits of keys that a step takes, of all cores."""
    keys, packs = view("columns") * view("tables"), np.isin(view("key_packing"), PACKED)
    beat = keys * view(PlanFigure.KEY_WIDTH)
    if packs.any():
        beat = np.where(packs, BYTE * packed_bytes(np.asarray(keys * view("group_size"))), beat)
    if has_scales(view):
        beat = beat + beat_bits(view)
    return np.asarray(view("cores") * beat)


def bits_per_weight(view: View) -> Array:
    """Bits of keys for each weight, with what fills up a beat's last byte, and of scales."""
    if not np.isin(view("key_packing"), PACKED).any() and not has_scales(view):
        return np.asarray(view("weight_bits") * view(PlanFigure.KEY_WIDTH) / view("group_size"))
    weights = view("cores") * view("columns") * view("tile_length")
    return np.asarray(view("weight_bits") * key_beat(view) / weights)


def activation_beat(view: View) -> Array:
    """Bits of activations that a step of a core takes, or of the entries made of them."""
    beat = view("rows") * view("tile_length") * view(PlanFigure.ACTIVATION_WIDTH)
    receives = np.isin(view("table_store"), RECEIVING)
    if receives.any():
        row = view("tables") * view(PlanFigure.TABLE_INPUT_BITS) + view(PlanFigure.INPUT_EXPONENT_BITS)
        beat = np.where(receives, view("rows") * row, beat)
    return np.asarray(beat)


def key_bits(view: View) -> Array:
    """Bits of keys streamed for B tokens, into all cores; rows share them."""
    return np.asarray(view("steps_per_pass") * key_beat(view))


def activation_bits(view: View) -> Array:
    """Bits of activations streamed for B tokens; what goes to all cores counts once."""
    return np.asarray(_over(view.workload.shapes, _layer_beats, view) * activation_beat(view))


def stored_bits(view: View, shape: Shape) -> tuple[Array, Array]:
    """Bits that one layer moves through the shared memory: keys, and activations with results.

    Activations are read as often as a core needs them, but for what pads a tile or a block, which is nowhere
    in memory; results are written once. Entries of tables that are made elsewhere are there as beats.
    """
    keys = _layer_steps(view, shape) * key_beat(view) * (view("weights") == "dram")
    read = shape.tokens * shape.inputs * view(PlanFigure.ACTIVATION_WIDTH) * _times_read(view, shape)
    receives = np.isin(view("table_store"), RECEIVING)
    if receives.any():
        read = np.where(receives, _layer_beats(view, shape) * activation_beat(view), read)
    return keys, np.asarray(read + shape.tokens * shape.outputs * view(PlanFigure.RESULT_WIDTH))


def layers_seconds(view: View, shapes: Sequence[Shape]) -> Array:
    """Seconds of layers, one after the other."""
    if not _limited(view):
        return np.asarray(cycles(view, shapes) * view(Step.CYCLE))
    return weighted_sum(
        (shape.layers, reduce(np.maximum, (taken for _, taken in layer_times(view, shape))))
        for shape in shapes
    )


def cycle(view: View) -> Array:
    """Seconds of a clock cycle."""
    return np.asarray(1e-6 / view("clock_mhz"))


def layers_waiting(view: View, shapes: Sequence[Shape], limit: Limit) -> Array:
    """Seconds of those layers that ``limit`` is what limits; of several it is the first."""
    if not _limited(view):
        return layers_seconds(view, shapes) if limit == "compute" else np.zeros(())
    waiting = np.zeros(())
    for shape in shapes:
        waiting = waiting + shape.layers * where_limiting(dict(layer_times(view, shape)), limit)
    return waiting


def _limited(view: View) -> bool:
    return any(bool((view(name) > 0).any()) for name in LIMITS) or bool(
        np.isfinite(view(Step.MEMORY_RATE)).any()
    )


def layer_times(view: View, shape: Shape) -> Iterator[tuple[Limit, Array]]:
    """Seconds that one layer takes by each of what may limit it, if it limits any design at all."""
    yield "compute", view(LayerDemand("seconds", shape))
    weights, activations = (view(name) for name in LIMITS)
    if (weights > 0).any():
        yield "weights", _layer_steps(view, shape) * key_beat(view) / _rate(weights)
    if (activations > 0).any():
        yield "activations", _layer_beats(view, shape) * activation_beat(view) / _rate(activations)
    memory = view(Step.MEMORY_RATE)
    if np.isfinite(memory).any():
        yield "memory", np.asarray(view(LayerDemand("bits", shape)) / memory + _answers(view, shape))


def layer_demand(view: View, demand: LayerDemand) -> Array:
    """What one layer asks for."""
    match demand.of:
        case "seconds":
            ticks = _layer_steps(view, demand.shape)
            if _has_pauses(view):
                ticks = ticks + _layer_pauses(view, demand.shape)
            cycle = view(Step.CYCLE)
            if cycle.ndim == 0:  # Few axes change each of the two.
                return np.asarray(ticks * cycle + _latency(view) * cycle)
            return np.asarray((ticks + _latency(view)) * cycle)
        case "bits":
            keys, others = stored_bits(view, demand.shape)
            return np.asarray(keys + others)
        case unknown:
            assert_never(unknown)


def _answers(view: View, shape: Shape) -> Array:
    """Seconds in which nothing comes: without a buffer of keys each burst of them is waited for."""
    latency = view("latency_ns") * ~view("key_buffer")
    if not latency.any():
        return np.zeros(())
    keys, _ = stored_bits(view, shape)
    return np.asarray(np.ceil(keys / (8 * view("burst_bytes"))) * latency * 1e-9)


def _rate(gigabytes: Array) -> Array:
    """Bits a second; 0 stands for no limit."""
    return np.where(gigabytes > 0, gigabytes * 8e9, np.inf)
