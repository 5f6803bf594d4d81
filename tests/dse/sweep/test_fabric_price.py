"""What a sweep prices in an FPGA is what its core files are: points against estimates of their own TOML."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.price.components import DELAY_COMPONENTS
from costmodel.price.estimate import estimate
from costmodel.price.quantity import FABRIC_COMPONENTS, Over
from tests.dse.specs import fabric_technology
from tests.dse.sweep.test_same_price import is_priced, random_spec, some_points


@pytest.mark.parametrize("over", ["lut4", "lut6"])
@pytest.mark.parametrize("seed", range(6))
def test_every_point_is_priced_as_its_own_core_file(seed: int, over: Over, tmp_path: Path) -> None:
    """With prices that are all different."""
    technology = fabric_technology(
        {name: 0.2 + 0.31 * i for i, name in enumerate(FABRIC_COMPONENTS)},
        {name: 0.1 + 0.17 * i for i, name in enumerate(FABRIC_COMPONENTS)},
        {name: 15.0 + 3.1 * i for i, name in enumerate(DELAY_COMPONENTS)},
        over=over,
    )
    spec = random_spec(seed) | {"objectives": {"lut": "min", "ff": "min", "delay_ps": "min"}}
    for row, core in some_points(spec, seed, tmp_path, technology):
        costs = estimate(core, technology)
        expected = {"lut": costs.cost, "ff": costs.quantities["ff"], "delay_ps": costs.delay_ps}
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_random_specs_are_priced_more_often_than_refused() -> None:
    assert sum(is_priced(random_spec(seed)) for seed in range(6)) >= 3
