"""A validation in words and tables, for a terminal, ``summary.md`` and the page, and as plain figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from costmodel.fit.noise import deviations
from costmodel.fit.side_by_side import SideBySide
from costmodel.fit.validation import FIGURES, GROUPINGS, Errors, Validation
from dse.presentation.markdown import spaced, table
from generator.plan import core_name


@dataclass(frozen=True)
class Table:
    """A titled table of text, the first column to the left; ``note`` is said below it."""

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
    """Everything that is said of a validation, for programs; errors in percent."""
    found: dict[str, Any] = {
        "technology": validation.technology.name,
        "library": validation.library.name,
        "seed": validation.sample.seed,
        "points": len(validation.cores),
        "unseen": validation.unseen,
        "failed": validation.failed,
    }
    for name in FIGURES:
        prefix = "" if name == "area" else f"{name}_"
        errors = validation.errors(name)
        found[f"{prefix}median_error"] = round(errors.median, 3)
        found[f"{prefix}p90_error"] = round(errors.ninetieth, 3)
        found[f"{prefix}max_error"] = round(errors.maximum, 3)
        found[f"{prefix}mean_error"] = round(errors.mean, 3)
        found[f"{prefix}kendall_tau"] = _or_none(errors.tau)
    for grouping in GROUPINGS:
        found[f"by_{grouping}"] = {
            name: {value: _plain(errors) for value, errors in validation.errors_by(name, grouping).items()}
            for name in ("area", "delay")
        }
    found["worst"] = [
        {
            "core": core_name(side.core),
            "flattened_um2": round(side.flattened_um2, 3),
            "modelled_um2": {group: round(side.modelled[group], 3) for group in side.groups},
            "synthesized_um2": {group: round(side.synthesized[group], 3) for group in side.groups},
        }
        for side in validation.worst
    ]
    if validation.noise:
        found["noise"] = noise_figures(validation)
    return found


def noise_figures(validation: Validation) -> dict[str, Any]:
    """How far syntheses of one core are from their mean, in percent, over the cores that were permuted."""
    areas = np.abs(np.concatenate([deviations(noise.area_um2) for noise in validation.noise]))
    delays = np.abs(np.concatenate([deviations(noise.delay_ps) for noise in validation.noise]))
    return {
        "cores": len(validation.noise),
        "syntheses": int(areas.size),
        "median_error": round(float(np.median(areas)), 3),
        "max_error": round(float(areas.max()), 3),
        "delay_median_error": round(float(np.median(delays)), 3),
        "delay_max_error": round(float(delays.max()), 3),
    }


def sentences(validation: Validation) -> list[str]:
    """What was found, the most important first."""
    technology, cores = validation.technology, validation.cores
    area, delay = validation.errors("area"), validation.errors("delay")
    least, most = cores["synthesized_area"].min(), cores["synthesized_area"].max()
    failed = f" {validation.failed} more could not be synthesized." if validation.failed else ""
    told = [
        f"{technology.name}: {area.cores} random cores of {least:,.0f} to {most:,.0f} µm², "
        f"{SEEN[validation.unseen]}, synthesized flattened to {validation.library.name}.{failed}",
        f"Area is off by {off(area)}; Kendall's τ between modelled and synthesized area is {area.tau:.4f}. "
        f"Delay is off by {off(delay)}.",
        " ".join(
            f"{FIGURES[name][0][:1].upper()}{FIGURES[name][0][1:]} is off by {off(validation.errors(name))}."
            for name in ("medium_area", "tight_area")
        ),
    ]
    if validation.noise:
        noise = noise_figures(validation)
        told.append(
            f"The mapper's noise: {noise['cores']} of the cores, written in other orders, were synthesized "
            f"to areas {noise['median_error']:.2f} % from their mean in the median and "
            f"{noise['max_error']:.2f} % at most, and to delays {noise['delay_median_error']:.1f} % and "
            f"{noise['delay_max_error']:.1f} % from theirs. A model that knew every mean would be off by "
            "as much."
        )
    return told


def off(errors: Errors) -> str:
    """Errors in a phrase."""
    return f"{errors.median:.1f} % in the median, {errors.maximum:.1f} % at most"


def error_tables(validation: Validation) -> list[Table]:
    """The errors of every figure over all cores, and of area and delay by what the cores are."""
    head = ["", "cores", "median", "90th percentile", "maximum", "mean", "Kendall's τ"]
    rows = [[FIGURES[name][0], *_cells(validation.errors(name))] for name in FIGURES]
    tables = [Table("Errors", head, rows, "In percent of what was synthesized; the mean is signed.")]
    for name in ("area", "delay"):
        rows = [
            [value, *_cells(errors)]
            for grouping in GROUPINGS
            for value, errors in validation.errors_by(name, grouping).items()
        ]
        tables.append(Table(f"Errors of {FIGURES[name][0]} by architecture, number and format", head, rows))
    return tables


def noise_table(validation: Validation) -> Table:
    """What each permuted core was synthesized to."""
    rows = []
    for noise in validation.noise:
        area, delay = deviations(noise.area_um2), deviations(noise.delay_ps)
        rows.append(
            [
                core_name(noise.core),
                str(area.size),
                f"{np.mean(noise.area_um2):,.1f}",
                f"{np.ptp(area):.2f} %",
                f"{np.mean(noise.delay_ps):,.0f}",
                f"{np.ptp(delay):.2f} %",
            ]
        )
    head = ["core", "syntheses", "mean area, µm²", "largest less smallest", "mean delay, ps", "the same"]
    return Table("The mapper's noise", head, rows, "Each core's Verilog with its items in other orders.")


def worst_tables(validation: Validation) -> list[Table]:
    """The cores with the largest errors in area, each with where its area is."""
    return [_side_table(side) for side in validation.worst]


def _side_table(side: SideBySide) -> Table:
    modelled, synthesized = sum(side.modelled.values()), sum(side.synthesized.values())
    rows = [
        [group, f"{side.modelled[group]:,.1f}", f"{side.synthesized[group]:,.1f}"] for group in side.groups
    ]
    rows += [
        ["sum", f"{modelled:,.1f}", f"{synthesized:,.1f}"],
        ["flattened", f"{modelled:,.1f}", f"{side.flattened_um2:,.1f}"],
    ]
    error = 100 * (modelled / side.flattened_um2 - 1)
    keys = side.core.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    keys |= {f"pipeline.{key}": value for key, value in keys.pop("pipeline", {}).items()}
    return Table(
        f"{core_name(side.core)}: {error:+.1f} %",
        ["µm²", "modelled", "synthesized"],
        rows,
        ", ".join(f"{key} = {value}" for key, value in keys.items()),
    )


def markdown(validation: Validation) -> str:
    """``summary.md``."""
    technology, sample = validation.technology, validation.sample
    lines = [f"# The model against synthesis: {technology.name}", "", *spaced(sentences(validation))]
    lines += ["![Modelled against synthesized area and delay](validation.png)", ""]
    for found in error_tables(validation):
        lines += _markdown_table("##", found)
    if validation.noise:
        lines += _markdown_table("##", noise_table(validation))
    lines += ["## The largest errors in area", "", *spaced([WORST_NOTE])]
    for found in worst_tables(validation):
        lines += _markdown_table("###", found)
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
    "than the flattened area that the model is held against. Columns are the registers behind fetch, "
    "reductions and accumulators."
)


def _markdown_table(level: str, found: Table) -> list[str]:
    note = [found.note, ""] if found.note else []
    return [f"{level} {found.title}", "", *table(found.head, found.rows), "", *note]


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
