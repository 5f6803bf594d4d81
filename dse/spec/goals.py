"""What a spec wants of designs: limits of objectives, and the rule by which one within them is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dse.spec.axes import SpecError
from generator.errors import instead

Recommend = Literal["cheapest", "fastest", "knee"]

BOUND = {"min": "max", "max": "min"}
"""Which bound an objective has that is to be as small, or as large, as can be."""


def listed(names: Any) -> Any:
    """What a spec writes as a name, or as a list of names, as a list."""
    return [names] if isinstance(names, str) else names


def with_expressions(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A spec's ``values`` with figures ``derived`` for objectives that are expressions.

    ``edp = { min = "dram_uj_per_token * token_latency_us" }`` is a derived figure and its goal. Raises
    ``SpecError`` that begins with ``where`` for one that is neither a goal nor such a table.
    """
    goals, derived = values.get("objectives"), values.get("derived", {})
    if not isinstance(goals, Mapping) or not isinstance(derived, Mapping):
        return dict(values)
    plain, figures = dict(goals), dict(derived)
    for name, goal in goals.items():
        if not isinstance(goal, Mapping):
            continue
        if len(goal) != 1 or not set(goal) <= set(BOUND):
            raise SpecError(
                f"{where}: objectives.{name} = {dict(goal)!r}: 'min', 'max' or {{ min = expression }} is "
                "expected"
            )
        if name in derived:
            raise SpecError(f"{where}: objectives.{name} and derived.{name}: one expression is expected")
        ((plain[name], figures[name]),) = goal.items()
    return {**values, "objectives": plain, **({"derived": figures} if figures else {})}


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
