"""The findings of verification in words: measured figures beside the modelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from dse.pricing.metrics import Priced
from dse.sweep.results.verified import Verified


def sentences(verified: Sequence[Verified], priced: Priced) -> list[str]:
    """What the verification of a sweep's designs means, the recommended design first."""
    if not verified:
        return []
    paragraphs = [_first_design(verified[0], priced)]
    if len(verified) > 1:
        paragraphs.append(_all_designs(verified, priced))
    paragraphs += [f"WRONG: {design.complaint}." for design in verified if not design.passed]
    if not verified[0].holds:
        paragraphs.append(_alternative(verified, priced))
    return paragraphs


def _first_design(design: Verified, priced: Priced) -> str:
    measured, modelled = design.measured, design.modelled
    cycles = (
        "as modelled"
        if measured["cycles"] == modelled["cycles"]
        else f"where the model says {modelled['cycles']:,}"
    )
    exact = (
        "bit-exact" if design.bit_exact else f"{design.mismatches:,} of {design.results:,} results are wrong"
    )
    off = design.error_percent
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
        f"The {design.what} was synthesized: {priced.text(measured[priced.key])}, the model says "
        f"{_percent(off[priced.key])}. {path}. Simulated on {design.trial}: {exact}, "
        f"{measured['cycles']:,} cycles {cycles}."
    )
    if design.broken:
        text += f" As measured it does not keep what was asked for: {'; '.join(design.broken)}."
    return text


def _all_designs(verified: Sequence[Verified], priced: Priced) -> str:
    exact = sum(design.passed for design in verified)
    cost, delay = (
        max(abs(design.error_percent[name]) for design in verified) for name in (priced.key, "delay_ps")
    )
    kept = sum(not design.broken for design in verified)
    return (
        f"Of {len(verified)} designs that were synthesized and simulated {_all(exact, verified)} bit-exact "
        f"and {_all(kept, verified)} within the sweep's limits as measured; the model is off by at most "
        f"{cost:.1f} % in {priced.label} and {delay:.1f} % in delay."
    )


def _all(count: int, verified: Sequence[Verified]) -> str:
    number = "all" if count == len(verified) else "none" if not count else str(count)
    return f"{number} {'is' if count == 1 else 'are'}"


def _alternative(verified: Sequence[Verified], priced: Priced) -> str:
    """Which verified design to take where the first does not hold."""
    holding = [design for design in verified if design.holds]
    if not holding:
        return "None of the designs that were verified holds; verify more, or leave the model a margin."
    best = min(holding, key=lambda design: design.rank)
    return (
        f"The best verified design that holds is the {best.what}, {best.design}: "
        f"{priced.text(best.measured[priced.key])} and {best.measured['delay_ps']:,.0f} ps as measured."
    )


def table(verified: Sequence[Verified], priced: Priced) -> tuple[list[str], list[list[str]]]:
    """What was measured beside what was modelled: headings, and rows of text."""
    figures = {
        priced.key: f"{priced.label}, {priced.unit}",
        **{other.key: f"{other.label}, {other.unit}" for other in priced.others},
        "delay_ps": "longest path, ps",
    }
    head = ["", *(cell for name in figures.values() for cell in (name, "modelled", "error"))]
    rows = [
        [
            design.what,
            *(cell for name in figures for cell in _triple(design, name)),
            f"{design.measured['cycles']:,}",
            f"{design.modelled['cycles']:,}",
            "bit-exact" if design.passed else "WRONG",
            design.design + "".join(f"; {clause}" for clause in design.broken),
        ]
        for design in verified
    ]
    return [*head, "cycles", "modelled", "results", "design"], rows


def note(verified: Sequence[Verified]) -> str:
    """What the table's figures are."""
    trials = dict.fromkeys(design.trial for design in verified)
    libraries = dict.fromkeys(design.library for design in verified)
    return (
        f"Measured by flattened synthesis with {', '.join(libraries)}, and by Verilator's simulation of "
        f"{'; '.join(trials)}, results compared with numpy. The percentages are the model's "
        "errors, positive where it asks for more."
    )


def _triple(design: Verified, name: str) -> list[str]:
    off = design.error_percent.get(name)
    return [
        f"{design.measured[name]:,.0f}",
        f"{design.modelled[name]:,.0f}",
        "–" if off is None else _percent(off),
    ]


def _percent(error: float) -> str:
    return f"{error:+.1f} %".replace("-", "−")
