"""The findings of a sweep in plain sentences: what it recommends, what that saves and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dse.presentation.phrases import article, core_shape, division, listing, named, quantity, shape
from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metrics import metric
from dse.results.designs import Row
from dse.summary.findings import Rival, Summary
from dse.summary.limits import limits


def headline(summary: Summary) -> list[str]:
    """The recommendation and the comparisons, a sentence or two each."""
    best = summary.best
    budget = " and ".join(f"{quantity(name, limit)}" for name, limit in summary.results.budget.items())
    if best is None:
        front = summary.results.front
        cheapest = front.least(front.column(summary.price))
        assert cheapest is not None
        return [
            f"No design of this space stays within {budget}: the least is "
            f"{quantity(summary.price, cheapest[summary.price])}."
        ]
    lead = f"Within {budget} the best is" if budget else "The most balanced design, the knee of the front, is"
    at = f" at {best['clock_mhz']:,.0f} MHz"
    figures = [named(name, best[name]) for name in summary.results.objectives if name != summary.rate]
    what = _recommended(best, summary.results.compare)
    told = [
        f"{lead} {what}: {quantity(summary.rate, best[summary.rate])}{at}, for "
        f"{listing(figures)}. It does {best['macs_per_cycle']:,.0f} multiply-accumulates a cycle and "
        f"{best['utilisation']:.1%} of them are useful.",
        limits(best),
    ]
    for rival in summary.rivals:
        told.append(_against(summary, rival))
    return told


def why(summary: Summary) -> list[str]:
    """Where the saving comes from, read off the breakdown."""
    best = summary.best
    if best is None:
        return []
    return [_reason(summary, rival.value, rival.equal) for rival in summary.rivals if rival.equal]


def _against(summary: Summary, rival: Rival) -> str:
    best = summary.best
    assert best is not None
    name = (
        rival.value
        if summary.results.compare == "architecture"
        else f"{summary.results.compare} = {rival.value}"
    )
    exact = " and as exact" if summary.errors else ""
    if rival.equal is None:
        text = f"No {name} core of this space is as fast{exact}."
    else:
        saving = summary.saving(rival.equal)
        words = (
            f"{1 - saving:,.1f} times the {metric(summary.price).label} of" if saving <= -1
            else f"{saving:.1%} less {metric(summary.price).label} than" if saving >= 0.0005
            else f"{-saving:.1%} more {metric(summary.price).label} than" if saving <= -0.0005
            else f"the same {metric(summary.price).label} as"
        )  # fmt: skip
        text = (
            f"That is {words} the cheapest {name} core that is at least as fast{exact}, which takes "
            f"{quantity(summary.price, rival.equal[summary.price])} ({shape(rival.equal)}; "
            f"{quantity(summary.rate, rival.equal[summary.rate])})."
        )
    if rival.within is not None and summary.results.budget:
        ratio = float(rival.within[summary.rate]) / float(best[summary.rate])
        times = (
            f", {max(ratio, 1 / ratio):.2f} times less" if max(ratio, 1 / ratio) >= 1.1
            else f", {abs(1 - ratio):.1%} less" if abs(1 - ratio) > 0.0005
            else ", the same"
        )  # fmt: skip
        reached = quantity(summary.rate, rival.within[summary.rate])
        which = " that is as exact" if exact else ""
        text += f" The best {name} core{which} within the budget reaches {reached}{times}."
    return text


def _reason(summary: Summary, value: Any, other: Row | None) -> str:
    best = summary.best
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


def _recommended(row: Row, compare: str) -> str:
    """The recommended design, as the object of a sentence."""
    kind = f"{row['architecture']} core" if compare == "architecture" else "core"
    if row["cores"] == 1:
        return f"{article(kind)} with {core_shape(row)}"
    return f"{row['cores']} {kind}s side by side that {division(row)}, each with {core_shape(row)}"
