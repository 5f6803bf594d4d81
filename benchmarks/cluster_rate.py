"""Points a second that two processes judge, beside two worker processes of a Dask scheduler on this machine.

The same model is judged by both; the fronts have to be identical, and 0.7 of the local rate is wanted.
"""

import os
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
from distributed import LocalCluster

from costmodel.price.technology import load_technology
from dse.engine import processes
from dse.engine.cluster import connected
from dse.engine.judging import Executor, Grid, Outcome, run
from dse.engine.processes import Processes
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec

SPEC = Path("examples/datapath.toml")
ROUNDS = 3


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SPEC
    spec = SweepSpec.load(path)
    # Rows cost nothing to price: more of them make a sweep that is worth processes.
    if path == SPEC:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
        spec = SweepSpec.parse({**stated, "axes": {**stated["axes"], "rows": [*range(1, 17)]}}, str(path))
    model = Model.build(spec, load_technology(spec.technology), str(path))
    grid = Grid.of(model)
    processes.START_SECONDS = 0.0  # From the first chunk on, as those of Dask.
    print(f"{model.space.size:,} points in {grid.chunks} chunks; load {os.getloadavg()[0]:.1f} before")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        connected(cluster.scheduler_address) as dask,
    ):
        executors: dict[str, Executor] = {"two processes": Processes(2), "two Dask workers": dask}
        outcomes: list[Outcome] = []
        rates: dict[str, list[float]] = {name: [] for name in executors}
        for name, executor in [*executors.items()] * ROUNDS:
            outcome, rate = timed(model, grid, executor)
            outcomes.append(outcome)
            rates[name].append(rate)
    for name, found in rates.items():
        print(f"{name}: {', '.join(f'{rate / 1e6:.2f}' for rate in found)} million points a second")
    local, remote = (sum(found) for found in rates.values())
    same = all(o.passed == outcomes[0].passed and equal(o, outcomes[0]) for o in outcomes)
    print(f"Dask does {remote / local:.2f} of the local rate; fronts identical: {same}")


def timed(model: Model, grid: Grid, executor: Executor) -> tuple[Outcome, float]:
    """What ``executor`` finds, and its points a second after the first chunk: its start is no rate."""
    finished: list[tuple[float, int]] = []
    outcome = run(
        model, grid, executor=executor, progress=lambda p: finished.append((time.perf_counter(), p))
    )
    first = finished[1][0]
    return outcome, sum(points for _, points in finished[2:]) / (time.perf_counter() - first)


def equal(a: Outcome, b: Outcome) -> bool:
    return np.array_equal(a.front.ids, b.front.ids) and np.array_equal(a.front.costs, b.front.costs)


if __name__ == "__main__":
    main()
