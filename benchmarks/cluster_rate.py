"""Points a second that two processes judge, beside two worker processes of a Dask scheduler on this machine.

The same model is judged by both; the fronts have to be identical, and 0.7 of the local rate is wanted.
"""

import os
import sys
import time
from pathlib import Path

from distributed import LocalCluster

from costmodel.technology import load_technology
from dse.cluster import connected
from dse.engine import Crew, Grid, Outcome, run
from dse.model import Model
from dse.processes import Processes
from dse.spec import SweepSpec

SPEC = Path("examples/bitnet-2b4t.toml")
CHUNK_POINTS = 1 << 20


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SPEC
    spec = SweepSpec.load(path)
    # Rows cost nothing to price: more of them make a sweep that is worth processes.
    if path == SPEC:
        spec = SweepSpec.parse(
            {**spec.model_dump(mode="json"), "axes": {**spec.axes, "rows": list(range(1, 9))}}, str(path)
        )
    model = Model.build(spec, load_technology(spec.technology), str(path))
    grid = Grid.of(model, chunk_points=0 if path != SPEC else CHUNK_POINTS)
    print(f"{model.space.size:,} points in {grid.chunks} chunks; load {os.getloadavg()[0]:.1f} before")
    local, local_rate = timed("two processes", model, grid, Processes(2))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        connected(cluster.scheduler_address) as crew,
    ):
        remote, remote_rate = timed("two Dask workers", model, grid, crew)
    same = local.passed == remote.passed and bool((local.front.ids == remote.front.ids).all())
    print(f"Dask does {remote_rate / local_rate:.2f} of the local rate; fronts identical: {same}")


def timed(name: str, model: Model, grid: Grid, crew: Crew) -> tuple[Outcome, float]:
    """What ``crew`` finds and its points a second, its start included."""
    started = time.perf_counter()
    outcome = run(model, grid, crew=crew)
    seconds = time.perf_counter() - started
    print(
        f"{name}: {seconds:.1f} s, {outcome.points / seconds / 1e6:.2f} million points a second", flush=True
    )
    return outcome, outcome.points / seconds


if __name__ == "__main__":
    main()
