"""What a validation leaves in a directory: every core, picture, page, summary, and how to repeat it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import tomlkit

from costmodel.fit.noise import deviations
from costmodel.fit.validation import Validation
from dse.studies.tables import write_table
from dse.studies.validation.figure import write_figure
from dse.studies.validation.page import write_page
from dse.studies.validation.summary import markdown
from generator.files import claimed, output_directory, write_csv, write_text
from generator.plan import core_name

FILES = ("cores.csv", "noise.csv", "spec.toml", "summary.md", "validation.html", "validation.png")
TOOLS = ("ternlut", "pyosys", "amaranth", "numpy", "scipy")


def write_validation(directory: Path, validation: Validation) -> list[Path]:
    """Writes ``FILES``, each whole or not at all; their paths. ``OutputError`` where that is not possible."""
    with claimed(output_directory(directory)):
        write_table(directory / "cores.csv", validation.cores)
        write_csv(directory / "noise.csv", noise_head(validation), noise_rows(validation))
        write_text(directory / "spec.toml", spec(validation))
        write_figure(directory / "validation.png", validation)
        write_page(directory / "validation.html", validation)
        write_text(directory / "summary.md", markdown(validation))
    return [directory / name for name in FILES]


def noise_head(validation: Validation) -> tuple[str, ...]:
    """Columns of ``noise.csv``."""
    cost, delay = validation.told_apart
    return "core", "permutation", cost.key, delay.key, f"{cost.name}_deviation", f"{delay.name}_deviation"


def noise_rows(validation: Validation) -> Iterator[list[str]]:
    """A row a synthesis: core, permutation (0 as emitted), what it came to, how far that is off the mean."""
    for noise in validation.noise:
        name = core_name(noise.core)
        columns = (noise.cost, noise.delay_ps, deviations(noise.cost), deviations(noise.delay_ps))
        for number, figures in enumerate(zip(*columns, strict=True)):
            yield [name, str(number), *(f"{figure:.6g}" for figure in figures)]


def spec(validation: Validation) -> str:
    """Everything that the same figures come from again, as TOML; files by their names alone."""
    technology, origin, sample = validation.technology, validation.origin, validation.sample
    sections: dict[str, dict[str, str | float | list[str]]] = {
        "sample": {
            "seed": sample.seed,
            "points": sample.points,
            "smallest": sample.smallest,
            "largest": sample.largest,
            "floats": sample.floats,
            "permutations": max((len(noise.cost) - 1 for noise in validation.noise), default=0),
        },
        "technology": {
            "name": technology.name,
            "library": technology.library,
            "corner": technology.corner,
            "flow": technology.flow,
            "date": technology.date.isoformat(),
        },
        "library": {
            "name": origin.library,
            "files": [path.name for path in origin.files],
            "dont_use": list(origin.dont_use),
            "sha256": origin.digest,
        },
        "versions": {**{tool: version(tool) for tool in TOOLS}, "python": platform.python_version()},
    }
    document = tomlkit.document()
    document.add(
        tomlkit.comment(
            "What the validation beside this file was made from: `ternlut validate --help` has the options."
        )
    )
    document.add(tomlkit.nl())
    document.update(sections)
    return tomlkit.dumps(document)
