"""Random cores of kinds that calibration has few of: alphabets, stores, full tables, scales, planes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from costmodel.fit.sampling import CANDIDATES, draw_core, draw_float, draw_integer, size
from generator.config import CoreConfig
from generator.errors import ConfigError

Changes = Callable[[np.random.Generator, CoreConfig], dict[str, Any]]
FLOATS = 0.2
"""The share of draws that are of floating-point activations, for kinds that have them."""


def _held(generator: np.random.Generator, core: CoreConfig) -> dict[str, Any]:
    outputs = core.outputs or core.columns * int(generator.integers(1, 5))
    return {
        "table_store": "memory",
        "table_banks": int(generator.integers(1, 3)),
        "dataflow": "table_stationary",
        "outputs": outputs,
    }


def _scaled(generator: np.random.Generator, core: CoreConfig) -> dict[str, Any]:
    scale = str(generator.choice(["fp16", "bf16", "int8", "fp8_e4m3"]))
    return {"scale_group": int(generator.choice([64, 128, 256])), "scale": scale}


KINDS: Mapping[str, Changes] = {
    "binary": lambda generator, core: {"alphabet": "binary"},
    "sparse_3_4": lambda generator, core: {"alphabet": "sparse_3_4"},
    "memory": _held,
    "port": lambda generator, core: {"table_store": "port"},
    "full": lambda generator, core: {"symmetry": "full"},
    "scaled": _scaled,
    "planes": lambda generator, core: {"alphabet": "binary", "weight_bits": int(generator.integers(2, 5))},
}
"""What changes a core into one of a kind, by the kind's name."""
GROUP_SIZES = {"sparse_3_4": (4,), "scaled": (1, 2, 3), "binary": (2, 3, 4, 5), "planes": (1, 2, 3, 4)}


def draw_kinds(seed: int, count: int, smallest: float = 300, largest: float = 1500) -> dict[CoreConfig, str]:
    """``count`` different cores with their kinds, in turn; sizes spread evenly in logarithm, in gates.

    None is of the calibration, which has no core of a kind but alphabets and depths of tables at fixed sizes.
    """
    generator, names = np.random.default_rng(seed), list(KINDS)
    drawn: dict[CoreConfig, str] = {}
    while len(drawn) < count:
        kind = names[len(drawn) % len(names)]
        wanted = np.exp(generator.uniform(np.log(smallest), np.log(largest)))
        draw_number = draw_float if generator.random() < FLOATS else draw_integer
        drafts = (draw_kind(generator, kind, draw_number) for _ in range(CANDIDATES))
        candidates = [core for core in drafts if core is not None]
        if candidates:
            chosen = min(candidates, key=lambda core: abs(np.log(size(core) / wanted)))
            drawn.setdefault(chosen, kind)
    return drawn


def draw_kind(
    generator: np.random.Generator,
    kind: str,
    draw_number: Callable[[np.random.Generator], dict[str, Any]] = draw_integer,
) -> CoreConfig | None:
    """A core of a ``kind``; None where what was drawn cannot be of it."""
    group_size = int(generator.choice(GROUP_SIZES.get(kind, (2, 3, 4))))
    try:
        core = draw_core(generator, "lut", group_size if group_size > 1 else 2, draw_number)
        values = {**core.model_dump(), "group_size": group_size, **KINDS[kind](generator, core)}
        return CoreConfig.parse(values)
    except ConfigError:
        return None
