"""A model in the memory of an accelerator, as one file: the list of its layers and all their keys.

``model.bin`` goes to memory as it is, ``model.json`` says where: what the file has, and where the activations
and results of each layer are to be, behind it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from generator.config import CoreConfig
from generator.files import replacing, write_text
from generator.plan import plan_for
from generator.plan.accelerator import accelerator_plan
from sim.memory_image import LayerShape, MemoryMap, descriptor, lay_out
from sim.weights.key_image import BINARY

FORMAT = "ternlut model image"
MODEL, MAP = "model.bin", "model.json"


class PackedLayer(NamedTuple):
    """A matrix whose key image, with its ``manifest``, is in ``directory``."""

    name: str
    directory: Path
    manifest: dict[str, Any]

    def shape(self, tokens: int) -> LayerShape:
        outputs, length = self.manifest["shape"]
        return LayerShape(length, outputs, tokens)

    @property
    def scale(self) -> float:
        """The one scale of the matrix; 0 where it has several."""
        scale = np.asarray(self.manifest["scale"]).reshape(-1)
        return float(scale[0]) if len(scale) == 1 and self.manifest["scale_group"] is None else 0.0


def write_model(
    config: CoreConfig, layers: Sequence[PackedLayer], directory: Path, base: int, tokens: int
) -> dict[str, Any]:
    """Writes ``layers``, in their order, for memory at ``base`` and blocks of ``tokens``; what was written.

    Raises ``WorkloadError`` for a layer that the core cannot run, ``ConfigError`` for a base that is not
    aligned, ``OutputError`` where files cannot be written.
    """
    axi = accelerator_plan(plan_for(config))
    where = lay_out(axi, [layer.shape(tokens) for layer in layers], base)
    with replacing(directory / MODEL) as temporary, temporary.open("wb") as file:
        for tag, (layer, place) in enumerate(zip(layers, where.layers, strict=True)):
            file.write(descriptor({**place.fields, "scale": layer.scale, "tag": tag}))
        for layer, place in zip(layers, where.layers, strict=True):
            file.write(bytes(place.keys - base - file.tell()))
            with (layer.directory / BINARY).open("rb") as keys:
                shutil.copyfileobj(keys, file)
        size = file.tell()
    figures = {
        "format": FORMAT,
        "core_digest": config.digest,
        "base": base,
        "bytes": size,
        "end": where.end,
        "descriptors": base,
        "count": len(layers),
        "tokens": tokens,
        "bus_bytes": axi.bus_bytes,
        "container_bits": axi.container_bits,
        "layers": _places(layers, where),
    }
    write_text(directory / MAP, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    return figures


def _places(layers: Sequence[PackedLayer], where: MemoryMap) -> list[dict[str, Any]]:
    return [
        {"tensor": layer.name, "key_bytes": place.key_bytes, "scale": layer.scale, **place.fields}
        for layer, place in zip(layers, where.layers, strict=True)
    ]
