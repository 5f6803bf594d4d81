"""The findings of a sweep in plain sentences: what it recommends, what that saves and why.

The words are the metrics': a design is as fast as another only where the objective is a rate or a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, assert_never

from dse.presentation.naming import has_groups
from dse.presentation.phrases import article, counted, listing, relation
from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metric import FAST, percent
from dse.sweep.results.designs import Row
from dse.sweep.summary.energy import spent
from dse.sweep.summary.findings import Rival, Summary
from dse.sweep.summary.limits import limits
from dse.sweep.summary.rules import NEARLY_BEST


def headline(summary: Summary) -> list[str]:
    """The recommendation and the comparisons, a sentence or two each."""
    best = summary.best
    if best is None:
        return [infeasible(summary)]
    collinear = not_independent(summary) if summary.rules.recommend == "knee" else []
    beside = [_beside(summary, best, *summary.reference)] if summary.reference else []
    return [
        " ".join([recommendation(summary, best), *spent(best)]), *collinear, limits(best),
        *held_against(summary, best), *beside,
    ]  # fmt: skip


def held_against(summary: Summary, best: Row) -> list[str]:
    """How the recommended design stands beside other kinds, a sentence or two each."""
    against = [_against(summary, best, rival) for rival in summary.rivals]
    if (more := len(summary.results.kinds) - 1 - len(summary.rivals)) > 0:
        against.append(f"{more} more kinds are further behind, or have no such design.")
    return list(filter(None, against))


def infeasible(summary: Summary) -> str:
    """That nothing stays within the limits, and what the best of each is that there is."""
    designs, rules = summary.results.fronts, summary.rules
    best = {name: designs.column(name) for name in summary.results.budget}
    least = [
        rules.metric(name).named(float(column.min() if rules.goal(name) == "min" else column.max()))
        for name, column in best.items()
    ]
    lower = [name for name in best if rules.goal(name) == "max"]
    word = "best" if lower else "least"
    within = bounds(summary)
    if len(best) == 1:
        return f"No design of this space stays within {within}: the {word} is {least[0]}."
    return f"No design of this space stays within {within}: the {word} of each is {listing(least)}."


def not_independent(summary: Summary) -> list[str]:
    """That some objectives are no trade-offs of their own, where that is so."""
    kept, dropped = summary.rules.tradeoffs
    metric = summary.rules.metric
    others = listing([metric(name).label for name in kept])
    return [
        f"Along the front, {metric(name).label} follows from {others} (R² = {share:.3f}): "
        "the knee does not count it as a trade-off of its own."
        for name, share in dropped.items()
    ]


def why(summary: Summary) -> list[str]:
    """Where the saving comes from, read off the breakdown."""
    best = summary.best
    if best is None:
        return []
    return [_reason(summary, best, rival.value, rival.equal) for rival in summary.rivals if rival.equal]


def recommendation(summary: Summary, best: Row) -> str:
    """What is recommended, and its figures."""
    names, metric = summary.results.objectives, summary.rules.metric
    figures = [metric(name).named(best[name]) for name in dict.fromkeys([summary.merit, *names])]
    if "clock_mhz" not in names and not summary.naming.tells_clock:
        figures.insert(1, metric("clock_mhz").named(best["clock_mhz"]))
    design = f"{article(best['architecture'])} design, {summary.naming.details(best, numbers=True)}"
    return (
        f"{_lead(summary)} is {design}: {listing(figures)}. It does {best['macs_per_cycle']:,.0f} "
        f"multiply-accumulates a cycle and {percent(best['utilisation'])} of them are useful."
    )


def _lead(summary: Summary) -> str:
    """By what a design is recommended, up to the verb."""
    metric, goal = summary.rules.metric, summary.rules.goal
    merit = metric(summary.merit)
    if summary.rules.single:
        lead = f"the {merit.cheapest('design', goal(summary.merit))}"
    else:
        cheapest = metric(summary.price).cheapest("design", goal(summary.price))
        match summary.rules.recommend:
            case "fastest":
                fastest = merit.best(goal(summary.merit))
                lead = f"the {cheapest} within {NEARLY_BEST:.0%} of {fastest}".replace("%", " %")
            case "cheapest":
                lead = f"the {cheapest}"
            case "knee":
                tradeoffs = listing([metric(name).label for name in summary.rules.tradeoffs[0]])
                lead = f"the most balanced design, the knee of {tradeoffs},"
            case unknown:
                assert_never(unknown)
    within = bounds(summary)
    return f"Within {within} {lead}" if within else f"{lead[0].upper()}{lead[1:]}"


def bounds(summary: Summary, but: Collection[str] = ()) -> str:
    """The limits of the sweep: ``10,000 µm² and a token rate of at least 20 tokens/s``; empty without any.

    Those of objectives ``but`` are left out.
    """
    budget, plain = summary.results.budget, (summary.results.priced.key,)
    words = []
    for name, limit in budget.items():
        if name in but:
            continue
        metric = summary.rules.metric(name)
        if summary.rules.goal(name) == "max":
            words.append(f"{article(metric.label)} of at least {metric.text(limit)}")
        else:
            words.append(metric.text(limit) if name in plain else metric.named(limit))
    return listing(words)


def _against(summary: Summary, best: Row, rival: Rival) -> str:
    """A sentence on the price of equal merit, and one on the best merit within the budget."""
    equal = "" if summary.rules.single else _equal(summary, best, rival)
    reaches = ""
    if summary.rules.recommend == "fastest" or summary.rules.single:
        reaches = _reaches(summary, best, rival)
    return " ".join(filter(None, (equal, reaches)))


def _beside(summary: Summary, best: Row, name: str, own: Row) -> str:
    """How the recommended design stands beside the spec's own, in every objective."""
    rules, parts = summary.rules, []
    for objective in dict.fromkeys([summary.price, summary.merit, *summary.results.objectives]):
        metric, (value, other) = rules.metric(objective), (float(row[objective]) for row in (best, own))
        words = relation(value, other)
        parts.append(
            f"{metric.label} {metric.text(value)} to {metric.text(other)}" + (f", {words}" if words else "")
        )
    return f"Beside {name} ({summary.naming.phrase(own)}): {'; '.join(parts)}."


def _equal(summary: Summary, best: Row, rival: Rival) -> str:
    rules, naming = summary.rules, summary.naming
    price, merit = rules.metric(summary.price), rules.metric(summary.merit)
    good = (rules.alike if rules.by_limits else merit.not_worse(rules.goal(summary.merit))) + _exact(summary)
    other = rival.equal
    if other is None:
        return f"This space has no {naming.kind(rival.value)} {good}."
    figures = ", ".join(
        rules.metric(name).text(other[name])
        for name in dict.fromkeys([summary.price, summary.merit, *rules.standard(best)])
    )
    cheapest = price.cheapest(naming.kind(rival.value), rules.goal(summary.price))
    named = f"the {cheapest} {good} ({naming.phrase(other)}; {figures})"
    words = relation(float(best[summary.price]), float(other[summary.price]))
    if summary.tied(other, summary.price):
        return (
            f"The model does not tell it apart from {named}: it has {words} {price.label}, and the "
            f"model's error is {percent(summary.results.uncertainty(summary.price))} in the median."
        )
    if not words:
        return f"It has {price.named(best[summary.price])}; compare {named}."
    if words == "the same":
        return f"It has the same {price.label} as {named}."
    if words.endswith(" as much"):
        return f"It has {words.removesuffix(' as much')} the {price.label} of {named}."
    return f"It has {words} {price.label} than {named}."


def _reaches(summary: Summary, best: Row, rival: Rival) -> str:
    """What the best of another kind reaches within the budget, if there is one."""
    rules, kind = summary.rules, summary.naming.kind(rival.value)
    exact = f" that is{_exact(summary).removeprefix(' and')}" if rules.errors else ""
    within = " within the budget" if summary.results.budget else ""
    if rival.within is None:
        lacks = "stays within the budget" if within else "is in this space"
        return f"No {kind}{exact} {lacks}."
    merit = rules.metric(summary.merit)
    value = float(rival.within[summary.merit])
    words = relation(value, float(best[summary.merit]))
    if summary.tied(rival.within, summary.merit):
        words = "not told apart by the model"
    subject = f"The {merit.best_of(kind, rules.goal(summary.merit))}{exact}{within}"
    design = f" ({summary.naming.phrase(rival.within)})" if rules.single else ""
    figure = f"reaches {merit.text(value)}" if merit.words == FAST else f"has {merit.named(value)}"
    return f"{subject}{design} {figure}" + (f", {words}." if words else ".")


def _exact(summary: Summary) -> str:
    return " and at least as exact" if summary.rules.errors else ""


def _reason(summary: Summary, best: Row, value: Any, other: Row) -> str:
    priced = summary.results.priced
    figure: dict[str, str] = {part: priced.part(part) for part in DESIGN_PARTS}
    change = {part: float(best[name]) - float(other[name]) for part, name in figure.items()}
    small = 0.01 * float(other[priced.key])
    gains = sorted((p for p in DESIGN_PARTS if change[p] < -small), key=lambda p: change[p])
    costs = sorted((p for p in DESIGN_PARTS if change[p] > small), key=lambda p: -change[p])

    def changes(parts: Sequence[str]) -> str:
        return listing(
            [f"{p} ({other[figure[p]]:,.0f} → {best[figure[p]]:,.0f} {priced.unit})" for p in parts]
        )

    merit = summary.rules.metric(summary.merit)
    level = "at this rate" if merit.words == FAST else f"at this {merit.label}"
    if summary.rules.by_limits:
        level = summary.rules.alike
    text = f"Against the {summary.naming.kind(value)} {level} "
    if not gains and not costs:
        return f"{text}no part differs by more than 1 % of the {priced.label}."
    text += f"it saves on {changes(gains)}" if gains else "it saves on no part"
    text += f" and pays for it in {changes(costs)}." if costs else "."
    if has_groups(best["architecture"]) and gains and other["group_size"] < best["group_size"]:
        text += (
            f" A fetch brings the sum of {best['group_size']} products that the table has made once for all "
            f"{best['columns']} columns, so a column adds {counted(best['tables'], 'value')} for "
            f"{best['tile_length']:.0f} products, where the {summary.naming.kind(value)} "
            f"adds {other['tables']} for {other['tile_length']:.0f}."
        )
    return text
