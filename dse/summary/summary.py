"""What a sweep found, in plain sentences: the design it recommends, what that saves and why."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.representative import nested
from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metrics import metric
from dse.results.sweep_results import Results, Row
from dse.results.verified import HEAD as VERIFIED_HEAD
from dse.results.verified import note, rows, sentences
from dse.spec.space import CONFIG_KEYS
from dse.spec.system import LIMITS, SYSTEM_KEYS, system_default
from dse.spec.workload import Layer
from dse.summary.caveats import caveats
from dse.summary.knee import knee
from dse.summary.layer_runs import HEAD, LayerRun, layer_runs
from dse.summary.limits import limits
from generator.config import CoreConfig

TOP = 3
"""Designs that are named for each objective."""

FORMATS = (
    "Of each, the feasible design of least area for its token rate. The error is relative to what float64 "
    "computes from normally distributed activations, whose rounding to the format is part of it."
)


LAYERS = (
    "The recommended design on one pass through the model: tiles, steps and cycles of each core for one of "
    "so many layers alike."
)


@dataclass(frozen=True)
class Rival:
    """Another value of the compared key: its cheapest design that is as fast as the recommended one, and its
    fastest within the budget; None where it has none."""

    value: Any
    equal: Row | None
    within: Row | None


@dataclass(frozen=True)
class Summary:
    """The findings of a sweep."""

    results: Results

    @cached_property
    def rate(self) -> str:
        """The objective that designs are made equal in: the first that is maximised, else the first."""
        goals = self.results.objectives
        return next((name for name, goal in goals.items() if goal == "max"), next(iter(goals)))

    @cached_property
    def price(self) -> str:
        """The objective that is saved: the first with a budget, else the first that is minimised."""
        goals = self.results.objectives
        budgeted = list(self.results.budget)
        minimised = [name for name, goal in goals.items() if goal == "min" and name != self.rate]
        return (budgeted or minimised or [self.rate])[0]

    @cached_property
    def best(self) -> Row | None:
        """The fastest design within the budget; without one the most balanced, of least product of costs."""
        front = self.results.front
        if self.results.budget:
            return min((row for row in front if self._affordable(row)), key=self._fastest, default=None)
        return min(front, key=self._balance)

    @cached_property
    def ranking(self) -> list[Row]:
        """The designs in the order in which they would be recommended, the best first.

        Those within the budget, on the front of any compared value; where none is, all, the cheapest first.
        """
        if self.best is None:
            return sorted(self.results.fronts, key=lambda row: (row[self.price], row["id"]))
        rule = self._fastest if self.results.budget else self._balance
        rows = filter(self._affordable, self.results.fronts)
        return sorted(rows, key=lambda row: (*rule(row)[:-1], not row["front"], row["id"]))

    @cached_property
    def balanced(self) -> Row:
        """The most balanced design of the front, of least product of costs; within the budget if any is."""
        return min((row for row in self.ranking if row["front"]), key=self._balance)

    @cached_property
    def rivals(self) -> list[Rival]:
        """The other values of the compared key."""
        best, key = self.best, self.results.compare
        if best is None:
            return []
        found = []
        for value in self.results.meta["groups"]:
            if value == best[key]:
                continue
            rows = [row for row in self.results.fronts if row[key] == value]
            fast = [row for row in rows if self._cost(row, self.rate) <= self._cost(best, self.rate)]
            cheapest = min(fast, key=lambda row: (row[self.price], self._fastest(row)), default=None)
            within = min(filter(self._affordable, rows), key=self._fastest, default=None)
            found.append(Rival(value, cheapest, within))
        return found

    @cached_property
    def highlights(self) -> list[tuple[str, Row]]:
        """The designs worth a row of a table, with what they are."""
        if self.best is None:
            return []
        budget = " within the budget" if self.results.budget else ""
        rows = [("recommended", self.best)]
        for rival in self.rivals:
            if rival.equal:
                rows.append((f"{rival.value}, as fast", rival.equal))
            if rival.within and self.results.budget:
                rows.append((f"{rival.value}, fastest{budget}", rival.within))
        for name in self.results.objectives:
            rows.append((self.extreme(name), self.top[name][0]))
        return [*rows, ("knee", self.knee)]

    @cached_property
    def top(self) -> dict[str, list[Row]]:
        """For each objective the ``TOP`` designs of the front that are best in it, best first."""
        front, costs = self.results.front, self._costs
        product = (np.log(np.maximum(np.abs(costs), 1e-30)) * np.where(costs < 0, -1, 1)).sum(axis=1)
        ids = [row["id"] for row in front]
        return {
            name: [front[k] for k in np.lexsort((ids, product, column))[:TOP]]
            for name, column in zip(self.results.objectives, costs.T, strict=True)
        }

    @cached_property
    def knee(self) -> Row:
        """The knee of the front."""
        return self.results.front[knee(self._costs)]

    @cached_property
    def _costs(self) -> NDArray[np.float64]:
        """The objectives of the front, ``[designs, objectives]``, all to be minimised."""
        names = self.results.objectives
        return np.array([[self._cost(row, name) for name in names] for row in self.results.front])

    def extreme(self, name: str) -> str:
        """The best in an objective, in words: ``least area``."""
        return f"{'least' if self.results.objectives[name] == 'min' else 'most'} {metric(name).label}"

    @cached_property
    def layers(self) -> list[LayerRun]:
        """How the recommended design runs each layer of the model."""
        workload = self.results.meta["workload"]
        if self.best is None:
            return []
        layers = [Layer(**fields) for fields in workload["layers"]]
        return layer_runs(core_of(self.best), self.best, layers, workload["tokens"])

    def saving(self, other: Row) -> float:
        """The share of ``other``'s price that the recommended design does without."""
        assert self.best is not None
        return 1 - float(self.best[self.price]) / float(other[self.price])

    def headline(self) -> list[str]:
        """The recommendation and the comparisons, a sentence or two each."""
        best = self.best
        budget = " and ".join(f"{quantity(name, limit)}" for name, limit in self.results.budget.items())
        if best is None:
            cheapest = min(self.results.front, key=lambda row: (row[self.price], row["id"]))
            return [
                f"No design of this space stays within {budget}: the least is "
                f"{quantity(self.price, cheapest[self.price])}."
            ]
        lead = f"Within {budget} the best is" if budget else "The most balanced design is"
        at = f" at {best['clock_mhz']:,.0f} MHz"
        figures = [named(name, best[name]) for name in self.results.objectives if name != self.rate]
        what = _recommended(best, self.results.compare)
        told = [
            f"{lead} {what}: {quantity(self.rate, best[self.rate])}{at}, for "
            f"{listing(figures)}. It does {best['macs_per_cycle']:,.0f} multiply-accumulates a cycle and "
            f"{best['utilisation']:.1%} of them are useful.",
            limits(best),
        ]
        for rival in self.rivals:
            told.append(self._against(rival))
        return told

    @property
    def verification(self) -> list[str]:
        """What synthesis and simulation say of the designs that were verified; nothing where none was."""
        return sentences(self.results.verified)

    def why(self) -> list[str]:
        """Where the saving comes from, read off the breakdown."""
        best = self.best
        if best is None:
            return []
        return [self._reason(rival.value, rival.equal) for rival in self.rivals if rival.equal]

    def breakdown(self) -> tuple[list[str], list[tuple[str, list[float]]]]:
        """Areas (µm²) by part of the recommended design and of its equals: headings, and a row a part."""
        assert self.best is not None
        designs = [(str(self.best[self.results.compare]), self.best)]
        designs += [(str(rival.value), rival.equal) for rival in self.rivals if rival.equal]
        rows = [(part, [float(row[f"area_{part}"]) for _, row in designs]) for part in DESIGN_PARTS]
        rows = [(part, areas) for part, areas in rows if any(areas)]
        return [name for name, _ in designs], [
            *rows,
            ("total", [float(row["area_um2"]) for _, row in designs]),
        ]

    def markdown(self) -> str:
        """``summary.md``."""
        meta = self.results.meta
        lines = [f"# {meta['spec']['title'] or 'Sweep'}", "", *spaced(self.headline())]
        if verified := self.results.verified:
            lines += ["## Modelled and measured", "", *spaced(self.verification)]
            lines += [*table(VERIFIED_HEAD, rows(verified)), "", note(verified), ""]
        if self.best is not None:
            names, parts = self.breakdown()
            lines += ["## Why", "", *spaced(self.why())]
            lines += table(
                ["area, µm²", *names], [[p, *(f"{v:,.0f}" for v in values)] for p, values in parts]
            )
            lines += ["", "## Best designs", ""]
            head = [
                "",
                *(metric(name).label for name in self.results.objectives),
                "µm² per token/s",
                "design",
            ]
            lines += table(
                head,
                [
                    [
                        what,
                        *(quantity(name, row[name]) for name in self.results.objectives),
                        f"{row['area_um2_per_token_per_second']:.3g}",
                        f"{row['architecture']}, {shape(row)}",
                    ]
                    for what, row in self.highlights
                ],
            )
            lines += [
                "",
                "The recommended core as a file for `ternlut generate`, `simulate` and `synth`:",
                "",
            ]
            lines += ["```toml", core_toml(self.best).rstrip(), "```"]
            lines += ["", "## Layer by layer", "", *spaced([LAYERS])]
            lines += table(HEAD, [run.cells for run in self.layers])
        if self.results.formats:
            lines += ["", "## Formats and datapaths", "", *spaced([FORMATS]), *self._formats()]
        lines += ["", "## What was searched", "", *spaced(searched(self.results))]
        lines += ["## What the figures are", "", *spaced(assumptions(self.results))]
        lines += ["## What they are not", "", *spaced(caveats(self.results))]
        return "\n".join(lines).rstrip() + "\n"

    def _formats(self) -> list[str]:
        """The best of each format, datapath and architecture."""
        rows = self.results.formats
        figure = "area_um2_per_token_per_second"
        head = [
            "format",
            "datapath",
            "architecture",
            "µm² per token/s",
            "against the best",
            "RMS error",
            "design",
        ]
        return table(
            head,
            [
                [
                    str(row["activation"]),
                    f"{row['datapath'] or 'integer'}"
                    + (f", {row['aligned_bits']} bits" if row.get("aligned_bits") else ""),
                    str(row["architecture"]),
                    f"{row[figure]:.3g}",
                    f"{row[figure] / rows[0][figure]:.2f}×",
                    f"{row['rms_error']:.2g}",
                    shape(row),
                ]
                for row in rows
            ],
        )

    def _against(self, rival: Rival) -> str:
        best = self.best
        assert best is not None
        name = (
            rival.value
            if self.results.compare == "architecture"
            else f"{self.results.compare} = {rival.value}"
        )
        if rival.equal is None:
            text = f"No {name} core of this space is as fast."
        else:
            saving = self.saving(rival.equal)
            words = (
                f"{saving:.1%} less {metric(self.price).label} than" if saving >= 0.0005
                else f"{-saving:.1%} more {metric(self.price).label} than" if saving <= -0.0005
                else f"the same {metric(self.price).label} as"
            )  # fmt: skip
            text = (
                f"That is {words} the cheapest {name} core that is at least as fast, which takes "
                f"{quantity(self.price, rival.equal[self.price])} ({shape(rival.equal)}; "
                f"{quantity(self.rate, rival.equal[self.rate])})."
            )
        if rival.within is not None and self.results.budget:
            ratio = float(rival.within[self.rate]) / float(best[self.rate])
            times = (
                f", {max(ratio, 1 / ratio):.2f} times less" if max(ratio, 1 / ratio) >= 1.1
                else f", {abs(1 - ratio):.1%} less" if abs(1 - ratio) > 0.0005
                else ", the same"
            )  # fmt: skip
            reached = quantity(self.rate, rival.within[self.rate])
            text += f" The best {name} core within the budget reaches {reached}{times}."
        return text

    def _reason(self, value: Any, other: Row | None) -> str:
        best = self.best
        assert best is not None
        assert other is not None
        change = {part: float(best[f"area_{part}"]) - float(other[f"area_{part}"]) for part in DESIGN_PARTS}
        gains = sorted((part for part in DESIGN_PARTS if change[part] < 0), key=lambda part: change[part])
        costs = sorted((part for part in DESIGN_PARTS if change[part] > 0), key=lambda part: -change[part])

        def told(parts: Sequence[str]) -> str:
            return listing(
                [f"{part} ({other[f'area_{part}']:,.0f} → {best[f'area_{part}']:,.0f} µm²)" for part in parts]
            )

        small = 0.01 * float(other["area_um2"])
        gains = [part for part in gains if -change[part] > small] or gains[:1]
        costs = [part for part in costs if change[part] > small]
        text = (
            f"Against {value} at this rate it saves on {told(gains)}"
            if gains
            else f"Against {value} it saves nothing"
        )
        text += f" and pays for it in {told(costs)}." if costs else "."
        if best["architecture"] == "lut" and gains and other["group_size"] < best["group_size"]:
            mu = int(best["group_size"])
            text += (
                f" A fetch brings the sum of {mu} products that the table has made once for all "
                f"{best['columns']} columns, so a column adds {best['tables']} values for "
                f"{best['tile_length']:.0f} products, where the {value} core adds {other['tile_length']:.0f} "
                f"for {other['tile_length']:.0f}."
            )
        return text

    def _affordable(self, row: Row) -> bool:
        return all(row[name] <= limit for name, limit in self.results.budget.items())

    def _cost(self, row: Row, name: str) -> float:
        value = float(row[name])
        return value if self.results.objectives[name] == "min" else -value

    def _fastest(self, row: Row) -> tuple[float, ...]:
        others = [name for name in self.results.objectives if name != self.rate]
        return (self._cost(row, self.rate), *(self._cost(row, name) for name in others), row["id"])

    def _balance(self, row: Row) -> tuple[float, int]:
        goals = self.results.objectives.items()
        logs = (math.log(max(float(row[n]), 1e-30)) * (1 if goal == "min" else -1) for n, goal in goals)
        return sum(logs), row["id"]


def searched(results: Results) -> list[str]:
    """How large the space was and what became of it."""
    meta = results.meta
    passed = meta["passed"]
    fates = [f"{count:,} {test}" for test, count in zip(meta["tests"], passed[1:], strict=True)]
    axes = ", ".join(f"{key} ({len(values)})" for key, values in results.axes.items())
    fixed = ", ".join(
        f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}"
        for key, value in meta["fixed"].items()
    )
    derived = ", ".join(f"{key} = {text}" for key, text in meta["derived"].items())
    return [
        f"{passed[0]:,} combinations of {axes}; {fixed or 'nothing'} fixed"
        + (f"; {derived} derived." if derived else "."),
        f"Of these {'; of those '.join(fates)}. {meta['pareto']:,} are on the Pareto front of "
        + listing([f"{metric(name).label} ({goal})" for name, goal in results.objectives.items()])
        + ". Of designs that are equal in all of these one is kept.",
    ]


def assumptions(results: Results) -> list[str]:
    """What the figures rest on and what they leave out."""
    meta = results.meta
    technology, workload = meta["technology"], meta["workload"]
    fit = technology["fit"].get("area")
    error = (
        f" On the {fit['points']} designs it was fitted to, its areas are off by "
        f"{fit['median_percent']:.1f} % in the median and {fit['max_percent']:.1f} % at most."
        if fit
        else ""
    )
    beside = ", but for those that were measured" if results.verified else ""
    streams = (
        "Keys and activations arrive at the bandwidths that are given, or as fast as the cores take them"
        if set(LIMITS) & set(meta["keys"])
        else "Keys and activations arrive as fast as the core takes them"
    )
    return [
        f"Areas and delays are estimates of the cost model for {technology['name']} "
        f"({technology['library']}, {technology['corner']}), not synthesis{beside}.{error} "
        "They are cell areas before placement.",
        f"{_clocked(results)} The workload is {workload['title']}: {workload['macs']:,} ternary "
        f"multiply-accumulates a token in {workload['launches']} layers, one after the other. {streams}; "
        "memories, attention scores, embedding and output head are outside the core.",
    ]


def _clocked(results: Results) -> str:
    """At which clock the designs run."""
    if "clock_mhz" in results.meta["derived"]:
        return "Every design runs at the clock that is derived for it."
    known = results.meta["axes"] | {key: [value] for key, value in results.meta["fixed"].items()}
    clocks = [f"{clock:,.0f} MHz" for clock in known.get("clock_mhz", ()) if clock]
    if clocks and len(clocks) == len(known["clock_mhz"]):
        return f"Every design runs at {' or '.join(clocks)}."
    return " or ".join(["Every design runs at the clock its longest path allows", *clocks]) + "."


def _recommended(row: Row, compare: str) -> str:
    """The recommended design, as the object of a sentence."""
    kind = f"{row['architecture']} core" if compare == "architecture" else "core"
    if row["cores"] == 1:
        return f"{article(kind)} with {_core_shape(row)}"
    return f"{row['cores']} {kind}s side by side that {_split(row)}, each with {_core_shape(row)}"


def shape(row: Row) -> str:
    """A design, or a core alone, in a phrase."""
    several = f"{row['cores']} cores that {_split(row)}, each " if row.get("cores", 1) > 1 else ""
    return several + _core_shape(row)


def _split(row: Row) -> str:
    return f"split every layer's {row['split']}"


def _core_shape(row: Row) -> str:
    group = f"group size {row['group_size']}, " if row["architecture"] == "lut" else ""
    noun = "tables" if row["architecture"] == "lut" else "inputs"
    rows = f" × {row['rows']} rows" if row.get("rows", 1) != 1 else ""
    words = [f"{group}{row['tables']} {noun} × {row['columns']} columns{rows}"]
    if row.get("dataflow") == "table_stationary":
        words.append(f"table-stationary for {row['outputs']} outputs")
    return ", ".join(words)


def core_toml(row: Row) -> str:
    """The design as a core file; how cores are put to work stands above it, in comments."""
    system = "".join(f"# {key} = {json.dumps(value)}\n" for key, value in system_of(row).items())
    return f"# One core of a design with\n{system}{core_of(row).to_toml()}"


def system_of(row: Row) -> dict[str, Any]:
    """How the design's cores are put to work, where that is not the default; the clock (MHz) in any case."""
    told = {"clock_mhz"} | ({"split"} if row["cores"] > 1 else set())
    values = {key: row[key] for key in SYSTEM_KEYS if key in told or row[key] != system_default(key)}
    if row["cores"] == 1:
        values.pop("split", None)
    return values | {"clock_mhz": float(f"{row['clock_mhz']:.5g}")}


def core_of(row: Row) -> CoreConfig:
    """The design as a configuration."""
    values = {key: row[key] for key in CONFIG_KEYS if row.get(key) is not None}
    return CoreConfig.parse(nested(values))


def quantity(name: str, value: float) -> str:
    """A metric's value with its unit, to three digits or the whole number."""
    unit = metric(name).unit
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".rstrip()


def named(name: str, value: float) -> str:
    """A metric's value so that it can be told from others: with its unit, else with its name."""
    return quantity(name, value) if metric(name).unit else f"{metric(name).label} {quantity(name, value)}"


def article(word: str) -> str:
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def listing(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def spaced(paragraphs: Iterable[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in (paragraph, "")]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, numbers to the right."""
    lines = [f"| {' | '.join(head)} |", f"| --- {'| ---: ' * (len(head) - 1)}|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]
