"""The page in a browser: it draws everything, filters all parts at once, and its TOML is the core's."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest

from dse.results.designs import core_of
from dse.results.sweep_results import Results
from dse.summary.findings import Summary
from dse.sweep.run import sweep
from generator.config import CoreConfig
from tests.dse.specs import spec_file

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


@pytest.fixture(scope="module")
def found(results: Results) -> dict[str, Any]:
    """What the page showed, before and after its controls were used."""
    text = (results.directory / "report.html").read_text(encoding="utf-8")
    page = results.directory.parent / "acted.html"
    head, _, tail = text.rpartition("</body>")
    page.write_text(head.replace("<head>", f"<head>{LISTEN}", 1) + ACT + "</body>" + tail, encoding="utf-8")
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        f"--user-data-dir={results.directory.parent / 'profile'}", "--virtual-time-budget=30000",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    outcome = re.search(r'<pre id="outcome">(.*?)</pre>', done.stdout, re.DOTALL)
    assert outcome, done.stderr[-2000:]
    shown: dict[str, Any] = json.loads(html.unescape(outcome[1]))
    return shown


def test_everything_is_drawn_without_an_error(found: dict[str, Any], results: Results) -> None:
    assert found["failures"] == []
    assert {"front", "group-size", "breakdown"} <= set(found["plots"])
    assert all(found["plots"].values())
    assert found["bars"] >= 5
    assert found["layers"] == 2


def test_the_core_file_of_the_page_is_the_design_s_core(found: dict[str, Any], results: Results) -> None:
    best = Summary(results).best
    assert best is not None
    assert CoreConfig.parse(tomllib.loads(found["toml"])) == core_of(best)
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
