"""The page in a browser: it draws everything, filters all parts at once, and its TOML is the core's."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from dse.presentation.plotting import ARCHITECTURE_COLOURS, VALUE_COLOURS, kind_colours
from dse.sweep.results.designs import core_of
from dse.sweep.results.sweep_results import Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from generator.config import Architecture, CoreConfig
from tests.dse.specs import small, spec_file

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH (apt-get install chromium)")

LISTEN = """<script>
window.failures = [];
addEventListener("error", (event) => failures.push(String(event.message)));
addEventListener("unhandledrejection", (event) => failures.push(String(event.reason)));
</script>"""

ACT = """<script>
(async () => {
  const $ = (id) => document.getElementById(id);
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  while (!("drawn" in document.documentElement.dataset) && !failures.length) await wait(50);
  const found = { plots: {}, toml: $("design").querySelector("pre").textContent };
  for (const plot of document.querySelectorAll(".js-plotly-plot")) found.plots[plot.id] = plot.data.length;
  found.bars = document.querySelectorAll("#along-front .bar").length;
  found.layers = document.querySelectorAll("#layers tbody tr").length;
  $("filter").value = "architecture=lut group_size=2|3 area_um2<=600";
  $("filter").oninput();
  await wait(400);
  found.count = $("count").textContent;
  found.points = $("front").data.flatMap((trace) => trace.customdata || []).length;
  const rows = [...document.querySelectorAll("#designs tbody tr")];
  const areas = rows.map((row) => Number(row.children[1].textContent.replace(",", "")));
  found.sorted = areas.every((area, k) => !k || areas[k - 1] <= area);
  $("design").querySelector(".chips button").click();
  found.chip = $("filter").value;
  $("clear").click();
  found.all = $("count").textContent;
  const traces = () => $("front").data;
  const star = () => (traces().find(({ name }) => name === "recommended") || { customdata: [null] })
    .customdata[0];
  found.asked = {};
  for (const text of [$("filter").placeholder, ...QUESTIONS]) {
    $("filter").value = text;
    $("filter").oninput();
    await wait(300);
    found.asked[text] = { star: star() };
    for (const id of ["count", "answer", "recommended"]) found.asked[text][id] = $(id).textContent;
  }
  found.placeholder = $("filter").placeholder;
  $("clear").click();
  found.colours = {};
  for (const { name, meta, marker } of traces()) if (meta) found.colours[name] = marker.color;
  const reached = (link) => document.querySelector(link.getAttribute("href")) !== null;
  found.jumps = [...document.querySelectorAll("#jump a")].map((link) => [link.textContent, reached(link)]);
  found.jumpBar = getComputedStyle($("jump")).display;
  found.wide = document.documentElement.scrollWidth - innerWidth;
  const lines = document.querySelector("#coordinates svg");
  const right = (node) => node.getBoundingClientRect().right;
  found.linesEnd = lines ? right(lines) - right(document.querySelector("main")) : null;
  const pre = document.createElement("pre");
  pre.id = "outcome";
  pre.textContent = JSON.stringify({ ...found, failures });
  document.body.append(pre);
})();
</script>"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    directory = tmp_path_factory.mktemp("browser")
    sweep(spec_file(directory), directory / "out")
    return Results.load(directory / "out")


QUESTIONS = {
    'architecture == "lut" and 2 <= mu <= 3 and area_um2 <= 600': (
        "architecture == 'lut' and 2 <= group_size <= 3 and area_um2 <= 600"
    ),
    "tables * mu * K > 40 or (not pipeline.fetch and fetch in ['tree'])": (
        "tables * group_size * columns > 40 or (not `pipeline.fetch` and fetch in ['tree'])"
    ),
    "area_um2 / tokens_per_second <= 0.002 R=2": "area_um2 / tokens_per_second <= 0.002 and rows == 2",
    "multiplier pipeline.reduction_every=2": (
        "architecture == 'multiplier' and `pipeline.reduction_every` == 2"
    ),
    "architecture=select|multiplier max(L, K) < 8": (
        "architecture in ['select', 'multiplier'] and tables < 8 and columns < 8"
    ),
    "area_um2 > 700": "area_um2 > 700",
}
"""Filters, and what they mean to pandas."""

WRONG = {
    "group_sise=2": "unknown name group_sise, did you mean group_size?",
    "fetch=tre": "no design has fetch = tre, did you mean tree?",
    "area_um2 <= ": "something is missing at the end",
    "tables in 3": "in takes a list",
    "(tables <= 3": ") is expected at the end",
    "area_um2 <= colums": "unknown name colums, did you mean columns?",
    "tables <= 3 §": "§ cannot be read",
}


@pytest.fixture(scope="module")
def found(results: Results) -> dict[str, Any]:
    """What the page showed, before and after its controls were used."""
    return shown(results, 1400)


def shown(results: Results, width: int) -> dict[str, Any]:
    text = (results.directory / "report.html").read_text(encoding="utf-8")
    page = results.directory.parent / "acted.html"
    act = ACT.replace("QUESTIONS", json.dumps([*QUESTIONS, *WRONG]))
    head, _, tail = text.rpartition("</body>")
    page.write_text(head.replace("<head>", f"<head>{LISTEN}", 1) + act + "</body>" + tail, encoding="utf-8")
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        f"--window-size={width},1000", f"--user-data-dir={results.directory.parent / 'profile'}",
        "--virtual-time-budget=30000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    outcome = re.search(r'<pre id="outcome">(.*?)</pre>', done.stdout, re.DOTALL)
    assert outcome, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(html.unescape(outcome[1]))
    return found


def test_everything_is_drawn_without_an_error(found: dict[str, Any], results: Results) -> None:
    assert found["failures"] == []
    assert {"front", "group-size", "breakdown"} <= set(found["plots"])
    assert all(found["plots"].values())
    assert found["bars"] >= 5
    assert found["layers"] == 2


def test_the_core_file_of_the_page_is_the_design_s_core(found: dict[str, Any], results: Results) -> None:
    best = Summary(results).best
    assert best is not None
    values = tomllib.loads(found["toml"])
    assert values.pop("target") == {"clock_mhz": 900}
    assert CoreConfig.parse(values) == core_of(best)
    assert "# clock_mhz = 900" in found["toml"]


def test_one_filter_holds_for_the_front_and_the_table(found: dict[str, Any], results: Results) -> None:
    kept = [
        row
        for row in results.fronts
        if row["architecture"] == "lut" and row["group_size"] in (2, 3) and row["area_um2"] <= 600
    ]
    assert kept
    assert found["count"] == f"{len(kept)} of {len(results.fronts)} designs"
    assert found["sorted"]
    marks = len(Summary(results).rivals) + 1
    assert len(kept) <= found["points"] <= len(kept) + marks


def test_a_click_on_a_design_s_key_filters_by_it_and_clear_shows_all_again(
    found: dict[str, Any], results: Results
) -> None:
    best = Summary(results).best
    assert best is not None
    assert f"architecture={best['architecture']}" in found["chip"]
    assert found["all"] == f"{len(results.fronts)} of {len(results.fronts)} designs"


@pytest.fixture(scope="module")
def designs(results: Results) -> pd.DataFrame:
    """The designs of the page, in its order."""
    points = pd.read_parquet(results.directory / "points.parquet")
    points["id"] = points["id"].astype(int)
    return points[points["group_front"]].sort_values("id").reset_index(drop=True)


def recommended(designs: pd.DataFrame) -> int | None:
    """The cheapest within 1 % of the fastest, within 700 µm²: its place."""
    affordable = designs[designs["area_um2"] <= 700]
    if affordable.empty:
        return None
    near = affordable[affordable["tokens_per_second"] >= 0.99 * affordable["tokens_per_second"].max()]
    return int(near.sort_values(["area_um2", "tokens_per_second"], ascending=[True, False]).index[0])


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_filter_takes_the_spec_s_expressions_and_names(
    found: dict[str, Any], designs: pd.DataFrame, question: str
) -> None:
    kept = designs.query(QUESTIONS[question])
    assert 0 < len(kept) < len(designs)
    asked = found["asked"][question]
    assert asked["answer"] == ""
    assert asked["count"] == f"{len(kept)} of {len(designs)} designs"


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_recommendation_follows_the_filter(
    found: dict[str, Any], designs: pd.DataFrame, results: Results, question: str
) -> None:
    best, asked = recommended(designs.query(QUESTIONS[question])), found["asked"][question]
    assert asked["star"] == best
    if best is None:
        assert asked["recommended"] == "None of these designs stays within the budget."
    else:
        row = next(row for row in results.fronts if row["id"] == designs["id"][best])
        assert results.naming.phrase(row) in asked["recommended"]
        assert f"{row['area_um2']:,.3g} µm²" in asked["recommended"]


def test_without_a_filter_the_same_rule_recommends_what_the_summary_does(
    designs: pd.DataFrame, results: Results
) -> None:
    best, place = Summary(results).best, recommended(designs)
    assert best is not None
    assert place is not None
    assert designs["id"][place] == best["id"]


@pytest.mark.parametrize("question", WRONG)
def test_what_a_filter_cannot_be_is_answered_and_changes_nothing(
    found: dict[str, Any], question: str
) -> None:
    last = found["asked"][list(QUESTIONS)[-1]]
    assert WRONG[question] in found["asked"][question]["answer"]
    assert found["asked"][question]["count"] == last["count"]


def test_the_example_in_the_empty_field_is_a_filter_that_some_designs_pass(found: dict[str, Any]) -> None:
    example = found["asked"][found["placeholder"]]
    assert example["answer"] == ""
    assert int(example["count"].split(" of ")[0].replace(",", "")) > 0


def test_an_architecture_has_its_colour_whatever_the_order_in_the_spec(found: dict[str, Any]) -> None:
    assert found["colours"] == {name: ARCHITECTURE_COLOURS[name] for name in ("lut", "select", "multiplier")}
    for values in (["multiplier", "lut"], ["select"]):
        kinds = [(value,) for value in values]
        assert kind_colours(["architecture"], kinds) == {(v,): ARCHITECTURE_COLOURS[v] for v in values}
    assert len(set(ARCHITECTURE_COLOURS.values())) == len(get_args(Architecture))
    assert len(set(VALUE_COLOURS)) > 3


def test_every_section_can_be_jumped_to(found: dict[str, Any]) -> None:
    assert len(found["jumps"]) >= 7
    assert all(exists for _, exists in found["jumps"])
    assert found["jumpBar"] == "none"


@pytest.mark.exhaustive
@pytest.mark.parametrize("width", [390, 1400])
def test_many_axes_stay_inside_the_page(tmp_path: Path, width: int) -> None:
    axes = small()["axes"] | {"tables": [2, 4], "columns": [2, 8], "group_size": [1, 2], "cores": [1, 2]}
    axes |= {"symmetric": [False, True], "activation": ["int4", "int6"], "architecture": ["lut", "select"]}
    axes["pipeline"] |= {"table": ["entries", "activations"]}
    fixed = {"max_reduction": "workload", "outputs": "workload"}
    objectives = dict.fromkeys(("area_um2", "rms_error", "latency_cycles", "weight_gb_per_s"), "min")
    objectives["tokens_per_second"] = "max"
    sweep(
        spec_file(tmp_path, axes=axes, fixed=fixed, objectives=objectives, constraints=[], budget={}),
        tmp_path / "out",
    )
    page = shown(Results.load(tmp_path / "out"), width)
    assert page["failures"] == []
    assert page["wide"] <= 0
    assert width < 760 or (page["linesEnd"] is not None and page["linesEnd"] <= 0)
    assert page["jumpBar"] == ("flex" if width < 760 else "none")
