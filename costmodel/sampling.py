"""Random cores over the whole design space, to fit the cost model on and, with another seed, to test it."""

from __future__ import annotations

import numpy as np

from costmodel.area import core_bills
from generator.config import CoreConfig
from generator.plan import plan_for

CANDIDATES = 30
"""Draws out of which the core nearest to a wanted size is taken."""

KINDS = (*(("lut", group_size) for group_size in range(1, 6)), ("select", 1), ("multiplier", 1))
WEIGHTS = (0.12, 0.12, 0.12, 0.12, 0.12, 0.2, 0.2)
"""Architectures with their group sizes, and how often each is drawn."""


def draw_cores(
    seed: int,
    count: int,
    smallest: float = 300,
    largest: float = 7500,
    without: frozenset[CoreConfig] = frozenset(),
) -> list[CoreConfig]:
    """``count`` different cores, sizes spread evenly in logarithm from ``smallest`` to ``largest``.

    A core's size is the number of its components, gates and flip-flops of some 0.2 µm² in ASAP7: it needs no
    technology. Cores in ``without`` do not come.
    """
    generator = np.random.default_rng(seed)
    drawn: dict[CoreConfig, None] = {}
    while len(drawn) < count:
        wanted = np.exp(generator.uniform(np.log(smallest), np.log(largest)))
        architecture, group_size = KINDS[generator.choice(len(KINDS), p=WEIGHTS)]
        candidates = [draw_core(generator, architecture, group_size) for _ in range(CANDIDATES)]
        chosen = min(candidates, key=lambda core: abs(np.log(size(core) / wanted)))
        if chosen not in without:
            drawn[chosen] = None
    return list(drawn)


def size(core: CoreConfig) -> float:
    """The number of components a core is made of."""
    return sum(sum(bill.counts.values()) for bill in core_bills(plan_for(core)).values())


def draw_core(generator: np.random.Generator, architecture: str, group_size: int) -> CoreConfig:
    """One core of a kind: every format, dataflow, fetch and pipeline; L ≤ 32, K ≤ 64, R ≤ 4."""
    pick = generator.choice
    tables, columns = _log_uniform(generator, 1, 32), _log_uniform(generator, 1, 64)
    words = int(generator.integers(1, 9)) if generator.random() < 0.3 else 0
    return CoreConfig.parse(
        {
            "architecture": architecture,
            "activation": f"int{generator.integers(2, 17)}",
            "symmetric": bool(generator.random() < 0.3),
            "group_size": group_size,
            "tables": tables,
            "columns": columns,
            "rows": int(pick([1, 1, 1, 2, 3, 4])),
            "max_reduction": max(_log_uniform(generator, 64, 65536), tables * group_size),
            "dataflow": "table_stationary" if words else "output_stationary",
            "outputs": columns * words or None,
            "fetch": "tree" if generator.random() < 0.2 else "onehot",
            "pipeline": {
                "table": "activations" if generator.random() < 0.3 else "entries",
                "fetch": bool(generator.random() < 0.4),
                "reduction_every": int(pick([0, 0, 1, 2, 3])),
            },
        }
    )


def _log_uniform(generator: np.random.Generator, low: int, high: int) -> int:
    return round(float(np.exp(generator.uniform(np.log(low - 0.49), np.log(high + 0.49)))))
