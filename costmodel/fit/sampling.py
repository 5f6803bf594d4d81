"""Random cores over the whole design space, to fit the cost model on and, with another seed, to test it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

import numpy as np

from costmodel.price.sharing import SharingPlan
from generator.config import (
    ARCHITECTURES,
    DATAPATHS,
    FETCH_STRUCTURES,
    Architecture,
    CoreConfig,
    FetchStructure,
)
from generator.errors import ConfigError
from generator.formats import FLOATS
from generator.plan import CorePlan
from generator.rules import LONGEST_EXACT_EXPONENT

CANDIDATES = 30
"""Draws out of which the core nearest to a wanted size is taken."""


def _group_sizes(architecture: Architecture) -> dict[int, float]:
    """Group sizes of an architecture, and how often each is drawn."""
    match architecture:
        case "lut":
            return dict.fromkeys(range(1, 6), 0.12)
        case "select" | "multiplier":
            return {1: 0.2}
        case unknown:
            assert_never(unknown)


KINDS = [(name, size) for name in ARCHITECTURES for size in _group_sizes(name)]
WEIGHTS = [weight for name in ARCHITECTURES for weight in _group_sizes(name).values()]
"""Architectures with their group sizes, and how often each is drawn, as a share of all."""

RARE = 0.2
"""The share of cores whose fetch is not the first of the structures."""

FLOAT_ADDER, FLOAT_CONVERTER = 12, 8
"""Gates that a floating-point adder, and a converter or aligner, has for each bit of its number."""


def draw_cores(
    seed: int,
    count: int,
    smallest: float = 300,
    largest: float = 3500,
    floats: float = 0.0,
    without: frozenset[CoreConfig] = frozenset(),
    carry_save: float = 0.0,
) -> list[CoreConfig]:
    """``count`` different cores, sizes spread evenly in logarithm from ``smallest`` to ``largest`` gates.

    Cores in ``without`` do not come. ``floats`` is the share of cores with floating-point activations,
    ``carry_save`` that of cores that add their values so, where they can.
    """
    generator = np.random.default_rng(seed)
    drawn: dict[CoreConfig, None] = {}
    while len(drawn) < count:
        wanted = np.exp(generator.uniform(np.log(smallest), np.log(largest)))
        architecture, group_size = KINDS[generator.choice(len(KINDS), p=WEIGHTS)]
        draw_number = draw_float if generator.random() < floats else draw_integer
        candidates = [draw_core(generator, architecture, group_size, draw_number) for _ in range(CANDIDATES)]
        if carry_save and generator.random() < carry_save:
            candidates = [in_carry_save_form(core) for core in candidates]
        chosen = min(candidates, key=lambda core: abs(np.log(size(core) / wanted)))
        if chosen not in without:
            drawn[chosen] = None
    return list(drawn)


def size(core: CoreConfig) -> float:
    """About how many gates and flip-flops a core has: a count of its bits that needs no technology."""
    plan = SharingPlan(core)
    number = core.accumulator_format
    bits = plan.leaf_width
    adder = FLOAT_ADDER * bits if plan.adds_floats else bits
    converter = FLOAT_CONVERTER * bits if plan.tracks_invalid else 0
    registers = plan.table_register_bits + plan.float_stages * adder
    table = plan.table.adders * adder + core.group_size * converter
    fetched = _fetched_size(plan, converter)
    sums = 5 * plan.state_width * plan.partial_sums + (FLOAT_ADDER * plan.state_width if number else 0)
    column = core.tables * (fetched + adder) + plan.reduction.register_bits + sums + converter
    return core.rows * (core.tables * (table + registers) + core.columns * column) + 6 * plan.n_tiles_width


def _fetched_size(plan: CorePlan, converter: int) -> float:
    match plan.config.architecture:
        case "lut" | "select":
            return len(plan.table.entries) * plan.leaf_width
        case "multiplier" if plan.multiplies_floats:
            return plan.key_width**2 / 2 + FLOAT_ADDER * plan.key_width + converter
        case "multiplier":
            return plan.key_width**2
        case unknown:
            assert_never(unknown)


def draw_integer(generator: np.random.Generator) -> dict[str, Any]:
    """An integer format; keys with dots are those of the pipeline."""
    return {
        "activation": f"int{generator.integers(2, 17)}",
        "symmetric": bool(generator.random() < 0.3),
    }


def draw_float(generator: np.random.Generator) -> dict[str, Any]:
    """A floating-point format with a datapath that it can have, and stages of its units."""
    datapath = str(generator.choice(DATAPATHS))
    formats = [
        name for name, fmt in FLOATS.items() if datapath != "exact" or fmt.exponent <= LONGEST_EXACT_EXPONENT
    ]
    number: dict[str, Any] = {"activation": str(generator.choice(formats)), "datapath": datapath}
    if datapath != "exact" and generator.random() < 0.3:
        number["accumulation"] = "fp32"
    if datapath == "aligned":
        number["aligned_bits"] = int(generator.integers(6, 33))
        number["rounding"] = str(generator.choice(["nearest", "truncate"]))
    return number | {"pipeline.float_stages": int(generator.choice([0, 0, 0, 1, 2, 3]))}


def draw_core(
    generator: np.random.Generator,
    architecture: Architecture,
    group_size: int,
    draw_number: Callable[[np.random.Generator], dict[str, Any]] = draw_integer,
) -> CoreConfig:
    """One core of a kind: every format, dataflow, fetch and pipeline; L ≤ 32, K ≤ 64, R ≤ 4."""
    pick = generator.choice
    tables, columns = _log_uniform(generator, 1, 32), _log_uniform(generator, 1, 64)
    number = draw_number(generator)
    words = int(generator.integers(1, 9)) if generator.random() < 0.3 else 0
    return CoreConfig.parse(
        {
            "architecture": architecture,
            **{key: value for key, value in number.items() if "." not in key},
            "group_size": group_size,
            "tables": tables,
            "columns": columns,
            "rows": int(pick([1, 1, 1, 2, 3, 4])),
            "max_reduction": max(_log_uniform(generator, 64, 65536), tables * group_size),
            "dataflow": "table_stationary" if words else "output_stationary",
            "outputs": columns * words or None,
            "fetch": _draw_fetch(generator),
            "pipeline": {
                "table": "activations" if generator.random() < 0.3 else "entries",
                "fetch": bool(generator.random() < 0.4),
                "reduction_every": int(pick([0, 0, 1, 2, 3])),
                **{key.partition(".")[2]: value for key, value in number.items() if "." in key},
            },
        }
    )


def in_carry_save_form(core: CoreConfig) -> CoreConfig:
    """``core`` with a carry-save reduction, if there is such a core."""
    try:
        return CoreConfig.parse({**core.model_dump(), "reduction": "carry_save"})
    except ConfigError:
        return core


def _draw_fetch(generator: np.random.Generator) -> FetchStructure:
    """The first structure four times in five, each of the others as often as any."""
    first, *others = FETCH_STRUCTURES
    share = generator.random()
    return others[int(share / RARE * len(others))] if share < RARE else first


def _log_uniform(generator: np.random.Generator, low: int, high: int) -> int:
    return round(float(np.exp(generator.uniform(np.log(low - 0.49), np.log(high + 0.49)))))
