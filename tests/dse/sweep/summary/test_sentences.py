"""Every number that a summary states, computed again from ``points.parquet`` with pandas.

The sweeps have different objectives, and random parts of the axes. Nothing of the package's own choosing is
used: the rules are written here once more, on a table of all points.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from costmodel.price.technology import FitError
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.sentences import headline, why
from tests.dse.pictures import pictured
from tests.dse.specs import TECHNOLOGY, small, spec_file

WORDS = {
    "area_um2": ("area", "µm²", "min", "area"),
    "tokens_per_second": ("token rate", "tokens/s", "max", "fast"),
    "token_latency_us": ("time of a pass", "µs", "min", "fast"),
    "tops_per_mm2": ("area efficiency", "TOPS/mm²", "max", ""),
    "weight_gb_per_s": ("weight bandwidth", "GB/s", "min", ""),
    "activation_gb_per_s": ("activation bandwidth", "GB/s", "min", ""),
    "rms_error": ("RMS error", "%", "min", "exact"),
    "worth": ("rate per area", "tokens/s/µm²", "max", ""),
    "idle": ("idle", "%", "min", ""),
    "plain": ("plain", "", "min", ""),
}
"""Of each objective its name, unit, the way that is better, and what designs are compared by it as."""

FIT_PERCENT = 6.0
ESTIMATES = {
    "area_um2": 1,
    "tokens_per_second": 0,
    "token_latency_us": 0,
    "tops_per_mm2": 1,
    "weight_gb_per_s": 0,
    "activation_gb_per_s": 0,
    "rms_error": 0,
    "worth": 1,
    "idle": 0,
    "plain": 1,
}
"""How many of the figures are estimates of the model, where every design has the clock that is asked for."""

NUMBER = r"-?[\d,]+(?:\.\d+)?(?:e[+-]?\d+)?"

QUESTIONS: dict[str, dict[str, Any]] = {
    "rate": {},
    "efficiency": {"objectives": {"area_um2": "min", "tops_per_mm2": "max"}},
    "latency": {"objectives": {"area_um2": "min", "token_latency_us": "min"}, "budget": {}},
    "latency within a budget": {"objectives": {"token_latency_us": "min", "area_um2": "min"}},
    "error": {
        "objectives": {"area_um2": "min", "tokens_per_second": "max", "rms_error": "min"},
        "budget": {},
        "axes": {"activation": ["int3", "int6", "int9"]},
    },
    "error within a budget": {
        "objectives": {"area_um2": "min", "tokens_per_second": "max", "rms_error": "min"},
        "budget": {"area_um2": 900, "rms_error": 0.05},
        "axes": {"activation": ["int3", "int6", "int9"]},
    },
    "one objective": {"objectives": {"tops_per_mm2": "max"}, "budget": {}},
    "area alone": {"objectives": {"area_um2": "min"}, "budget": {}},
    "a figure of the spec's own": {
        "objectives": {"area_um2": "min", "worth": "max", "plain": "min"},
        "derived": {
            "worth": {
                "expression": "tokens_per_second / area_um2",
                "unit": "tokens/s/µm²",
                "label": "rate per area",
            },
            "plain": "area_um2 * 2 + rows",
        },
    },
    "a share of the spec's own": {
        "objectives": {"area_um2": "min", "tokens_per_second": "max", "idle": "min"},
        "derived": {"idle": {"expression": "1 - utilisation", "unit": "%"}},
        "budget": {},
    },
    "two bandwidths": {
        "objectives": {"weight_gb_per_s": "min", "tokens_per_second": "max", "activation_gb_per_s": "min"},
        "budget": {"weight_gb_per_s": 20},
    },
    "another key": {
        "compare": "columns",
        "objectives": {"area_um2": "min", "tokens_per_second": "max"},
        "budget": {},
    },
}


PICTURED = ("latency", "one objective", "a share of the spec's own", "another key")


@dataclass(frozen=True)
class Case:
    """A finished sweep, as its files have it, and what is said of it."""

    question: str
    summary: Summary
    points: pd.DataFrame
    spec: dict[str, Any]

    @property
    def objectives(self) -> dict[str, str]:
        return dict(self.spec["objectives"])

    @property
    def compare(self) -> str:
        return str(self.spec.get("compare", "architecture"))

    @property
    def affordable(self) -> pd.DataFrame:
        found = self.points
        for name, limit in self.spec["budget"].items():
            found = found[found[name] <= limit]
        return found

    @property
    def best(self) -> pd.Series[Any]:
        assert self.summary.best is not None
        return self.points.set_index("id", drop=False).loc[self.summary.best["id"]]

    @property
    def merit(self) -> str:
        """What designs are made equal in, by the documentation of specs."""
        most = [name for name, goal in self.objectives.items() if goal == "max"]
        return (most or [name for name in self.objectives if name != self.price] or [self.price])[0]

    @property
    def price(self) -> str:
        goals = [name for name, goal in self.objectives.items() if goal == "min"]
        area = [name for name in goals if name == "area_um2"]
        return ([*area, *self.spec["budget"], *goals] or list(self.objectives))[0]

    def cost(self, name: str, of: Any) -> Any:
        return of[name] if self.objectives[name] == "min" else -of[name]

    def rivals(self, value: Any) -> pd.DataFrame:
        """Feasible designs of another kind that are at least as exact."""
        found = self.points[self.points[self.compare] == value]
        exact = "rms_error" in self.objectives and "rms_error" not in (self.merit, self.price)
        return found[found["rms_error"] <= self.best["rms_error"]] if exact else found

    def equals(self, value: Any) -> pd.DataFrame:
        found = self.rivals(value)
        return found[self.cost(self.merit, found) <= self.cost(self.merit, self.best)]

    def kind(self, value: Any) -> str:
        return f"{value} core" if self.compare == "architecture" else f"core with {self.compare} = {value}"


@pytest.fixture(scope="module", params=QUESTIONS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    directory = tmp_path_factory.mktemp("said")
    random = np.random.default_rng(sorted(QUESTIONS).index(request.param))
    changes = dict(QUESTIONS[request.param])
    spec = small(**{name: value for name, value in changes.items() if name != "axes"})
    spec["axes"] |= changes.get("axes", {})
    spec["axes"]["tables"] = sorted(random.choice(range(1, 12), 4, replace=False).tolist())
    spec["axes"]["rows"] = [1, int(random.integers(2, 4))]
    spec["axes"] |= {"fetch": ["onehot"], "pipeline": {"fetch": [True], "reduction_every": [0, 2]}}
    if "activation" in spec["axes"]:
        del spec["fixed"]["activation"]
    spec_file(directory)
    fit = FitError(points=9, median_percent=FIT_PERCENT, max_percent=20.0)
    fitted = TECHNOLOGY.model_copy(
        update={"fit": dict.fromkeys(("area", "medium_area", "tight_area", "delay"), fit)}
    )
    path = spec_file(directory, **spec)
    (directory / "invented.toml").write_text(fitted.to_toml())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dse.sweep.report.figures.write_figures", lambda directory, summary: None)
        patch.setattr("dse.sweep.report.page.write_report", lambda path, summary: None)
        finished = sweep(path, directory / "out")
    points = pd.read_parquet(directory / "out" / "points.parquet")
    return Case(request.param, finished.summary, points[points["feasible"]], spec)


def value_of(text: str) -> float:
    return float(text.replace(",", ""))


def close(text: str, value: float, name: str) -> bool:
    """Whether ``text`` is ``value`` as figures are written: three digits, or whole, or a percentage."""
    if WORDS[name][1] == "%":
        value *= 100
        return abs(value_of(text) - value) <= (0.051 if abs(value) >= 1 else 0.051 * abs(value))
    return abs(value_of(text) - value) <= max(0.0051 * abs(value), 0.5 if abs(value) >= 1000 else 0)


def one_figure(name: str) -> str:
    unit = re.escape(WORDS[name][1])
    return f"({NUMBER}){f' {unit}' if unit else ''}"


def test_the_recommended_design_is_what_the_rule_says(case: Case) -> None:
    best, merit, price = case.best, case.merit, case.price
    affordable = case.affordable
    if len(case.objectives) == 1:
        assert case.cost(merit, best) == case.cost(merit, affordable).min()
    elif case.spec["budget"]:
        top = case.cost(merit, affordable).min()
        near = affordable[case.cost(merit, affordable) <= top + 0.01 * abs(top)]
        assert best["id"] in set(near["id"])
        assert best[price] == near[price].min()
    else:
        beaten = (case.cost(merit, case.points) <= case.cost(merit, best)) & (
            case.points[price] < best[price]
        )
        if "rms_error" in case.objectives:
            beaten &= case.points["rms_error"] <= best["rms_error"]
        if "idle" in case.objectives:
            beaten &= case.points["idle"] <= best["idle"]
        assert not beaten.any()


def test_the_first_sentence_has_every_objective_by_name_and_in_its_unit(case: Case) -> None:
    text = headline(case.summary)[0]
    for name in case.objectives:
        found = re.search(rf": .*{WORDS[name][0]} {one_figure(name)}", text)
        assert found, (name, text)
        assert close(found[1], case.best[name], name), (name, text)
    macs, share = re.search(rf"It does ({NUMBER}) multiply.* and ({NUMBER}) % of them", text).groups()  # type: ignore[union-attr]
    assert value_of(macs) == case.best["macs_per_cycle"]
    assert value_of(share) == pytest.approx(100 * case.best["utilisation"], abs=0.051)
    for name, limit in case.spec["budget"].items():
        label = "" if name == "area_um2" else f"{WORDS[name][0]} "
        shown = 100 * limit if WORDS[name][1] == "%" else limit
        assert re.search(rf"Within.*{label}{shown:,.3g}(\.0)? {re.escape(WORDS[name][1])}", text), text


def test_a_design_is_as_fast_or_exact_only_where_the_objective_says_so(case: Case) -> None:
    text = " ".join(headline(case.summary))
    assert ("fast" in text) == (WORDS[case.merit][3] == "fast" and len(case.objectives) > 1)
    exact = "rms_error" in case.objectives and case.merit != "rms_error" and len(case.objectives) > 1
    assert ("as exact" in text) == exact
    assert ("at this rate" in " ".join(why(case.summary))) <= (WORDS[case.merit][3] == "fast")


def test_sentences_are_whole(case: Case) -> None:
    for text in (*headline(case.summary), *why(case.summary)):
        assert text.endswith(".")
        assert not re.search(r" [.,;:)]|  |\(\)|nan|inf\b|None", text), text


def test_every_other_kind_is_held_against_the_recommended_one(case: Case) -> None:
    said = headline(case.summary)
    others = set(case.points[case.compare]) - {case.best[case.compare]}
    if len(case.objectives) > 1:
        for value in others:
            about = [text for text in said if f"{case.kind(value)} " in text]
            assert len(about) == 1, (value, said)
            check_equal(case, value, about[0])


def check_equal(case: Case, value: Any, text: str) -> None:
    price, label = case.price, WORDS[case.price][0]
    equals = case.equals(value)
    if f"has no {case.kind(value)}" in text:
        assert equals.empty
        return
    least, mine = float(equals[price].min()), float(case.best[price])
    figures = re.search(rf"; {one_figure(price)}, {one_figure(case.merit)}\)", text)
    assert figures, text
    assert close(figures[1], least, price)
    shown = equals[equals[price] == least]
    assert any(close(figures[2], merit, case.merit) for merit in shown[case.merit])
    apart = abs(mine - least) / min(mine, least)
    tied = apart > 0 and apart < ESTIMATES[price] * FIT_PERCENT / 100
    assert text.startswith("The model does not tell it apart") == tied, (apart, text)
    if found := re.search(rf"[Ii]t has ({NUMBER}) % (less|more) {label}", text):
        sign = -1 if found[2] == "less" else 1
        assert sign * value_of(found[1]) == pytest.approx(100 * (mine / least - 1), abs=0.051)
    elif found := re.search(rf"It has ({NUMBER}) times the {label}", text):
        assert value_of(found[1]) == pytest.approx(mine / least, abs=0.0051)
    else:
        assert f"same {label}" in text, text
        assert mine == pytest.approx(least, rel=0.0006)


def test_what_other_kinds_reach_within_the_budget_is_their_best(case: Case) -> None:
    if not case.spec["budget"] and len(case.objectives) > 1:
        return
    within = " within the budget" if case.spec["budget"] else ""
    text = " ".join(headline(case.summary))
    merit = case.merit
    for value in set(case.points[case.compare]) - {case.best[case.compare]}:
        own = case.affordable[case.affordable["id"].isin(case.rivals(value)["id"])]
        kind = case.kind(value)
        if own.empty:
            assert re.search(rf"No {kind}[^.]* stays{within}", text), text
            continue
        extreme = own[merit].min() if case.objectives[merit] == "min" else own[merit].max()
        subject = (
            rf"The (?:(?:fastest|cheapest|smallest) {kind}|{kind} of [\w ]+?)(?: that is at least as exact)?"
        )
        verb = rf"(?: \([^)]*\))? (?:reaches|has {WORDS[merit][0]})"
        clause = r"([^.]*(?:\.\d+)?[^.]*)"
        found = re.search(rf"{subject}{within}{verb} {one_figure(merit)}, {clause}\.", text)
        assert found, (kind, text)
        assert close(found[1], extreme, merit)
        ratio = extreme / case.best[merit]
        tied = abs(1 - ratio) > 0 and abs(ratio - 1) / min(1, ratio) < ESTIMATES[merit] * FIT_PERCENT / 100
        assert ("not told apart" in found[2]) == tied
        if percentage := re.fullmatch(rf"({NUMBER}) % (less|more)", found[2]):
            sign = -1 if percentage[2] == "less" else 1
            assert sign * value_of(percentage[1]) == pytest.approx(100 * (ratio - 1), abs=0.051)
        elif times := re.fullmatch(rf"({NUMBER}) times as much", found[2]):
            assert value_of(times[1]) == pytest.approx(ratio, abs=0.0051)
        elif not tied:
            assert found[2] == "the same"
            assert ratio == pytest.approx(1, abs=0.0006)


def test_the_bandwidths_are_those_of_the_recommended_design(case: Case) -> None:
    text = next(text for text in headline(case.summary) if text.startswith("It is compute-bound"))
    weights, activations = re.findall(rf"({NUMBER}) GB/s for", text)
    assert close(weights, case.best["weight_gb_per_s"], "weight_gb_per_s")
    assert close(activations, case.best["activation_gb_per_s"], "activation_gb_per_s")


def test_areas_of_parts_are_those_of_the_designs(case: Case) -> None:
    for text in why(case.summary):
        value = next(v for v in set(case.points[case.compare]) if f"Against the {case.kind(v)} " in text)
        equals = case.equals(value)
        cheapest = equals[equals[case.price] == equals[case.price].min()]
        for part, theirs, mine in re.findall(rf"(\w+) \(({NUMBER}) → ({NUMBER}) µm²\)", text):
            assert value_of(mine) == pytest.approx(case.best[f"area_{part}"], abs=0.51)
            assert any(abs(value_of(theirs) - area) < 0.51 for area in cheapest[f"area_{part}"])


def test_a_phrase_is_the_name_of_one_design(case: Case) -> None:
    """Whatever tells two designs apart is in the words for them."""
    phrases = [case.summary.naming.phrase(row) for row in case.summary.results.fronts]
    assert len(set(phrases)) == len(phrases) > 1


def test_a_tie_is_called_one_in_the_table_too(case: Case) -> None:
    for what, row in case.summary.highlights:
        name = case.price if "as fast" in what or what.count("same") else case.merit
        a, b = float(case.best[name]), float(row[name])
        if "not told apart" in what:
            assert 0 < abs(a - b) < ESTIMATES[name] * FIT_PERCENT / 100 * min(a, b)


def test_the_page_of_a_sweep_is_written_whatever_its_objectives(case: Case, tmp_path: Path) -> None:
    if case.question not in PICTURED:
        pytest.skip("its page and pictures are as those of another")
    from dse.sweep.report.figures import write_figures
    from dse.sweep.report.page import write_report

    write_report(tmp_path / "report.html", case.summary)
    with pictured() if case.question == PICTURED[0] else nullcontext():
        write_figures(tmp_path, case.summary)
    assert (tmp_path / "pareto.svg").stat().st_size > 5_000
