"""What is read of a finished sweep, written from its data: as often as one likes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dse.presentation.terminal import Progress, silent
from dse.sweep.results.csv_files import write_pareto, write_verified
from dse.sweep.results.designs import Row, core_of, core_toml
from dse.sweep.results.sweep_results import PARETO, VERIFIED, Results
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.summary_file import markdown
from generator.config import CoreConfig
from generator.files import write_text
from generator.parts import installed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Finished:
    """A finished sweep: its directory, what was found, and the page to look at.

    ``report`` is None where the libraries of the report are not installed.
    """

    directory: Path
    summary: Summary
    report: Path | None

    @property
    def results(self) -> Results:
        return self.summary.results

    @property
    def front(self) -> pd.DataFrame:
        """The designs of the Pareto front, one a row: every key and every metric, in the metric's unit."""
        return self.results.front.frame

    @property
    def best(self) -> Row | None:
        """The recommended design, keys and metrics by name; None where none is within the budget."""
        return self.summary.best

    @property
    def best_core(self) -> CoreConfig | None:
        """The core of the recommended design."""
        return None if self.best is None else core_of(self.best)

    def figures(self) -> dict[str, Any]:
        """The sweep in numbers, as ``--json`` prints them."""
        record, summary = self.results.record, self.summary
        names = ("points", "cores", "feasible", "pareto", "seconds", "points_per_second")
        verified = self.results.verified
        return {
            **{name: getattr(record, name) for name in names},
            "best": summary.best,
            "knee": summary.knee,
            "top": summary.top,
            "verified": len(verified),
            "verified_exact": sum(one.passed for one in verified),
            "report": None if self.report is None else str(self.report),
        }


def report(directory: Path, progress: Progress = silent, pictures: bool = True) -> Finished:
    """Writes what is read of a finished sweep again from its data: CSV, summary, figures, page, best core.

    ``pictures``: those too that verification changes nothing of. Without the report's libraries there are
    neither pictures nor a page.
    """
    results = Results.load(directory)
    summary = Summary(results)
    progress("writing", 0.85)
    write_pareto(directory / PARETO, results)
    write_verified(directory / VERIFIED, results.verified)
    write_text(directory / "summary.md", markdown(summary))
    if summary.best is None:
        (directory / "best.toml").unlink(missing_ok=True)
    else:
        write_text(directory / "best.toml", core_toml(summary.best))
    page = directory / "report.html" if installed("report") else None
    if page is not None:
        from dse.sweep.report.figures import write_figures
        from dse.sweep.report.page import write_report

        if pictures:
            write_figures(directory, summary)
        progress("writing", 0.95)
        write_report(page, summary)
    progress("writing", 1.0)
    return Finished(directory, summary, page)
