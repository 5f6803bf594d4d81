"""Commands on the cost model's technologies: fitted to a library, and held against synthesis."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dse.commands.options import (
    RESULTS,
    AsJson,
    DontUse,
    LibertyFiles,
    Tech,
    UsageError,
    Workers,
    out_path,
    processors,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json
from generator.files import prepared, write_text
from generator.parts import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.fit.measurer import Measurer
    from costmodel.fit.validation import Validation
    from costmodel.price.quantity import Quantity
    from costmodel.price.technology import Technology
    from generator.config import CoreConfig


def _measurer_of(liberty: Sequence[Path], fabric: str | None, name: str, dont_use: Sequence[str]) -> Measurer:
    """What measures cores in the cells of ``liberty`` files, or in ``fabric``."""
    if bool(liberty) == (fabric is not None):
        raise UsageError("calibrate: --liberty FILE or --fabric NAME is expected, one of the two")
    if fabric is not None:
        from costmodel.fit.fabrics import on_fabric

        return on_fabric(fabric)
    from costmodel.fit.cells import Cells
    from costmodel.flow.libraries import user_library

    return Cells(user_library(liberty, name, dont_use))


def _cores_of(fabric: str | None, points: int | None) -> Sequence[CoreConfig]:
    """What a calibration synthesizes, all or so many ``points``; ``UsageError`` for too few or too many."""
    from costmodel.fit.calibration import fewest_cores
    from costmodel.fit.calibration_cores import calibration_cores, fabric_cores
    from costmodel.price.quantity import CELL_QUANTITIES

    if fabric is None:
        cores: Sequence[CoreConfig] = calibration_cores()
        quantities: Sequence[Quantity] = CELL_QUANTITIES
    else:
        cores, quantities = fabric_cores(), _measurer_of((), fabric, "", ()).quantities
    least = fewest_cores(cores, quantities)
    if points is not None and not least <= points <= len(cores):
        raise UsageError(f"--points {points}: {least} to {len(cores)} are expected, fewer fit no technology")
    return cores[:points]


def calibrate(
    name: Annotated[str, typer.Option(metavar="T", help="The technology's name.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Technology file to write.", parser=out_path)
    ],
    liberty: LibertyFiles = [],  # noqa: B006
    fabric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="An FPGA's fabric in place of a cell library: xcup, ecp5, …"),
    ] = None,
    dont_use: DontUse = [],  # noqa: B006
    workers: Workers = None,
    points: Annotated[
        int | None,
        typer.Option(metavar="P", help="Synthesize the P smallest calibration cores only.", min=1),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a technology to a cell library, or to an FPGA's fabric."""
    require("calibration", "calibrate")
    from costmodel.fit.calibration import calibrate as fit

    cores = _cores_of(fabric, points)
    measurer = _measurer_of(liberty, fabric, name, dont_use)
    with progress_bar() as progress:
        technology = fit(measurer, name, workers or processors(), progress, cores)
    write_text(out, technology.to_toml())
    missing = ""
    if fabric is None:
        technology, missing = _with_energies(technology, out, liberty, dont_use, cores)
    cost = technology.cost_at()
    error = {part: fitted.model_dump() for part, fitted in technology.fit.items()}
    if as_json:
        energies = None if technology.energy is None else technology.energy.coefficients
        say_json(
            {"components": cost.coefficients, "energies": energies, "fit_error": error, "file": str(out)}
        )
        return
    say(
        aligned(
            ["component", cost.unit], [[part, f"{value:.4g}"] for part, value in cost.coefficients.items()]
        )
    )
    for part, fitted in technology.fit.items():
        say(f"{part}: {fitted.median_percent:.1f} % off in the median, {fitted.max_percent:.1f} % at most")
    if missing:
        say(f"No energies: {missing}")


def _with_energies(
    technology: Technology,
    file: Path,
    liberty: Sequence[Path],
    dont_use: Sequence[str],
    cores: Sequence[CoreConfig],
) -> tuple[Technology, str]:
    """The technology in ``file`` with energies, written there; or as it is, and why it has none."""
    from costmodel.cells.liberty_syntax import LibertyError
    from costmodel.price.technology import TechnologyError
    from dse.measuring.calibration import cores_to_measure, with_energies
    from dse.measuring.samples import typical

    try:
        with progress_bar() as progress:
            chosen = typical(cores_to_measure(cores))
            measured = with_energies(technology, str(file), liberty, dont_use, chosen, progress)
    except (LibertyError, TechnologyError) as error:
        return technology, str(error)
    write_text(file, measured.to_toml())
    return measured, ""


MeasuredEnergies = Annotated[
    int,
    typer.Option(metavar="P", help="Measure the energy of P drawn cores at gate level, too.", min=0),
]


def validate(
    tech: Tech = "asap7",
    liberty: LibertyFiles = [],  # noqa: B006
    dont_use: DontUse = [],  # noqa: B006
    points: Annotated[int, typer.Option(metavar="P", help="Random cores to synthesize.", min=2)] = 60,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the cores.", min=0)] = 1,
    largest: Annotated[
        float, typer.Option(metavar="N", help="Size of the largest core, in gates.", min=500)
    ] = 4000,
    noise: Annotated[
        int,
        typer.Option(
            metavar="P",
            help="Synthesize some cores P times more, reordered, to measure the mapper's noise.",
            min=0,
        ),
    ] = 3,
    energies: MeasuredEnergies = 0,
    limit: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Status 1 if an area is further off.", min=0)
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="Directory for the results.",
            show_default="ternlut-out/validation-TECH",
            parser=out_path,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the cost model against synthesis of random cores that it was not fitted to."""
    for part in ("calibration", "report"):
        require(part, "validate")
    from costmodel.fit.validation import Sample
    from dse.studies.validation.report import write_validation
    from dse.studies.validation.run import run, text_of
    from dse.studies.validation.summary import figures

    began, sample = time.perf_counter(), Sample(seed, points, largest=largest)
    _require_energies(tech, energies)
    with prepared(out) if out else nullcontext():
        with progress_bar() as progress:
            validation = run(tech, liberty, dont_use, sample, noise, workers or processors(), progress)
        directory = out or RESULTS / f"validation-{validation.technology.name}"
        write_validation(directory, validation)
        measured = _measured_energies(validation, tech, liberty, dont_use, energies, seed, directory)
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        report = {"report": str(directory / "validation.html"), "seconds": seconds}
        say_json({**figures(validation), **measured[1], **report})
    else:
        words = "\n\n".join(filter(None, (text_of(validation), measured[0])))
        say(f"{words}\n\nreport: {directory / 'validation.html'}, {seconds:,.0f} s")
    if limit is not None and validation.errors(validation.cost.name).maximum > limit:
        raise typer.Exit(1)


def _require_energies(tech: str, count: int) -> None:
    """Raises ``TechnologyError``, before anything is synthesized, where energies are asked for that there
    are not.
    """
    from costmodel.price.technology import load_technology

    if count:
        _ = load_technology(tech).energies


def _measured_energies(
    validation: Validation,
    tech: str,
    liberty: Sequence[Path],
    dont_use: Sequence[str],
    count: int,
    seed: int,
    directory: Path,
) -> tuple[str, dict[str, float | int]]:
    """How far energies of other cores are off, in words and by name; nothing of none."""
    if not count:
        return "", {}
    from dse.measuring.samples import drawn
    from dse.measuring.validation import energies_of, sentence, write_energies
    from dse.measuring.validation import figures as figures_of

    technology = validation.technology
    cases = drawn(technology, seed, count)
    with progress_bar() as progress:
        energies = energies_of(technology, tech, cases, liberty, dont_use, progress)
    write_energies(directory, energies)
    return sentence(energies), figures_of(energies)
