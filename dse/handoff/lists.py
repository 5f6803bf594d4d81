"""The golden lists of an accelerator's hand-off: layers in memory, and what has to be there afterwards."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.handoff.vectors import RECIPES, Recipe, fitted, layer_of, result_fields
from generator.plan import top_name
from generator.plan.accelerator import BURST_WORDS, AcceleratorPlan
from generator.plan.registers import DESCRIPTOR_BYTES, REGISTERS
from sim.layers import LayerData, key_chunks
from sim.memory_image import LayerShape, MemoryMap, Placement, activation_octets, descriptor, lay_out

BASE = 0x1000 - DESCRIPTOR_BYTES
"""Where the list begins: its second descriptor is in another page."""
FILL = 0xA5
"""What is in memory where results are expected, before they come."""


def list_files(axi: AcceleratorPlan) -> dict[str, str]:
    """Name → text of the vectors: ``cases.json``, and what is in memory, as hex."""
    layers = [layer_for(axi, recipe, seed) for seed, recipe in enumerate(RECIPES)]
    shapes = [LayerShape(layer.length, layer.outputs, layer.tokens) for layer in layers]
    where = lay_out(axi, shapes, BASE)
    files: dict[str, str] = {}
    cases = []
    for recipe, layer, place in zip(RECIPES, layers, where.layers, strict=True):
        right, mask = results(axi, layer, place)
        contents = {
            "key": np.concatenate(list(key_chunks(axi.core, layer))).tobytes(),
            "activation": activation_octets(axi, layer, place.activation_stride).tobytes(),
            "result": right,
            "result_mask": mask,
        }
        files |= {f"{recipe.name}.{name}.hex": f"{octets.hex()}\n" for name, octets in contents.items()}
        cases.append(entry(recipe, place))
    listed = {
        "core": {"top": top_name(axi.core.config), "digest": axi.core.config.digest},
        "registers": {register.name: register.offset for register in REGISTERS},
        "burst_words": BURST_WORDS,
        "fill": FILL,
        "descriptors": where.base,
        "descriptor_bytes": DESCRIPTOR_BYTES,
        "list": table(where).hex(),
        "patience": patience(axi, where),
        "memory_bytes": 1 << where.end.bit_length(),
        "cases": cases,
    }
    return {"cases.json": json.dumps(listed, indent=2) + "\n", **files}


def table(where: MemoryMap) -> bytes:
    """The list of descriptors."""
    return b"".join(descriptor(place.fields) for place in where.layers)


def patience(axi: AcceleratorPlan, where: MemoryMap) -> int:
    """Cycles after which the list is given up, many times what it takes."""
    words = 0
    for place in where.layers:
        tiling, blocks = axi.layer(*place.shape).tiling, place.blocks
        activations = tiling.restreams * place.activation_stride
        octets = blocks * (place.key_bytes + activations + place.result_stride)
        words += tiling.steps + octets // axi.bus_bytes
    return 20_000 + 20 * words


def layer_for(axi: AcceleratorPlan, recipe: Recipe, seed: int) -> LayerData:
    """The layer of a recipe, cut to what the core can take."""
    n, m, blocks = fitted(axi.core, recipe)
    return layer_of(axi.core, recipe.values, n, m, blocks, np.random.default_rng(seed))


def entry(recipe: Recipe, place: Placement) -> dict[str, Any]:
    """A case in the list of cases."""
    shape = place.shape._asdict()
    places = {"key": place.keys, "activation": place.activations, "result": place.results}
    return {"name": recipe.name, "about": recipe.about, **shape, "places": places}


def results(axi: AcceleratorPlan, layer: LayerData, place: Placement) -> tuple[bytes, bytes]:
    """What is in memory at the results of ``layer``, and which of its bits count; beside them all stays."""
    size, plan = axi.layer(*place.shape), axi.core
    fields = result_fields(plan, size.tiling, layer)
    masks = np.full(fields.shape, -1, dtype=np.int64).astype(np.uint64)
    if plan.marks_results:
        flag = np.uint64(1 << plan.value_width)
        masks = np.where(fields & flag, flag, masks)
    blocks = size.tiling.blocks, place.result_stride

    def octets(values: NDArray[np.uint64], beside: int) -> bytes:
        inside = values.astype(f"<u{axi.container_bits // 8}").reshape(blocks[0], -1).view(np.uint8)
        padding = ((0, 0), (0, blocks[1] - inside.shape[1]))
        return np.pad(inside, padding, constant_values=beside).tobytes()

    return octets(fields, FILL), octets(masks, 0xFF)
