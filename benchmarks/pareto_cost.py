"""What the exact front of a sweep costs, beside moocore alone on the same designs.

Both get the same blocks: moocore the costs of all feasible designs of a block, ours through the coarse look
that leaves most of them out first. What is left of judging a block when it is priced alone is our step. The
definition, one design against all, is timed on the first of them.
"""

import time
import tomllib
from collections.abc import Callable
from functools import reduce
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import moocore
import numpy as np

from costmodel.price.technology import load_technology
from dse.engine.dense import Box, boxes, placed
from dse.engine.judging import BOX_POINTS, Grid, judge_block
from dse.engine.pareto import Front
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec

SPEC = Path("examples/datapath.toml")
BLOCKS = 12
OBJECTIVES = {
    "area_um2": "min", "tokens_per_second": "max", "weight_gb_per_s": "min", "activation_gb_per_s": "min",
    "latency_cycles": "min",
}  # fmt: skip
BRUTE = 2000
ROUNDS = 3


def main() -> None:
    stated = tomllib.loads(SPEC.read_text(encoding="utf-8"))
    spec = SweepSpec.parse({**stated, "objectives": OBJECTIVES}, str(SPEC))
    model = Model.build(spec, load_technology(spec.technology), str(SPEC))
    grid = Grid.of(model)
    every = [slices for chunk in range(grid.chunks) for slices in grid.blocks_of(chunk)]
    ours = theirs = judging = brute = 0.0
    designs = 0
    equal = True
    for slices in islice(every, 0, None, max(1, len(every) // BLOCKS)):
        with np.errstate(all="ignore"):
            seconds, parts = timed(lambda slices=slices: priced(model, slices))
            judging += seconds
            seconds, front = timed(lambda slices=slices: judge_block(model, slices).front)
            ours += seconds
        costs = np.concatenate([feasible(*part) for part in parts])
        designs += len(costs)
        seconds, kept = timed(lambda costs=costs: moocore.is_nondominated(costs))
        theirs += seconds
        alone = costs[kept]
        equal &= rows(front) == {tuple(row) for row in alone}
        start = time.perf_counter()
        by_definition(costs[:BRUTE])
        brute += time.perf_counter() - start
    step = ours - judging
    print(f"{designs:,} feasible designs, {len(OBJECTIVES)} objectives")
    print(
        f"costs and tests {judging:.2f} s, and with our Pareto step {ours:.2f} s: the step takes {step:.2f} s"
    )
    print(f"moocore alone {theirs:.2f} s: ours takes {step / theirs:.2f} of that; results equal: {equal}")
    print(f"by definition, the first {BRUTE} designs of each block alone: {brute:.2f} s")


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """The least seconds of some rounds, and what the last returns."""
    least = inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = do()
        least = min(least, time.perf_counter() - start)
    return least, found


def priced(model: Model, block: Box) -> list[tuple[list[Table], list[Table]]]:
    """Tests and costs of the boxes of a block that hold cores."""
    shape = tuple(part.stop - part.start for part in block)
    cores = reduce(np.logical_and, model.judge_cores(model.block(block)))
    views = [model.block(placed(box, block)) for box in boxes(cores, shape, BOX_POINTS)]
    return [(list(model.judge(view)), model.costs(view)) for view in views]


def feasible(tests: list[Table], costs: list[Table]) -> np.ndarray:
    """The costs of the designs that pass all tests, a row each."""
    mask, *columns = np.broadcast_arrays(reduce(np.logical_and, tests), *costs)
    return np.column_stack([column[mask] for column in columns])


def rows(front: Front) -> set[tuple[float, ...]]:
    return {tuple(row) for row in front.costs}


def by_definition(costs: np.ndarray) -> np.ndarray:
    """Which designs no other dominates, one against all."""
    return np.array([not ((costs <= c).all(1) & (costs < c).any(1)).any() for c in costs])


if __name__ == "__main__":
    main()
