"""How far the cost model is from synthesis on random cores that it was not fitted on.

    python benchmarks/model_accuracy.py [--points P] [--seed S] [--largest N] [--tech T]

Prints the relative errors of area and delay: median, 90th percentile and maximum, over all cores and for each
architecture, Kendall's τ of area, the worst five, and how many cores are priced in a second.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import kendalltau

from costmodel.calibration import calibration_cores, observe
from costmodel.estimate import BATCH_KEYS, estimate, estimate_batch
from costmodel.sampling import draw_cores
from costmodel.synthesis import shipped_library
from costmodel.technology import Technology, load_technology


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=float, default=20000, help="components of the largest core")
    parser.add_argument("--tech", default="asap7")
    arguments = parser.parse_args()
    technology = load_technology(arguments.tech)
    seen = frozenset(calibration_cores())
    cores = draw_cores(arguments.seed, arguments.points, 400, arguments.largest, without=seen)
    started = time.monotonic()
    observed = observe(shipped_library(arguments.tech), cores)
    print(f"{len(observed)} cores synthesized in {time.monotonic() - started:.0f} s")
    modelled = [estimate(found.core, technology) for found in observed]
    area = np.array([found.area_um2 for found in observed])
    errors = {
        "area": 100 * (np.array([model.area_um2 for model in modelled]) / area - 1),
        "delay": 100
        * (np.array([m.delay_ps / found.delay_ps for m, found in zip(modelled, observed, strict=True)]) - 1),
    }
    print(f"{'':18s} cores  median  90th %     max    mean")
    for what, error in errors.items():
        print(line(what, error))
        for architecture in ("lut", "select", "multiplier"):
            chosen = error[[found.core.architecture == architecture for found in observed]]
            if chosen.size:
                print(line(f"{what} {architecture}", chosen))
    tau = kendalltau(area, [model.area_um2 for model in modelled]).statistic
    print(f"Kendall's tau of area {tau:.4f}; {rate(technology) / 1e6:.1f} million cores/s")
    for i in np.argsort(-np.abs(errors["area"]))[:5]:
        core = observed[i].core.model_dump(mode="json", exclude_defaults=True)
        print(f"  area {errors['area'][i]:+.1f} % of {area[i]:.0f} µm²: {core}")


def line(what: str, error: np.ndarray) -> str:
    size = np.abs(error)
    ninety = np.percentile(size, 90)
    return (
        f"{what:18s} {error.size:5d} {np.median(size):5.1f} % {ninety:5.1f} % {size.max():5.1f} % "
        f"{error.mean():+5.1f} %"
    )


def rate(technology: Technology) -> float:
    """Cores that are priced in a second, in batches of a million out of a space of 28,160; best of three."""
    generator = np.random.default_rng(0)
    axes = {
        "architecture": np.array(["lut"], dtype=object),
        "activation": np.array(["int4", "int8"], dtype=object),
        "group_size": np.arange(1, 6),
        "tables": np.array([1, 2, 4, 8, 12, 16, 24, 32]),
        "columns": np.array([1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128]),
        "rows": np.array([1, 2, 4, 8]),
        "pipeline.fetch": np.array([False, True]),
        "pipeline.reduction_every": np.arange(4),
    }
    assert axes.keys() <= set(BATCH_KEYS)
    columns = {key: generator.choice(values, 1_000_000) for key, values in axes.items()}
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        estimate_batch(columns, technology)
        seconds.append(time.monotonic() - started)
    return 1e6 / min(seconds)


if __name__ == "__main__":
    main()
