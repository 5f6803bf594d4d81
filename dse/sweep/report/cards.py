"""The figures at the top of the page: what is recommended, and what it saves."""

from __future__ import annotations

from dse.presentation.phrases import relation
from dse.pricing.metric import percent
from dse.sweep.results.designs import Row
from dse.sweep.summary.findings import Summary

Card = dict[str, str]
"""``label``, ``value`` and ``note``."""


def cards(summary: Summary) -> list[Card]:
    """The recommended design, its objectives, and a card for each kind that it is held against."""
    best = summary.best
    if best is None:
        return []
    value = summary.naming.group(summary.results.kind_of(best))
    return [
        {"label": "recommended", "value": value, "note": summary.naming.details(best)},
        *(
            _figure(summary, best, name)
            for name in dict.fromkeys([summary.merit, *summary.results.objectives])
        ),
        *(_against(summary, best, name, row) for name, row in summary.compared[1:]),
    ]


def _figure(summary: Summary, best: Row, name: str) -> Card:
    metric, budget = summary.rules.metric(name), summary.results.budget
    note = f"at {best['clock_mhz']:,.0f} MHz" if name == summary.merit else ""
    if name in budget:
        least = summary.rules.goal(name) == "max"
        note = f"{'at least' if least else 'budget'} {metric.text(budget[name])}"
    elif name == "weight_gb_per_s":
        note = f"{best['bits_per_weight']:.3g} bits a weight"
    return {"label": metric.label, "value": metric.text(best[name]), "note": note}


def _against(summary: Summary, best: Row, name: str, other: Row) -> Card:
    """How the recommended design differs in price from one that is as good, or in the only objective."""
    price = summary.rules.metric(summary.price)
    alike = "" if summary.rules.single else f", {summary.rules.alike}"
    note = f"{price.text(other[summary.price])} {name}{alike}"
    words = relation(float(best[summary.price]), float(other[summary.price]))
    if summary.tied(other, summary.price):
        error = percent(summary.results.uncertainty(summary.price))
        note = f"{words}; the model's error is {error}. {note}"
        words = "not told apart by the model"
    return {"label": f"{price.label} against {name}", "value": words or "–", "note": note}
