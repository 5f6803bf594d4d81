"""What verification found, and how it is said: measured figures beside the modelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from dse.sweep.results.verified import Verified

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


def sentences(found: Sequence[Verified]) -> list[str]:
    """What the verification of a sweep's designs means, the recommended one first."""
    if not found:
        return []
    said = [_first_design(found[0])]
    if len(found) > 1:
        said.append(_all_designs(found))
    said += [f"WRONG: {one.complaint}." for one in found if not one.passed]
    if not found[0].holds:
        said.append(_alternative(found))
    return said


def _first_design(one: Verified) -> str:
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


def _all_designs(found: Sequence[Verified]) -> str:
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


def _alternative(found: Sequence[Verified]) -> str:
    """Which verified design to take where the first does not hold."""
    holding = [one for one in found if one.holds]
    if not holding:
        return "None of the designs that were verified holds; verify more, or leave the model a margin."
    best = min(holding, key=lambda one: one.rank)
    return (
        f"The best verified design that holds is the {best.what}, {best.design}: "
        f"{best.measured.area_um2:,.0f} µm² and {best.measured.delay_ps:,.0f} ps as measured."
    )


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
