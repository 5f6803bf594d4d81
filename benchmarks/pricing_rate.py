"""How many cores the model prices in a second of one processor core, in batches and one by one."""

import os
import time

import numpy as np
from numpy.typing import NDArray

from costmodel.price.estimate import estimate, estimate_batch
from costmodel.price.representative import nested
from costmodel.price.technology import load_technology
from generator.config import CoreConfig

BATCH, SINGLES = 1_000_000, 200
AXES = {
    "architecture": np.array(["lut"], dtype=object),
    "activation": np.array(["int4", "int8"], dtype=object),
    "group_size": np.arange(1, 6),
    "tables": np.array([1, 2, 4, 8, 12, 16, 24, 32]),
    "columns": np.array([1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128]),
    "rows": np.array([1, 2, 4, 8]),
    "pipeline.fetch": np.array([False, True]),
    "pipeline.reduction_every": np.arange(4),
}


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    technology = load_technology("asap7")
    generator = np.random.default_rng(0)
    columns = {key: generator.choice(values, BATCH) for key, values in AXES.items()}
    cores = [core(columns, i) for i in range(SINGLES)]
    batches = []
    for _ in range(4):
        began = time.process_time()
        estimate_batch(columns, technology)
        batches.append(BATCH / (time.process_time() - began))
    began = time.process_time()
    for one in cores:
        estimate(one, technology)
    single = SINGLES / (time.process_time() - began)
    space = np.prod([len(values) for values in AXES.values()])
    print(
        f"batches of {BATCH:,} out of a space of {space:,}: {max(batches) / 1e6:.1f} million cores a second"
    )
    print(f"the first batch, which makes the plans: {batches[0] / 1e6:.1f} million cores a second")
    print(f"one by one: {single:,.0f} cores a second, {max(batches) / single:,.0f} times fewer")


def core(columns: dict[str, NDArray[np.generic]], i: int) -> CoreConfig:
    return CoreConfig.parse(nested({key: values[i : i + 1].tolist()[0] for key, values in columns.items()}))


if __name__ == "__main__":
    main()
