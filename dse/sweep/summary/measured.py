"""What verification found, and how it is said: measured figures beside the modelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from dse.pricing.metrics import Priced
from dse.sweep.results.verified import Verified


def sentences(found: Sequence[Verified], priced: Priced) -> list[str]:
    """What the verification of a sweep's designs means, the recommended one first."""
    if not found:
        return []
    said = [_first_design(found[0], priced)]
    if len(found) > 1:
        said.append(_all_designs(found, priced))
    said += [f"WRONG: {one.complaint}." for one in found if not one.passed]
    if not found[0].holds:
        said.append(_alternative(found, priced))
    return said


def _first_design(one: Verified, priced: Priced) -> str:
    measured, modelled = one.measured, one.modelled
    cycles = (
        "as modelled"
        if measured["cycles"] == modelled["cycles"]
        else f"where the model says {modelled['cycles']:,}"
    )
    exact = "bit-exact" if one.bit_exact else f"{one.mismatches:,} of {one.results:,} results are wrong"
    off = one.error_percent
    fastest = priced.at("tight")
    path = f"longest path is {measured['delay_ps']:,.0f} ps, the model says {_percent(off['delay_ps'])}"
    if priced.sized:
        path = (
            f"Sized to be as fast as can be its {path}, and its {priced.label} "
            f"{priced.text(measured[fastest])}, the model says {_percent(off[fastest])}"
        )
    else:
        path = f"Its {path}"
    text = (
        f"The {one.what} was synthesized: {priced.text(measured[priced.key])}, the model says "
        f"{_percent(off[priced.key])}. {path}. Simulated on {one.trial}: {exact}, "
        f"{measured['cycles']:,} cycles {cycles}."
    )
    if one.broken:
        text += f" As measured it does not keep what was asked for: {'; '.join(one.broken)}."
    return text


def _all_designs(found: Sequence[Verified], priced: Priced) -> str:
    exact = sum(one.passed for one in found)
    cost, delay = (max(abs(one.error_percent[name]) for one in found) for name in (priced.key, "delay_ps"))
    kept = sum(not one.broken for one in found)
    return (
        f"Of {len(found)} designs that were synthesized and simulated {_all(exact, found)} bit-exact and "
        f"{_all(kept, found)} within the sweep's limits as measured; the model is off by at most "
        f"{cost:.1f} % in {priced.label} and {delay:.1f} % in delay."
    )


def _all(count: int, found: Sequence[Verified]) -> str:
    number = "all" if count == len(found) else "none" if not count else str(count)
    return f"{number} {'is' if count == 1 else 'are'}"


def _alternative(found: Sequence[Verified], priced: Priced) -> str:
    """Which verified design to take where the first does not hold."""
    holding = [one for one in found if one.holds]
    if not holding:
        return "None of the designs that were verified holds; verify more, or leave the model a margin."
    best = min(holding, key=lambda one: one.rank)
    return (
        f"The best verified design that holds is the {best.what}, {best.design}: "
        f"{priced.text(best.measured[priced.key])} and {best.measured['delay_ps']:,.0f} ps as measured."
    )


def table(found: Sequence[Verified], priced: Priced) -> tuple[list[str], list[list[str]]]:
    """What was measured beside what was modelled: headings, and rows of text."""
    figures = {
        priced.key: f"{priced.label}, {priced.unit}",
        **{other.key: f"{other.label}, {other.unit}" for other in priced.others},
        "delay_ps": "longest path, ps",
    }
    head = ["", *(cell for name in figures.values() for cell in (name, "modelled", "error"))]
    rows = [
        [
            one.what,
            *(cell for name in figures for cell in _triple(one, name)),
            f"{one.measured['cycles']:,}",
            f"{one.modelled['cycles']:,}",
            "bit-exact" if one.passed else "WRONG",
            one.design + "".join(f"; {clause}" for clause in one.broken),
        ]
        for one in found
    ]
    return [*head, "cycles", "modelled", "results", "design"], rows


def note(found: Sequence[Verified]) -> str:
    """What the table's figures are."""
    trials = dict.fromkeys(one.trial for one in found)
    libraries = dict.fromkeys(one.library for one in found)
    return (
        f"Measured by flattened synthesis with {', '.join(libraries)}, and by Verilator's simulation of "
        f"{'; '.join(trials)}, results compared with numpy. The percentages are the model's "
        "errors, positive where it asks for more."
    )


def _triple(one: Verified, name: str) -> list[str]:
    off = one.error_percent.get(name)
    return [f"{one.measured[name]:,.0f}", f"{one.modelled[name]:,.0f}", "–" if off is None else _percent(off)]


def _percent(error: float) -> str:
    return f"{error:+.1f} %".replace("-", "−")
