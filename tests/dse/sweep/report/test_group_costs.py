"""What the figures choose from a sweep: the best of each group size, and designs along the front."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

from dse.sweep.report.along_front import along_front
from dse.sweep.report.group_costs import group_costs
from dse.sweep.results.sweep_results import POINTS, Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from tests.dse.specs import small, spec_file


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    directory = tmp_path_factory.mktemp("groups")
    axes: dict[str, Any] = small()["axes"] | {"activation": ["int6", "fp8_e5m2"], "datapath": ["exact"]}
    fixed = {"max_reduction": 250, "outputs": "workload"}
    sweep(spec_file(directory, axes=axes, fixed=fixed, clock_mhz=100, constraints=[]), directory / "out")
    return Results.load(directory / "out")


def test_every_format_and_group_size_has_its_cheapest_design(results: Results) -> None:
    points = [row for row in pq.read_table(results.directory / POINTS).to_pylist() if row["feasible"]]
    found = {one.name: one for one in group_costs(results)}
    assert set(found) == {"int6 integer", "fp8_e5m2 exact"}
    for name, one in found.items():
        own = [row for row in points if f"{row['activation']} {row['datapath'] or 'integer'}" == name]
        least = {
            group: min(
                row["area_um2"] / row["tokens_per_second"]
                for row in own
                if row["architecture"] == "lut" and row["group_size"] == group
            )
            for group in (1, 2, 3)
        }
        assert {row["group_size"]: one.cost(row) for row in one.lut} == pytest.approx(least)
        for row in one.baselines:
            expected = min(
                other["area_um2"] / other["tokens_per_second"]
                for other in own
                if other["architecture"] == row["architecture"]
            )
            assert one.cost(row) == pytest.approx(expected)
        assert [row["architecture"] for row in one.baselines] == ["select", "multiplier"]


def test_designs_along_the_front_are_spoken_of_or_evenly_chosen_cheapest_first(results: Results) -> None:
    summary = Summary(results)
    found = along_front(summary, even=5)
    assert {row["id"] for _, row in summary.highlights} <= {row["id"] for _, row in found}
    assert all(row["front"] for what, row in found if not what)
    assert [row["area_um2"] for _, row in found] == sorted(row["area_um2"] for _, row in found)
    assert len({row["id"] for _, row in found}) == len(found)
    assert sum(not what for what, _ in found) <= 5
