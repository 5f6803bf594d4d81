"""What a sweep looks up in tables is what each core is estimated at alone: in every technology, for any core.

A figure that depends on a key that it does not state would be looked up of another core.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from costmodel.fit.sampling import draw_cores
from costmodel.price.area import PARTS
from costmodel.price.estimate import estimate
from costmodel.price.representative import CONFIG_KEYS
from costmodel.price.technology import load_technology, shipped_technologies
from costmodel.price.wires import Wiring
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from generator.config import CoreConfig
from tests.costmodel.price.test_wires import technology as wired
from tests.dse.specs import small

KINDS = (None, "native", "exact", "aligned")


@cache
def pair(kind: str | None) -> list[CoreConfig]:
    """Two random cores of a datapath; None is that of integers."""
    drawn = draw_cores(31 + KINDS.index(kind), 24, largest=4000, floats=0.0 if kind is None else 1.0)
    return [core for core in drawn if core.datapath == kind][:2]


def value_of(core: CoreConfig, key: str) -> Any:
    head, _, leaf = key.partition(".")
    return getattr(getattr(core, head), leaf) if leaf else getattr(core, head)


def space_of(cores: list[CoreConfig]) -> dict[str, Any]:
    """All combinations of what ``cores`` are: an axis a key."""
    axes: dict[str, Any] = {"speed": ["medium", "tight"]}
    for key in CONFIG_KEYS:
        values = dict.fromkeys(value_of(core, key) for core in cores)
        if stated := [value for value in values if value is not None]:
            axes[key] = stated
    return small(
        axes=axes,
        fixed={},
        constraints=[],
        budget={},
        clock_mhz=None,
        workload={"layers": [{"name": "least", "inputs": 1, "outputs": 1}]},
        objectives={"area_um2": "min", "delay_ps": "min"},
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "wires"), [*((name, "none") for name in shipped_technologies()), ("wired", "placed")]
)
def test_mixed_cores_cost_in_a_sweep_what_each_costs_alone(
    name: str, wires: Wiring, kind: str | None
) -> None:
    technology = wired() if name == "wired" else load_technology(name)
    cost = technology.cost_at().key
    space = space_of(pair(kind)) | {"wires": wires, "objectives": {cost: "min", "delay_ps": "min"}}
    model = Model.build(SweepSpec.parse(space, "spec"), technology)
    ids = np.random.default_rng(1).choice(model.space.size, min(model.space.size, 600), replace=False)
    rows = design_rows(model, ids[next(model.judge_picks(ids))][:40])
    assert len(rows) > 10
    for row in rows:
        core = model.space.config(row["id"])
        alone = estimate(core, technology, wires=wires)
        sized = estimate(core, technology, speed=row["speed"], wires=wires)
        assert row[f"least_{cost}"] == pytest.approx(alone.cost, rel=1e-12)
        assert row[cost] == pytest.approx(sized.cost, rel=1e-12)
        for part in PARTS:
            assert row[f"{technology.cost.relaxed}_{part}"] == pytest.approx(
                sized.breakdown[part], rel=1e-12, abs=1e-9
            )
        assert row["delay_ps"] == pytest.approx(alone.delay_ps, rel=1e-12)
        assert row["rms_error"] == pytest.approx(alone.rms_error, rel=1e-12)
        for figure in ("macs_per_cycle", "latency_cycles", "bits_per_weight"):
            assert row[figure] == getattr(alone, figure)
