"""What a sweep prices in an FPGA is what its core files are: points against estimates of their own TOML."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from costmodel.price.components import DELAY_COMPONENTS
from costmodel.price.estimate import estimate
from costmodel.price.quantity import FABRIC_COMPONENTS, Over, PricedQuantity
from costmodel.price.technology import Cost, Technology, load_technology
from dse.engine.judging import Grid, run
from dse.spec.axes import SpecError
from dse.spec.space import unstated
from dse.sweep.results.designs import core_toml
from dse.sweep.results.points import write_points
from generator.config import CoreConfig
from tests.dse.specs import model_of
from tests.dse.sweep.test_same_price import random_spec


def invented(over: Over) -> Technology:
    """Prices of lookup tables and flip-flops that are all different, and delays."""
    tables = {name: 0.2 + 0.31 * i for i, name in enumerate(FABRIC_COMPONENTS)}
    registers = {name: 0.1 + 0.17 * i for i, name in enumerate(FABRIC_COMPONENTS)}
    delays = {name: 15.0 + 3.1 * i for i, name in enumerate(DELAY_COMPONENTS)}
    cells = load_technology("asap7")
    return Technology(
        name="invented",
        library="xcup",
        corner="",
        flow="",
        date=cells.date,
        versions={},
        measured_by="fabric",
        cost=Cost(label="LUT count", relaxed="lut", medium="lut", tight="lut"),
        quantities={
            "lut": PricedQuantity(name="lut", label="LUT count", unit="LUT", over=over, coefficients=tables),
            "ff": PricedQuantity(name="ff", label="FF count", unit="FF", over=over, coefficients=registers),
            "delay": cells.delay.model_copy(update={"coefficients": delays}),
        },
    )


@pytest.mark.parametrize("over", ["lut4", "lut6"])
@pytest.mark.parametrize("seed", range(6))
def test_every_point_is_priced_as_its_own_core_file(seed: int, over: Over, tmp_path: Path) -> None:
    technology = invented(over)
    spec = random_spec(seed) | {"objectives": {"lut": "min", "ff": "min", "delay_ps": "min"}}
    try:
        model = model_of(spec, technology)
    except SpecError:  # What is missing is refused before anything is priced.
        return
    grid = Grid.of(model)
    outcome = run(model, grid)
    if not outcome.cores:
        return
    write_points(tmp_path / "points.parquet", model, grid, outcome)
    rows = pq.read_table(tmp_path / "points.parquet").to_pylist()
    for row in random.Random(seed).sample(rows, min(25, len(rows))):
        row = unstated(model.space.keys) | row
        (tmp_path / "core.toml").write_text(core_toml(row), encoding="utf-8")
        costs = estimate(CoreConfig.load(tmp_path / "core.toml"), technology)
        expected = {"lut": costs.cost, "ff": costs.quantities["ff"], "delay_ps": costs.delay_ps}
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_random_specs_are_priced_more_often_than_refused() -> None:
    def priced(seed: int) -> bool:
        try:
            model_of(random_spec(seed))
        except SpecError:
            return False
        return True

    assert sum(map(priced, range(6))) >= 3
