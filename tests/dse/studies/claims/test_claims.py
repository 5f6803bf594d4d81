"""The study of the literature's claims: its ratios are those of the designs that it names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from dse.studies.claims import footing, synthesized
from dse.studies.claims.__main__ import read_study, write
from dse.studies.claims.findings import findings, out_of_reach, wired_tiles
from dse.studies.claims.footing import CLOCKS_MHZ, NUMBERS, PRICE, Number, designs
from dse.studies.claims.gain import CASE, COMMON, OWN, curves, ratios
from dse.studies.claims.parameters import corrections
from dse.studies.claims.study import Study, study
from dse.studies.claims.tiles import FIGURE, MACS_PER_CYCLE, tiles
from dse.studies.claims.verdicts import APART, factor, outcome, span, verdict
from dse.studies.tables import known_table
from dse.sweep.results.designs import core_of
from generator.config import CoreConfig
from generator.plan import core_name

TECHNOLOGY = "asap7"
SHOWN = (Number("int8"), Number("fp16", "native"), Number("fp16", "exact"))
COLUMNS = (4, 16)


@pytest.fixture(scope="module")
def small() -> Study:
    """The study in one technology, of three formats and two numbers of columns."""
    lines = curves(TECHNOLOGY, SHOWN, COLUMNS)
    systems = pd.concat([tiles(number, TECHNOLOGY) for number in SHOWN[:1]], ignore_index=True)
    corrected = pd.concat([corrections(number, TECHNOLOGY) for number in SHOWN[:1]], ignore_index=True)
    points = synthesized.synthesized(synthesized.points(lines), {})
    return study(lines, systems, corrected, points)


def test_a_ratio_is_that_of_the_areas_of_two_named_cores() -> None:
    technology, clock = load_technology(TECHNOLOGY), CLOCKS_MHZ[TECHNOLOGY]
    rows = designs(SHOWN[0], TECHNOLOGY, clock, columns=(16,))
    areas = {}
    for row in rows:
        areas[row["architecture"], row["group_size"]] = estimate(
            core_of(row), technology, clock_mhz=clock
        ).cost
    table = ratios(pd.DataFrame([row | {"footing": COMMON} for row in rows])).iloc[0]
    least = min(area for (architecture, _), area in areas.items() if architecture == "lut")
    assert table["reuse"] == pytest.approx(areas["select", 1] / least)
    assert table["multiplier"] == pytest.approx(areas["multiplier", 1] / least)
    assert table["multiplier"] == pytest.approx(table["no_multiplying"] * table["reuse"])


def test_designs_that_are_compared_do_equal_work_in_a_cycle(small: Study) -> None:
    assert (small.curves["macs_per_cycle"] == footing.TILE_LENGTH * small.curves["columns"]).all()
    common = small.curves[small.curves["footing"] == COMMON]
    assert set(common["clock_mhz"]) == {CLOCKS_MHZ[TECHNOLOGY]}
    assert (common["delay_ps"] * common["clock_mhz"] <= 1e6).all()
    work = small.tiles["cores"] * small.tiles["tables"] * small.tiles["group_size"] * small.tiles["columns"]
    assert (work == MACS_PER_CYCLE).all()


@pytest.mark.parametrize("technology", CLOCKS_MHZ)
def test_the_widest_formats_reach_the_common_clock_in_every_architecture(technology: str) -> None:
    for number in (Number("int16"), Number("fp16", "exact")):
        rows = designs(number, technology, CLOCKS_MHZ[technology], columns=(256,))
        assert {row["architecture"] for row in rows} == {"lut", "select", "multiplier"}


def test_aligned_bits_are_the_fewest_that_lose_no_more_than_native_additions() -> None:
    technology = load_technology(TECHNOLOGY)

    def error(number: Number, **keys: int) -> float:
        core = {**number.keys, "architecture": "select", "tables": 24, "columns": 4, "max_reduction": 4096}
        return estimate(CoreConfig.parse(core | keys), technology).arithmetic_error

    for number in NUMBERS:
        if number.aligned_bits is not None:
            native = error(Number(number.activation, "native"))
            assert error(number) <= native < error(number, aligned_bits=number.aligned_bits - 1)


def test_one_core_is_what_many_are_held_against(small: Study) -> None:
    for _, systems in small.tiles.groupby("architecture"):
        alone = systems.loc[systems["cores"] == 1, FIGURE].iloc[0]
        assert systems["penalty"].to_numpy() == pytest.approx((systems[FIGURE] / alone).to_numpy())
        outputs = systems[systems["split"] == "outputs"].sort_values("cores")
        assert outputs["penalty"].is_monotonic_increasing


def test_the_best_parameters_need_no_correction(small: Study) -> None:
    assert small.corrections["gain"].min() == 1
    assert (small.corrections["group_size_gain"] <= small.corrections["gain"]).all()
    assert (small.corrections.groupby("tile_length")["group_size_gain"].min() == 1).all()


def test_what_wires_make_of_tiles_is_told_where_they_are_known() -> None:
    def systems(**penalties: float) -> pd.DataFrame:
        rows = [(*name.split("_"), penalty) for name, penalty in penalties.items()]
        table = pd.DataFrame(rows, columns=["wires", "footing", "penalty"])
        table["footing"] = table["footing"].map({"common": COMMON, "own": OWN})
        return table.assign(technology=TECHNOLOGY, number="int8", architecture="lut")

    assert "not included is wires" in wired_tiles(systems(none_common=1.2))
    said = wired_tiles(systems(none_common=1.2, placed_common=1.1, none_own=1.1, placed_own=0.8))
    assert "speak for tiles in 2 of 2 cases: in asap7 16 tiles take 1.10" in said
    said = wired_tiles(systems(none_common=1.2, placed_common=1.3, none_own=1.1, placed_own=0.8))
    assert "in 1 of 2 cases" in said


def test_a_core_that_reaches_the_clock_in_pieces_alone_is_named() -> None:
    keys = ["technology", "architecture", "number", "cores", "penalty"]
    rows = [("asap7", "lut", "fp16", 16, float("nan")), ("asap7", "select", "int8", 16, 1.1)]
    assert "does not reach the common clock" in out_of_reach(pd.DataFrame(rows, columns=keys))
    assert "lut fp16 in asap7." in out_of_reach(pd.DataFrame(rows, columns=keys))
    assert out_of_reach(pd.DataFrame(rows[1:], columns=keys)) == ""


def test_verdicts_follow_the_numbers() -> None:
    assert verdict([2.3, 5.0], 2.2) == "confirmed"
    assert verdict([1.0, 5.0], 2.2) == "refined"
    assert verdict([1.0, 1.9], 2.2) == "refuted"
    assert verdict([2.2 / APART], 2.2) == "confirmed"
    assert [outcome(ratio) for ratio in (1.06, 1.04, 0.96, 0.95)] == ["wins", "ties", "ties", "loses"]
    assert (span([2, 1.5]), span([1.0, 1.001]), factor(12.34)) == ("1.50× to 2.00×", "1.00×", "12.3×")
    with pytest.raises(ValueError, match="no case"):
        verdict([], 1.0)


def test_points_are_the_best_cores_of_the_curves(small: Study) -> None:
    points = synthesized.points(small.curves)
    assert len(points) == 15
    assert points["area_um2"].is_monotonic_increasing
    for row in points.astype(object).where(points.notna(), None).to_dict("records"):
        assert core_name(core_of(synthesized._plain(row))) == row["core"]
        rivals = small.curves
        for key in (*CASE, "architecture"):
            rivals = rivals[rivals[key] == row[key]]
        assert row[PRICE] == rivals[PRICE].min()


def test_points_that_cannot_be_synthesized_stay_as_they_were(small: Study, tmp_path: Path) -> None:
    points = synthesized.points(small.curves)
    known = synthesized.synthesized(points, {})
    assert known["synthesized_um2"].isna().all()
    known.loc[[0, 1], synthesized.MEASURED] = [[500.0, 2000.0], [600.0, 2100.0]]
    known.to_csv(tmp_path / "points.csv", index=False)
    again = synthesized.synthesized(points, {}, known_table(tmp_path / "points.csv"))
    assert again.loc[[0, 1], "synthesized_um2"].tolist() == [500.0, 600.0]
    assert again["synthesized_um2"].notna().sum() == 2
    assert again.loc[0, "error"] == pytest.approx(100 * (points.loc[0, "area_um2"] / 500 - 1))
    other = points.assign(core="another")
    assert synthesized.synthesized(other, {}, known)["synthesized_um2"].isna().all()
    assert known_table(tmp_path / "none.csv") is None


def test_the_page_says_what_the_tables_hold(small: Study, tmp_path: Path) -> None:
    write(tmp_path, small)
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    for finding in findings(small):
        assert f"## {finding.heading}\n" in page
        assert f"**{finding.word.capitalize()}.**" in page
        assert all((tmp_path / name).exists() for name in (*finding.data, f"{finding.picture}.png"))
    common = small.ratios[small.ratios["footing"] == COMMON]
    assert span(common["multiplier"]) in page
    again = read_study(tmp_path)
    assert again.ratios["reuse"].to_numpy() == pytest.approx(small.ratios["reuse"].to_numpy(), rel=1e-5)
    assert [finding.word for finding in findings(again)] == [finding.word for finding in findings(small)]
