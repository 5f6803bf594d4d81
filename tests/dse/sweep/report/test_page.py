"""The page: it is one whole file, asks the network for nothing, and holds what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from dse.sweep.report.figures import write_figures
from dse.sweep.report.packing import packed
from dse.sweep.report.page import page_data
from dse.sweep.results.sweep_results import Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from tests.dse.pages import Page, unpacked
from tests.dse.pictures import PNG, pictured
from tests.dse.specs import spec_file


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("page")
    sweep(spec_file(directory, title="5 < 6 & </script><b>"), directory / "out")
    return directory / "out"


@pytest.fixture(scope="module")
def page(results: Path) -> Page:
    return Page((results / "report.html").read_text(encoding="utf-8"))


def test_the_page_is_whole(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert len(page.scripts) == 3


def test_the_page_asks_the_network_for_nothing(page: Page) -> None:
    outside = [a for a in page.attributes if a[1] in ("src", "href", "action", "data", "srcset")]
    assert outside == []
    assert "@import" not in page.scripts[2]
    assert not re.search(r"https?://", page.scripts[1] + page.scripts[2])


def test_every_element_that_the_program_draws_into_is_there(page: Page) -> None:
    wanted = set(re.findall(r'\$\("([a-z-]+)"\)', page.scripts[2]))
    assert wanted
    assert wanted <= set(page.ids)


def test_the_page_is_small_enough_to_mail(results: Path) -> None:
    assert (results / "report.html").stat().st_size < 8e6


def test_the_page_holds_the_front_and_what_is_said_of_it(page: Page, results: Path) -> None:
    data: dict[str, Any] = json.loads(page.scripts[1])
    summary = Summary(Results.load(results))
    assert data == json.loads(json.dumps(page_data(summary)))
    assert summary.best is not None
    assert data["title"] == "5 < 6 & </script><b>"
    designs = unpacked(data["designs"])
    assert designs["id"][data["best"]] == summary.best["id"]
    assert sum(designs["front"]) == len(summary.results.front) == data["frontSize"]
    assert [layer["cells"][0] for layer in data["layers"]["rows"]] == ["wide", "long"]
    assert sum(layer["share"] for layer in data["layers"]["rows"]) == pytest.approx(1)


def test_the_page_tells_where_its_figures_come_from(page: Page, results: Path) -> None:
    data: dict[str, Any] = json.loads(page.scripts[1])
    record = Results.load(results).record
    assert data["source"] == (results.parent / "spec.toml").read_text(encoding="utf-8")
    told = " ".join(value for _, value in data["provenance"])
    for fact in (record.digest, record.technology.name, record.ternlut, record.versions["numpy"]):
        assert fact in told


def test_columns_come_back_from_the_page_as_they_went() -> None:
    columns = {"id": [3, 4], "same": [0.5, 0.5], "idle": [None, None], "differs": ["a", None]}
    found = unpacked(packed(columns))
    assert found == columns
    assert packed(columns) == packed(columns)


def test_twenty_thousand_designs_are_two_megabytes_at_most() -> None:
    numbers = np.random.default_rng(1)
    columns = {"id": list(range(20_000))}
    columns |= {f"axis {i}": numbers.integers(0, 64, 20_000).tolist() for i in range(12)}
    columns |= {
        f"figure {i}": [float(f"{x:.5g}") for x in numbers.lognormal(5, 2, 20_000)] for i in range(12)
    }
    assert len(packed(columns)) < 2e6


def test_each_choice_is_priced_with_everything_else_chosen_anew(results: Path) -> None:
    summary = Summary(Results.load(results))
    best = summary.best
    assert best is not None
    points = [
        p
        for p in summary.results.points.to_pylist()
        if p["feasible"]
        and p["architecture"] == best["architecture"]
        and p["tokens_per_second"] >= best["tokens_per_second"]
    ]
    for key, values in summary.results.choices(summary.rules.standard(best), summary.price, best).items():
        expected = {v: min(p["area_um2"] for p in points if p[key] == v) for v in {p[key] for p in points}}
        assert dict(values) == expected


def test_the_pictures_are_pictures(results: Path, tmp_path: Path) -> None:
    with pictured():
        write_figures(tmp_path, Summary(Results.load(results)))
    for name in ("pareto", "breakdown", "group_size"):
        picture = (tmp_path / f"{name}.png").read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) > 5_000
        assert ElementTree.parse(tmp_path / f"{name}.svg").getroot().tag.endswith("svg")
