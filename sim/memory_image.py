"""Layers in the memory of an accelerator: descriptors, keys, activations, and their results there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.errors import ConfigError
from generator.plan import Tiling
from generator.plan.accelerator import AcceleratorPlan
from generator.plan.registers import ADDRESS_BITS, DESCRIPTOR, DESCRIPTOR_BYTES, INTERFACE_VERSION
from sim.fields import pack_fields
from sim.layers import LayerData, activation_chunks, results_of

Octets = NDArray[np.uint8]
ALIGNMENT = 64
"""Bytes to whose multiples everything in memory is aligned: the widest bus, and a descriptor."""


def aligned(octets: int) -> int:
    """``octets`` filled up to a multiple of ``ALIGNMENT``."""
    return -(-octets // ALIGNMENT) * ALIGNMENT


def descriptor(values: Mapping[str, int | float]) -> bytes:
    """The descriptor with ``values`` by the names of its fields; what is not stated is 0."""
    octets = bytearray(DESCRIPTOR_BYTES)
    for field in DESCRIPTOR:
        value = values.get(field.name, INTERFACE_VERSION if field.name == "version" else 0)
        whole = int(np.float32(value).view(np.uint32)) if isinstance(value, float) else int(value)
        octets[field.offset : field.offset + field.size] = whole.to_bytes(field.size, "little")
    return bytes(octets)


class LayerShape(NamedTuple):
    """N inputs, M outputs and B tokens of a layer."""

    inputs: int
    outputs: int
    tokens: int


@dataclass(frozen=True)
class Placement:
    """Where a layer lies in memory: addresses, strides and sizes in bytes; ``blocks`` of tokens."""

    shape: LayerShape
    blocks: int
    keys: int
    key_bytes: int
    activations: int
    activation_stride: int
    results: int
    result_stride: int

    @property
    def fields(self) -> dict[str, int | float]:
        """The fields of its descriptor."""
        names = ("keys", "activations", "results", "activation_stride", "result_stride")
        return {**self.shape._asdict(), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True)
class MemoryMap:
    """A list of descriptors at ``base``, the keys of its ``layers``, and their activations and results, which
    end at ``end``."""

    base: int
    layers: tuple[Placement, ...]
    end: int


def lay_out(axi: AcceleratorPlan, shapes: Sequence[LayerShape], base: int) -> MemoryMap:
    """Layers of ``shapes`` in memory from ``base`` on: descriptors, all keys, then activations and results.

    Raises ``WorkloadError`` for a layer that the core cannot run, ``ConfigError`` for a base that is no
    multiple of ``ALIGNMENT``.
    """
    if base % ALIGNMENT:
        raise ConfigError(
            f"base {base:#x}: a multiple of {ALIGNMENT} is expected, for descriptors and the bus"
        )
    sizes = [axi.layer(*shape) for shape in shapes]
    at = aligned(base + DESCRIPTOR_BYTES * len(shapes))
    keys = []
    for size in sizes:
        keys.append(at)
        at += aligned(size.keys)
    layers = []
    for shape, size, of_keys in zip(shapes, sizes, keys, strict=True):
        blocks = size.tiling.blocks
        strides = aligned(size.activations), aligned(size.results)
        results = at + blocks * strides[0]
        layers.append(Placement(shape, blocks, of_keys, size.keys, at, strides[0], results, strides[1]))
        at = results + blocks * strides[1]
    if at > 1 << ADDRESS_BITS:
        raise ConfigError(f"base {base:#x}: the layers end beyond {ADDRESS_BITS} bits of address")
    return MemoryMap(base, tuple(layers), at)


def activation_octets(axi: AcceleratorPlan, layer: LayerData, stride: int) -> Octets:
    """The activations of ``layer`` as they lie in memory, ``stride`` bytes a block of tokens."""
    beats = np.concatenate(list(activation_chunks(axi.core, layer)))
    tiling = Tiling.of(axi.core, layer.length, layer.outputs, layer.tokens)
    blocks = beats.reshape(tiling.blocks, -1)
    return np.pad(blocks, ((0, 0), (0, stride - blocks.shape[1]))).reshape(-1)


def results_in(axi: AcceleratorPlan, octets: bytes, shape: LayerShape, stride: int) -> NDArray[Any]:
    """y[B, M] from a layer's results in memory, as ``sim.layers.results_of`` gives it."""
    tiling = Tiling.of(axi.core, *shape)
    of_block = tiling.m_tiles * axi.results.beat
    blocks = np.frombuffer(octets, dtype=np.uint8).reshape(tiling.blocks, stride)[:, :of_block]
    values = np.ascontiguousarray(blocks).view(f"<u{axi.container_bits // 8}")
    beats = pack_fields(values.reshape(-1, axi.results_of_a_beat).astype(np.uint64), axi.core.result_width)
    return np.asarray(results_of(axi.core, tiling, shape.outputs, shape.tokens, beats))
