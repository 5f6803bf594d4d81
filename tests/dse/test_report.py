"""The page: it is one whole file, asks the network for nothing, and holds what it shows."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dse.report import page_data
from dse.results import Results
from dse.summary import Summary
from dse.sweep import sweep
from tests.dse.test_sweep import spec_file

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """Tags that are opened and closed, attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


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
    assert data["designs"]["id"][data["best"]] == summary.best["id"]
    assert sum(data["designs"]["front"]) == len(summary.results.front) == data["frontSize"]
    assert [layer["name"] for layer in data["layers"]] == ["wide", "long"]
    assert sum(layer["share"] for layer in data["layers"]) == pytest.approx(1)


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
    for key, values in summary.results.choices(summary.rate, summary.price, best).items():
        expected = {v: min(p["area_um2"] for p in points if p[key] == v) for v in {p[key] for p in points}}
        assert dict(values) == expected


def test_the_pictures_are_pictures(results: Path) -> None:
    assert (results / "pareto.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert ElementTree.parse(results / "pareto.svg").getroot().tag.endswith("svg")
