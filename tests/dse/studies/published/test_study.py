"""The study of published designs: corrections are of the same rate, and theirs differs where it should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from costmodel.price.estimate import estimate
from dse.studies.published import paper
from dse.studies.published.__main__ import PAPER, main, read_study
from dse.studies.published.compared import FIGURES, comparisons
from dse.studies.published.corrections import BEST, ENERGY, PRICE, PUBLISHED, corrections
from dse.studies.published.designs import PublishedDesign, published_design
from dse.studies.published.page import markdown
from dse.studies.published.points import LARGEST_UM2, MEASURED, measured, part_of, points
from dse.studies.published.replay import keeps_rule
from dse.studies.published.theirs import DIFFERENCES, FLOAT_ADDERS, SPEED, Tile, area, theirs
from dse.studies.published.words import correction_of, plain, records
from dse.sweep.results.designs import Row, core_of
from generator.plan import plan_for

ROOT = Path(__file__).parents[4]
TINY = "sherry"


@pytest.fixture(scope="module")
def design() -> PublishedDesign:
    """One whose space is small."""
    return published_design(ROOT / "designs" / f"{TINY}.toml")


@pytest.fixture(scope="module")
def rows(design: PublishedDesign) -> list[Row]:
    return corrections(design)


def test_a_correction_does_no_less_and_takes_no_more(design: PublishedDesign, rows: list[Row]) -> None:
    named = {row["step"]: row for row in rows}
    published = named[PUBLISHED]
    for row in rows:
        assert row["macs_per_cycle"] >= design.core.macs_per_cycle
        assert row["delay_ps"] * design.clock_mhz <= 1e6
        assert row["gain"] == pytest.approx(published[PRICE] / row[PRICE])
        assert row["gain"] >= 1 or row["step"] == "least energy"
    assert named["least energy"][ENERGY] <= named[BEST][ENERGY]


def test_areas_are_those_of_the_named_cores(design: PublishedDesign, rows: list[Row]) -> None:
    for row in rows:
        assert estimate(core_of(row), clock_mhz=design.clock_mhz).cost == pytest.approx(row["area_um2"])


def test_what_is_published_is_kept_and_what_is_not_is_free(design: PublishedDesign, rows: list[Row]) -> None:
    published = core_of(next(row for row in rows if row["step"] == PUBLISHED))
    for key in ("architecture", "alphabet", "group_size"):
        assert getattr(published, key) == getattr(design.core, key)
    # With a tile's shape known, too, fewer readings are left.
    sources = {
        key: replace(source, grade="P") if key in ("tables", "columns", "cores") else source
        for key, source in design.sources.items()
    }
    narrow = corrections(replace(design, sources=sources))[0]
    assert 1 < narrow["readings"] < rows[0]["readings"]
    assert (narrow["tables"], narrow["columns"]) == (design.core.tables, design.core.columns)


def test_a_part_of_a_core_is_small_and_of_its_kind(design: PublishedDesign) -> None:
    part = part_of(design.core, design.clock_mhz)
    assert estimate(part, clock_mhz=design.clock_mhz).cost <= LARGEST_UM2
    assert (part.group_size, part.alphabet) == (design.core.group_size, design.core.alphabet)
    assert part.tables < design.core.tables
    assert part_of(part, design.clock_mhz) == part


def test_points_that_are_known_are_not_measured_again(design: PublishedDesign, rows: list[Row]) -> None:
    asked = []

    def measure(core: Any, clock_mhz: float) -> dict[str, Any]:
        asked.append(core)
        return {**dict.fromkeys(MEASURED, 1.0), "synthesized_um2": estimate(core, clock_mhz=clock_mhz).cost}

    table = points([design], rows)
    *_, first = measured(table, measure=measure)
    assert len(asked) == len(table)
    *_, again = measured(table, known=first, measure=measure)
    assert len(asked) == len(table)
    pd.testing.assert_frame_equal(again, first)
    *_, late = measured(table, seconds=-1, measure=measure)
    assert late[MEASURED].isna().all(axis=None)


def test_their_model_with_no_difference_is_our_core() -> None:
    tile = Tile("lut", "fp16", 3, 12, 4, 4)
    assert area(tile, (), "asap7") == pytest.approx(estimate(tile.core, speed=SPEED).cost)


def test_their_parts_are_as_their_code_has_them() -> None:
    """Counted by hand for 2 tables of 2 activations of int8, 3 columns and 5 outputs."""
    tile = Tile("lut", "int8", 2, 4, 3, 5)
    plan = plan_for(tile.core)
    counts = {part: dict(theirs(part, tile, plan).counts) for part in DIFFERENCES}
    assert counts["tables"]["register"] == 2 * 4 * 9
    assert counts["tables"]["sum"] == 2 * 2
    assert counts["fetch"]["choice"] == 2 * 3 * (3 * 32 + 32)
    assert counts["reduction"] == {"full_adder": 3 * 32, "sum": 3}
    assert counts["accumulators"]["register"] == 5 * 32


def test_their_tables_of_floats_take_more_adders() -> None:
    for size, adders in FLOAT_ADDERS.items():
        ours = plan_for(Tile("lut", "fp16", size, size, 1, 1).core).table.adders
        assert adders >= ours


def test_the_paper_s_first_ratio_is_that_of_its_structure() -> None:
    """1.64 is published for sign flips over tables, 32 x 32, fp16."""
    table = paper.ratios(("asap7",))
    floats = table[table["activation"] == "fp16"].set_index("cores")["select_over_lut"]
    assert floats[paper.THEIRS] == pytest.approx(0.197 / 0.120, rel=0.1)
    implied = paper.implied_multiplier(table)
    assert implied["published_multiplier_um2"] < implied["adder_um2"] < implied["multiplier_um2"]


def test_the_paper_s_rule_of_shapes_is_what_our_cores_follow() -> None:
    """Published: fp16 is best with more columns than activations, int8 the other way round."""
    table = paper.shapes(("sky130hd",))
    for activation, of in table.groupby("activation"):
        (best,) = records(of.nsmallest(1, "ours_um2"))
        assert keeps_rule(str(activation), best["length"], best["columns"])
        assert (of["trimmed_um2"] <= of["theirs_um2"]).all()
    assert not keeps_rule("int8", 8, 128)


def test_every_published_number_has_a_reason_where_it_differs(
    design: PublishedDesign, rows: list[Row]
) -> None:
    table = comparisons({design.name: design}, rows)
    assert table["verdict"].tolist() == ["agrees"]
    for figure in FIGURES:
        assert (ROOT / "designs" / f"{figure.design}.toml").is_file()
        assert figure.verdict(figure.scaled[0]) == "agrees"
        assert figure.verdict(2 * figure.scaled[1]) == "more"
        assert figure.verdict(figure.scaled[0] / 2) == "less"


def test_a_correction_is_told_in_words(rows: list[Row]) -> None:
    published = next(row for row in rows if row["step"] == PUBLISHED) | {"symmetry": "full"}
    assert correction_of(published, published) == "nothing"
    other = {"group_size": 2, "tables": 8, "columns": 64, "cores": 1, "symmetry": "half"}
    tiles = f"{published['tables'] * 4} × {published['columns']} → 16 × 64"
    assert correction_of(published, published | other) == f"µ 4 → 2, half of each table and {tiles}"
    plain = published | other | {"architecture": "select", "group_size": 1, "tables": 16}
    assert correction_of(published, plain) == f"no tables and {tiles}"


def test_numbers_are_read_as_they_were_written() -> None:
    assert [plain(value) for value in (float("nan"), 3.0, 2.5, "x", True)] == [None, 3, 2.5, "x", True]
    assert records(pd.DataFrame({"a": [1.0, None]})) == [{"a": 1}, {"a": None}]


def test_the_page_says_what_the_tables_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "designs"
    (folder / "spaces").mkdir(parents=True)
    for name in (f"{TINY}.toml", f"spaces/{TINY}.toml"):
        (folder / name).write_bytes((ROOT / "designs" / name).read_bytes())
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["published", "-o", str(out), "--designs", str(folder), "--minutes", "0"])
    assert main() == 0
    assert capsys.readouterr().out.strip() == str(out / "published.md")
    page = (out / "published.md").read_text(encoding="utf-8")
    study = read_study(out, [published_design(folder / f"{TINY}.toml")])
    assert page == markdown(study)
    best = study.row(study.designs[0], BEST)
    assert f"{best['area_um2']:,.0f}" in page
    assert all((out / name).is_file() for name in PAPER)
    # What is there is not computed again.
    monkeypatch.setattr("dse.studies.published.__main__.corrections", None)
    assert main() == 0
    assert (out / "published.md").read_text(encoding="utf-8") == page


def test_a_study_that_is_not_there_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["published", "-o", str(tmp_path), "--designs", str(ROOT / "designs"), "--page"]
    )
    assert main() == 2
    assert "corrections.csv" in capsys.readouterr().err
