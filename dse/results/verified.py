"""What verification found of a design, and how it is said: measured figures beside the modelled ones.

Areas and delay are measured by flattened synthesis, cycles by simulation of the same Verilog.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

MEASURED = ("area_um2", "relaxed_um2", "medium_um2", "tight_um2", "delay_ps", "cycles")
"""Fields of ``Figures``."""


class Figures(BaseModel):
    """Figures of one core, modelled or measured.

    Areas in µm²: mapped for least area (``relaxed``), sized for 1.25 times the shortest clock period
    (``medium``) and for that period (``tight``), which is ``delay_ps``; ``area_um2`` is that at
    the clock that the design runs at. ``cycles``: clock cycles of the trial.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    area_um2: float
    relaxed_um2: float
    medium_um2: float
    tight_um2: float
    delay_ps: float
    cycles: int


class Verified(BaseModel):
    """A design that was synthesized with ``library`` and simulated.

    ``id``: its position in the space. ``rank``: its place among the designs that the sweep would recommend,
    from 1. ``what`` it is (``recommended core``) and ``design``, it in a phrase. ``core``: its name.
    ``trial``: the layer it ran, in words, and ``results``, the outputs that were compared with numpy, of
    which ``mismatches`` were wrong; ``failures`` has a line for each thing that went wrong.
    ``error_percent``: of the model relative to what was measured, positive where it asks for more.
    ``broken``: a clause for each limit of the sweep that the measured figures do not keep.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    rank: int
    what: str
    design: str
    core: str
    library: str
    trial: str
    modelled: Figures
    measured: Figures
    error_percent: dict[str, float]
    results: int
    mismatches: int
    failures: tuple[str, ...]
    bit_exact: bool
    broken: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every result was right, and came in the cycle in which it should."""
        return self.bit_exact and not self.failures

    @property
    def holds(self) -> bool:
        """Whether it computes rightly and keeps the sweep's limits as measured."""
        return self.passed and not self.broken

    @property
    def complaint(self) -> str:
        """What went wrong in simulation, in one line; empty where nothing did."""
        if self.passed:
            return ""
        reason = self.failures[0] if self.failures else f"{self.mismatches} of {self.results} are wrong"
        return f"design {self.id}, the {self.what}, fails on {self.trial}: {reason}"


def errors(modelled: Figures, measured: Figures) -> dict[str, float]:
    """The model's errors relative to what was measured, in percent; none of what did not come to an end."""
    pairs = {name: (getattr(modelled, name), getattr(measured, name)) for name in MEASURED}
    return {name: round(100 * (says / is_ - 1), 3) for name, (says, is_) in pairs.items() if is_}


def sentences(found: Sequence[Verified]) -> list[str]:
    """What the verification of a sweep's designs means, the recommended one first."""
    if not found:
        return []
    said = [_told(found[0])]
    if len(found) > 1:
        said.append(_told_of_all(found))
    said += [f"WRONG: {one.complaint}." for one in found if not one.passed]
    if not found[0].holds:
        said.append(_told_instead(found))
    return said


def _told(one: Verified) -> str:
    measured, modelled = one.measured, one.modelled
    cycles = (
        "as modelled" if measured.cycles == modelled.cycles else f"where the model says {modelled.cycles:,}"
    )
    exact = "bit-exact" if one.bit_exact else f"{one.mismatches:,} of {one.results:,} results are wrong"
    off = one.error_percent
    area, delay, tight = (_percent(off[name]) for name in ("area_um2", "delay_ps", "tight_um2"))
    text = (
        f"The {one.what} was synthesized: {measured.area_um2:,.0f} µm², the model says {area}. Sized to be "
        f"as fast as can be its longest path is {measured.delay_ps:,.0f} ps, the model says {delay}, and its "
        f"area {measured.tight_um2:,.0f} µm², the model says {tight}. Simulated on {one.trial}: {exact}, "
        f"{measured.cycles:,} cycles {cycles}."
    )
    if one.broken:
        text += f" As measured it does not keep what was asked for: {'; '.join(one.broken)}."
    return text


def _told_of_all(found: Sequence[Verified]) -> str:
    exact = sum(one.passed for one in found)
    area, delay = (max(abs(one.error_percent[name]) for one in found) for name in ("area_um2", "delay_ps"))
    kept = sum(not one.broken for one in found)
    return (
        f"Of {len(found)} designs that were synthesized and simulated {_all(exact, found)} bit-exact and "
        f"{_all(kept, found)} within the sweep's limits as measured; the model is off by at most "
        f"{area:.1f} % in area and {delay:.1f} % in delay."
    )


def _all(count: int, found: Sequence[Verified]) -> str:
    number = "all" if count == len(found) else "none" if not count else str(count)
    return f"{number} {'is' if count == 1 else 'are'}"


def _told_instead(found: Sequence[Verified]) -> str:
    """Which verified design to take where the first does not hold."""
    holding = [one for one in found if one.holds]
    if not holding:
        return "None of the designs that were verified holds; verify more, or leave the model a margin."
    best = min(holding, key=lambda one: one.rank)
    return (
        f"The best verified design that holds is the {best.what}, {best.design}: "
        f"{best.measured.area_um2:,.0f} µm² and {best.measured.delay_ps:,.0f} ps as measured."
    )


HEAD = (
    "",
    "area, µm²",
    "modelled",
    "error",
    "longest path, ps",
    "modelled",
    "error",
    "cycles",
    "modelled",
    "results",
    "design",
)
"""Headings of ``rows``."""


def rows(found: Sequence[Verified]) -> list[list[str]]:
    """A table of what was measured beside what was modelled: cells of text under ``HEAD``."""
    return [
        [
            one.what,
            *_pair(one, "area_um2"),
            *_pair(one, "delay_ps"),
            f"{one.measured.cycles:,}",
            f"{one.modelled.cycles:,}",
            "bit-exact" if one.passed else "WRONG",
            one.design + "".join(f"; {clause}" for clause in one.broken),
        ]
        for one in found
    ]


def note(found: Sequence[Verified]) -> str:
    """What the table's figures are."""
    trials = dict.fromkeys(one.trial for one in found)
    libraries = dict.fromkeys(one.library for one in found)
    return (
        f"Measured by flattened synthesis with {', '.join(libraries)}, and by Verilator's simulation of "
        f"{'; '.join(trials)}, results compared with numpy. The percentages are the model's "
        "errors, positive where it asks for more."
    )


def _pair(one: Verified, name: str) -> list[str]:
    measured, modelled = getattr(one.measured, name), getattr(one.modelled, name)
    return [f"{measured:,.0f}", f"{modelled:,.0f}", _percent(one.error_percent[name])]


def _percent(error: float) -> str:
    return f"{error:+.1f} %".replace("-", "−")


def columns(one: Verified) -> dict[str, Any]:
    """The measured figures as columns beside those of ``pareto.csv``."""
    figures = {f"measured_{name}": getattr(one.measured, name) for name in MEASURED[:-1]}
    return figures | {"bit_exact": one.bit_exact}


def csv_rows(found: Sequence[Verified]) -> Iterator[dict[str, Any]]:
    """The rows of ``verified.csv``."""
    for one in found:
        row: dict[str, Any] = {"id": one.id, "what": one.what, "core": one.core, "library": one.library}
        for name in MEASURED:
            row[f"modelled_{name}"] = getattr(one.modelled, name)
            row[f"measured_{name}"] = getattr(one.measured, name)
            row[f"{name}_error_percent"] = one.error_percent.get(name)
        row |= {"trial": one.trial, "results": one.results, "mismatches": one.mismatches}
        yield row | {"bit_exact": one.bit_exact, "holds": one.holds}
