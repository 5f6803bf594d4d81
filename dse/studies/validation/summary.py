"""A validation in words and tables, for a terminal, ``summary.md`` and the page, and as plain figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from costmodel.fit.noise import deviations
from costmodel.fit.side_by_side import SideBySide
from costmodel.fit.validation import GROUPINGS, Errors, Validation
from dse.presentation.markdown import spaced, table
from generator.plan import core_name


@dataclass(frozen=True)
class TextTable:
    """A titled table of text, the first column to the left; ``note`` stands below it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


SEEN = {
    True: "none of them calibrated on",
    False: "of which some may have been calibrated on (the technology does not say which cores it was fitted "
    "to, or names a list that this version does not have)",
}
"""Whether the cores are new to the model."""


def figures(validation: Validation) -> dict[str, Any]:
    """All figures of a validation, for programs; errors in percent."""
    values: dict[str, Any] = {
        "technology": validation.technology.name,
        "library": validation.origin.library,
        "seed": validation.sample.seed,
        "points": len(validation.cores),
        "unseen": validation.unseen,
        "failed": validation.failed,
    }
    for name in validation.technology.quantities:
        prefix = "" if name == validation.cost.name else f"{name}_"
        errors = validation.errors(name)
        values[f"{prefix}median_error"] = round(errors.median, 3)
        values[f"{prefix}p90_error"] = round(errors.ninetieth, 3)
        values[f"{prefix}max_error"] = round(errors.maximum, 3)
        values[f"{prefix}mean_error"] = round(errors.mean, 3)
        values[f"{prefix}kendall_tau"] = _or_none(errors.tau)
    for grouping in GROUPINGS:
        values[f"by_{grouping}"] = {
            quantity.name: {
                value: _plain(errors)
                for value, errors in validation.errors_by(quantity.name, grouping).items()
            }
            for quantity in validation.told_apart
        }
    suffix = validation.cost.suffix
    values["worst"] = [
        {
            "core": core_name(side.core),
            f"flattened{suffix}": round(side.flattened, 3),
            f"modelled{suffix}": {group: round(side.modelled[group], 3) for group in side.groups},
            f"synthesized{suffix}": {group: round(side.synthesized[group], 3) for group in side.groups},
        }
        for side in validation.worst
    ]
    if validation.noise:
        values["noise"] = noise_figures(validation)
    return values


def noise_figures(validation: Validation) -> dict[str, Any]:
    """How far syntheses of one core are from their mean, in percent, over the cores that were permuted."""
    costs = np.abs(np.concatenate([deviations(noise.cost) for noise in validation.noise]))
    delays = np.abs(np.concatenate([deviations(noise.delay_ps) for noise in validation.noise]))
    return {
        "cores": len(validation.noise),
        "syntheses": int(costs.size),
        "median_error": round(float(np.median(costs)), 3),
        "max_error": round(float(costs.max()), 3),
        "delay_median_error": round(float(np.median(delays)), 3),
        "delay_max_error": round(float(delays.max()), 3),
    }


def sentences(validation: Validation) -> list[str]:
    """The findings of a validation, the most important first."""
    technology, cores = validation.technology, validation.cores
    cost, delay = (validation.errors(quantity.name) for quantity in validation.told_apart)
    measured, label = cores[f"synthesized_{validation.cost.name}"], technology.cost.label
    others = [q for q in technology.quantities.values() if q not in validation.told_apart]
    failed = f" {validation.failed} more could not be synthesized." if validation.failed else ""
    paragraphs = [
        f"{technology.name}: {cost.cores} random cores of {measured.min():,.0f} to {measured.max():,.0f} "
        f"{validation.cost.unit}, "
        f"{SEEN[validation.unseen]}, synthesized flattened to {validation.origin.library}.{failed}",
        f"{_capital(label)} is off by {off(cost)}; Kendall's τ between modelled and synthesized {label} is "
        f"{cost.tau:.4f}. "
        f"Delay is off by {off(delay)}.",
        " ".join(
            f"{_capital(quantity.label)} is off by {off(validation.errors(quantity.name))}."
            for quantity in others
        ),
    ]
    if validation.noise:
        noise = noise_figures(validation)
        paragraphs.append(
            f"The mapper's noise: {noise['cores']} of the cores, written in other orders, were synthesized "
            f"to {label} {noise['median_error']:.2f} % from their mean in the median and "
            f"{noise['max_error']:.2f} % at most, and to delays {noise['delay_median_error']:.1f} % and "
            f"{noise['delay_max_error']:.1f} % from theirs. A model that knew every mean would be off by "
            "as much."
        )
    return paragraphs


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def off(errors: Errors) -> str:
    """Errors in a phrase."""
    return f"{errors.median:.1f} % in the median, {errors.maximum:.1f} % at most"


def error_tables(validation: Validation) -> list[TextTable]:
    """The errors of every figure over all cores, and of cost and delay by what the cores are."""
    head = ["", "cores", "median", "90th percentile", "maximum", "mean", "Kendall's τ"]
    rows = [[q.label, *_cells(validation.errors(q.name))] for q in validation.technology.quantities.values()]
    tables = [TextTable("Errors", head, rows, "In percent of what was synthesized; the mean is signed.")]
    for quantity in validation.told_apart:
        rows = [
            [value, *_cells(errors)]
            for grouping in GROUPINGS
            for value, errors in validation.errors_by(quantity.name, grouping).items()
        ]
        tables.append(TextTable(f"Errors of {quantity.label} by architecture, number and format", head, rows))
    return tables


def noise_table(validation: Validation) -> TextTable:
    """What each permuted core was synthesized to."""
    technology, rows = validation.technology, []
    for noise in validation.noise:
        cost, delay = deviations(noise.cost), deviations(noise.delay_ps)
        rows.append(
            [
                core_name(noise.core),
                str(cost.size),
                f"{np.mean(noise.cost):,.1f}",
                f"{np.ptp(cost):.2f} %",
                f"{np.mean(noise.delay_ps):,.0f}",
                f"{np.ptp(delay):.2f} %",
            ]
        )
    head = [
        "core",
        "syntheses",
        f"mean {technology.cost.label}, {validation.cost.unit}",
        "largest less smallest",
        "mean delay, ps",
        "the same",
    ]
    return TextTable("The mapper's noise", head, rows, "Each core's Verilog with its items in other orders.")


def worst_tables(validation: Validation) -> list[TextTable]:
    """The cores with the largest errors in cost, each with what its groups cost."""
    return [_side_table(side, validation.cost.unit) for side in validation.worst]


def _side_table(side: SideBySide, unit: str) -> TextTable:
    modelled, synthesized = sum(side.modelled.values()), sum(side.synthesized.values())
    rows = [
        [group, f"{side.modelled[group]:,.1f}", f"{side.synthesized[group]:,.1f}"] for group in side.groups
    ]
    rows += [
        ["sum", f"{modelled:,.1f}", f"{synthesized:,.1f}"],
        ["flattened", f"{modelled:,.1f}", f"{side.flattened:,.1f}"],
    ]
    error = 100 * (modelled / side.flattened - 1)
    keys = side.core.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    keys |= {f"pipeline.{key}": value for key, value in keys.pop("pipeline", {}).items()}
    return TextTable(
        f"{core_name(side.core)}: {error:+.1f} %",
        [unit, "modelled", "synthesized"],
        rows,
        ", ".join(f"{key} = {value}" for key, value in keys.items()),
    )


def markdown(validation: Validation) -> str:
    """``summary.md``."""
    technology, sample = validation.technology, validation.sample
    lines = [f"# The model against synthesis: {technology.name}", "", *spaced(sentences(validation))]
    lines += [f"![Modelled against synthesized {technology.cost.label} and delay](validation.png)", ""]
    for found in error_tables(validation):
        lines += _markdown_table("##", found)
    if validation.noise:
        lines += _markdown_table("##", noise_table(validation))
    lines += [f"## The largest errors in {technology.cost.label}", "", *spaced([WORST_NOTE])]
    for worst in worst_tables(validation):
        lines += _markdown_table("###", worst)
    lines += [
        "## Where this comes from",
        "",
        f"{technology.name}: {technology.library}, {technology.corner}; {technology.flow}; "
        f"{technology.date}. {sample.points} cores of about {sample.smallest:,.0f} to {sample.largest:,.0f} "
        f"gates, {100 * sample.floats:.0f} % floating-point, seed {sample.seed}. `spec.toml` has everything "
        "to repeat it, `cores.csv` every core, `validation.html` the same to look into.",
    ]
    return "\n".join(lines) + "\n"


WORST_NOTE = (
    "Flattening dissolves groups, so these are from syntheses module by module; their sums are mostly more "
    "than the flattened figure that the model is held against. Columns are the registers behind fetch, "
    "reductions and accumulators."
)


def _markdown_table(level: str, titled: TextTable) -> list[str]:
    note = [titled.note, ""] if titled.note else []
    return [f"{level} {titled.title}", "", *table(titled.head, titled.rows), "", *note]


def _cells(errors: Errors) -> list[str]:
    tau = "–" if np.isnan(errors.tau) else f"{errors.tau:.4f}"
    return [
        str(errors.cores),
        f"{errors.median:.2f} %",
        f"{errors.ninetieth:.2f} %",
        f"{errors.maximum:.2f} %",
        f"{errors.mean:+.2f} %",
        tau,
    ]


def _plain(errors: Errors) -> dict[str, Any]:
    rounded = {key: round(value, 3) for key, value in asdict(errors).items()}
    return rounded | {"tau": _or_none(errors.tau)}


def _or_none(tau: float) -> float | None:
    return None if np.isnan(tau) else round(tau, 5)
