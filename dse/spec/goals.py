"""What a spec wants of designs: limits of objectives, and the rule by which one within them is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dse.spec.axes import SpecError
from generator.errors import instead

Recommend = Literal["cheapest", "fastest", "knee"]

BOUND = {"min": "max", "max": "min"}
"""Which bound an objective has that is to be as small, or as large, as can be."""


def with_limits(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A spec's ``values`` with its ``limits`` as ``budget`` and ``recommend``.

    A limit is a number, or says which it is, ``{ max = 300 }``: of a minimised objective the most, of a
    maximised one the least. Raises ``SpecError`` that begins with ``where`` for one that its objective has
    not.
    """
    merged = {key: value for key, value in values.items() if key != "limits"}
    limits, goals = values.get("limits", {}), values.get("objectives", {})
    if not limits:
        return merged
    for key, expected in (("limits", limits), ("objectives", goals), ("budget", values.get("budget", {}))):
        if not isinstance(expected, Mapping):
            raise SpecError(f"{where}: {key} = {expected!r}: a table is expected")
    budget = dict(values.get("budget", {}))
    for name, limit in limits.items():
        if name == "recommend":
            if "recommend" in values:
                raise SpecError(f"{where}: recommend and limits.recommend: one of the two is expected")
            merged["recommend"] = limit
            continue
        if name in budget:
            raise SpecError(f"{where}: budget.{name} and limits.{name}: one of the two is expected")
        if name not in goals:
            raise SpecError(
                f"{where}: limits.{name} has to be an objective: {instead(name, goals)}; any other figure is "
                "limited by constraints"
            )
        budget[name] = _bound(f"{where}: limits.{name}", limit, BOUND.get(str(goals[name]), "max"))
    return {**merged, "budget": budget}


def _bound(where: str, limit: Any, bound: str) -> Any:
    if not isinstance(limit, Mapping):
        return limit
    if set(limit) != {bound}:
        raise SpecError(f"{where} = {dict(limit)!r}: {{ {bound} = … }} is expected, as its objective says")
    return limit[bound]
