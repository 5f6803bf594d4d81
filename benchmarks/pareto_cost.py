"""What the exact front of a sweep costs, beside moocore alone on the same designs.

Both get the same blocks: moocore the costs of all feasible designs of a block, ours through the coarse look
that leaves most of them out first. The definition, one design against all, is timed on the first of them.
"""

import time
from itertools import islice
from pathlib import Path

import moocore
import numpy as np

from costmodel.price.technology import load_technology
from dse.engine.judging import Grid, judge_block
from dse.engine.pareto import Front
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec

SPEC = Path("examples/datapath.toml")
BLOCKS = 12
OBJECTIVES = {
    "area_um2": "min", "tokens_per_second": "max", "weight_gb_per_s": "min", "activation_gb_per_s": "min",
    "latency_cycles": "min",
}  # fmt: skip
BRUTE = 2000


def main() -> None:
    spec = SweepSpec.load(SPEC)
    spec = SweepSpec.parse({**spec.model_dump(mode="json"), "objectives": OBJECTIVES}, str(SPEC))
    model = Model.build(spec, load_technology(spec.technology), str(SPEC))
    grid = Grid.of(model)
    every = [slices for chunk in range(grid.chunks) for slices in grid.blocks_of(chunk)]
    ours = theirs = judging = brute = 0.0
    designs = 0
    equal = True
    for slices in islice(every, 0, None, max(1, len(every) // BLOCKS)):
        view = model.block(slices)
        shape = tuple(s.stop - s.start for s in slices)
        with np.errstate(all="ignore"):
            start = time.perf_counter()
            mask = np.logical_and.reduce([np.broadcast_to(test, shape) for test in model.judge(view)])
            columns = model.costs(view)
            judging += time.perf_counter() - start
            start = time.perf_counter()
            front = judge_block(model, slices).front
            whole = time.perf_counter() - start
        found = np.flatnonzero(mask)
        costs = np.column_stack([np.broadcast_to(c, shape).reshape(-1)[found] for c in columns])
        designs += len(costs)
        start = time.perf_counter()
        alone = costs[moocore.is_nondominated(costs)]
        theirs += time.perf_counter() - start
        ours += whole
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


def rows(front: Front) -> set[tuple[float, ...]]:
    return {tuple(row) for row in front.costs}


def by_definition(costs: np.ndarray) -> np.ndarray:
    """Which designs no other dominates, one against all."""
    return np.array([not ((costs <= c).all(1) & (costs < c).any(1)).any() for c in costs])


if __name__ == "__main__":
    main()
