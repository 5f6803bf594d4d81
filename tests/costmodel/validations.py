"""A validation of made-up syntheses, whose errors are chosen, for what is computed and written of one."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from costmodel.fit.calibration import Observation
from costmodel.fit.noise import Noise
from costmodel.fit.sampling import draw_cores
from costmodel.fit.side_by_side import SideBySide, modelled_groups
from costmodel.fit.validation import Sample, Validation, row
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from tests.costmodel.technologies import ASAP7_CELLS, areas


@cache
def made_up(points: int = 12) -> Validation:
    """Areas within a few percent of the model, delays within some ten."""
    technology = load_technology("asap7")
    generator = np.random.default_rng(7)
    sample = Sample(seed=11, points=points + 1, largest=1500)
    cores = draw_cores(sample.seed, points, largest=sample.largest, floats=sample.floats)
    observations = [
        Observation(
            core,
            areas(
                area=estimate(core, technology).cost * float(np.exp(generator.normal(0, 0.03))),
                delay=estimate(core, technology).delay_ps * float(np.exp(generator.normal(0, 0.08))),
                tight=estimate(core, technology, speed="tight").cost * 1.05,
                medium=estimate(core, technology, speed="medium").cost * 0.98,
            ),
        )
        for core in cores
    ]
    worst = tuple(
        SideBySide(
            core,
            modelled_groups(core, technology),
            {group: 1.1 * area for group, area in modelled_groups(core, technology).items()},
            estimate(core, technology).cost * 1.08,
        )
        for core in cores[:2]
    )
    noise = (
        Noise(cores[0], (100.0, 101.0, 99.0), (200.0, 210.0, 220.0)),
        Noise(cores[1], (50.0, 50.0), (9.0, 9.0)),
    )
    rows = pd.DataFrame([row(seen, technology) for seen in observations])
    return Validation(technology, ASAP7_CELLS.origin, sample, rows, worst, noise)
