"""Plans for pricing many cores: what equal plans have in common is made once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

from costmodel.price.representative import representative, without_columns
from generator.plan import CompressorPlan, CorePlan, Range, ReductionPlan, TablePlan

Part = TypeVar("Part")


def unit_plan(values: Mapping[str, Any]) -> CorePlan:
    """The plan of a core with ``values`` (dotted keys) that stands for all whose units cost the same.

    Raises ``ConfigError`` where there is no such core.
    """
    return SharingPlan(representative(without_columns(values)))


class SharingPlan(CorePlan):
    """A plan that shares its costly parts with the plans that have the same."""

    @cached_property
    def table(self) -> TablePlan:
        return _first_equal(super().table)

    @cached_property
    def fetched(self) -> tuple[Range, Range]:
        key = (self.config.architecture, self.config.datapath, self.activation_range, self.table)
        if key not in _FETCHED:
            _FETCHED[key] = super().fetched
        return _FETCHED[key]

    @cached_property
    def reduction(self) -> ReductionPlan | CompressorPlan:
        return _first_equal(super().reduction)


_FETCHED: dict[tuple[str, str | None, Range, TablePlan], tuple[Range, Range]] = {}
_SHARED: dict[Any, Any] = {}


def _first_equal(part: Part) -> Part:
    shared: Part = _SHARED.setdefault(part, part)
    return shared
