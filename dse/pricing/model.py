"""A space made ready to be judged: its axes in the order they are walked, its tables, its tests and costs.

Designs are looked at through views, of a block (slices of the axes) or of picked positions; both answer a
figure, or the name of a key or metric, with an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from costmodel.price.sram import sram_of
from costmodel.price.technology import Technology
from dse.pricing.bandwidths import other_bandwidths
from dse.pricing.figure import Column, Step
from dse.pricing.filling import Table
from dse.pricing.kinds import Kind, Kinds
from dse.pricing.metric import Metric
from dse.pricing.metrics import Priced, metrics_of
from dse.pricing.roles import Roles
from dse.pricing.scenario_tables import (
    check_energies,
    check_memories,
    check_metrics,
    gathered,
    largest_workload,
    priced_of,
    side_by_side,
    technologies_of,
)
from dse.pricing.table_view import BANDWIDTH, TableView
from dse.pricing.tables import axis_values, cost_tables, fit_tables, rule_tables
from dse.pricing.view import WirePrices
from dse.spec.axes import SpecError
from dse.spec.device import check_device
from dse.spec.expressions import Expression, ExpressionError
from dse.spec.scenarios import TECHNOLOGY
from dse.spec.space import DESIGN_KEYS, Space, check_name
from dse.spec.sweep_spec import FigureWords, SweepSpec
from dse.spec.workload import Workload


@dataclass(frozen=True)
class Model:
    """Everything a sweep knows about its space. Picklable, so that processes need nothing else.

    ``reducible`` are the axes along which at most the objective ``reduced`` changes: of designs that differ
    in these alone only the best in that objective can be on a front.
    """

    spec: SweepSpec
    technology: Technology
    space: Space
    tables: dict[Column, Table]
    rules: tuple[Table, ...]
    fits: tuple[Table, ...]
    figures: dict[str, Expression]
    constraints: tuple[Expression, ...]
    reduced: int
    reducible: tuple[int, ...]
    others: tuple[Technology, ...] = ()
    bandwidths: tuple[float, ...] = ()

    @classmethod
    def build(
        cls,
        spec: SweepSpec,
        technology: Technology,
        where: str = "spec",
        progress: Callable[[float], None] = lambda share: None,
    ) -> Model:
        """The model of ``spec``'s space. Raises ``SpecError`` for what the spec names and nothing knows."""
        space = Space.of(spec, where)
        technology, *others = technologies_of(space, technology, where)
        check_device(where, spec.device, [technology, *others])
        built_in = metrics_of(priced_of(technology), spec.workload)
        known = dict.fromkeys([*(axis.key for axis in space.axes), *DESIGN_KEYS, *built_in])
        figures: dict[str, Expression] = {}
        section = "derived"
        try:
            for name, text in spec.derived.items():
                if name not in DESIGN_KEYS:
                    check_name(f"{where}: derived.{name}", name, built_in)
                    if space.axis(name) is not None:
                        raise SpecError(f"{where}: {name} is an axis and derived, one of the two is expected")
                    figures[name] = Expression(text, known)
                    known[name] = None
            section = "constraints"
            constraints = tuple(Expression(text, known) for text in spec.constraints)
        except ExpressionError as error:
            raise SpecError(f"{where}: {section}: {error}") from None
        asked = [name for each in (*figures.values(), *constraints) for name in each.names]
        check_energies(space, (*spec.objectives, *spec.budget, *asked), where)
        check_metrics(spec, technology, [*built_in, *figures], where)
        for name in spec.budget:
            if name not in spec.objectives:
                raise SpecError(f"{where}: budget.{name} has to be an objective")
        for name in space.variables:
            check_name(f"{where}: axes.{name}", name, built_in)
        for each in (technology, *others):
            check_memories(space, each, where)
        rules, fits = (
            tuple(rule_tables(space)),
            tuple(fit_tables(space, largest_workload(space, spec.workload))),
        )
        priced = [
            cost_tables(space, each, rules, progress, spec.statistics) for each in (technology, *others)
        ]
        costs = side_by_side(space, priced)
        keys = axis_values(space)
        # The clock that is asked for is the key, the one that a design runs at the metric of its name.
        target_clock = keys.pop("clock_mhz", np.zeros(()))
        tables = {**keys, **costs, Step.TARGET_CLOCK: target_clock}
        model = cls(
            spec, technology, space, tables, rules, fits, figures, constraints, 0, (), tuple(others),
        )  # fmt: skip
        others_behind = other_bandwidths(space, spec.bandwidths_gb_per_s, where, model.roles.recommend)
        return replace(model, bandwidths=others_behind)._arranged(where)

    @cached_property
    def priced(self) -> Priced:
        """What the technology prices."""
        return priced_of(self.technology)

    @property
    def technologies(self) -> tuple[Technology, ...]:
        """All that designs are made in, in the order of their axis."""
        return (self.technology, *self.others)

    def technology_at(self, digits: Sequence[int]) -> Technology:
        """That at ``digits``, one for each axis."""
        axis = self.space.axis(TECHNOLOGY)
        return self.technology if axis is None or not digits else self.technologies[digits[axis]]

    @property
    def built_in(self) -> Mapping[str, Metric]:
        """The figures that every spec may name."""
        return metrics_of(self.priced, self.spec.workload)

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every figure of a design: the built-in ones, and those that the spec derives."""
        return dict(self.built_in) | {name: self._derived_metric(name) for name in self.figures}

    def _derived_metric(self, name: str) -> Metric:
        """A figure of the spec's own, with the label and unit that the spec states, else by its name."""
        expression, words = self.figures[name], self.spec.figures.get(name, FigureWords())
        percent = words.unit == "%"
        return Metric(
            name,
            words.label or name,
            words.unit,
            expression.text,
            expression,
            better=self.spec.objectives.get(name, "min"),
            form="percent" if percent else "number",
            rests_on=self._estimates_in(expression),
        )

    def _estimates_in(self, expression: Expression) -> frozenset[str]:
        """The estimates that an expression is computed from."""
        estimates: frozenset[str] = frozenset()
        for name in expression.names:
            if name in self.built_in:
                estimates |= self.built_in[name].rests_on
            elif name in self.figures:
                estimates |= self._estimates_in(self.figures[name])
        return estimates

    @property
    def tests(self) -> tuple[str, ...]:
        """What ``judge`` asks, in order."""
        clock = (f"meet their target clock ({_clocks(self.space)})",) if self.space.has("clock_mhz") else ()
        return (
            "are cores",
            "fit the workload",
            *clock,
            *(f"have a finite {name}" for name in self.figures),
            *(f"satisfy {text}" for text in self.spec.constraints),
        )

    def workload_at(self, digits: Sequence[int]) -> Workload:
        """The workload at ``digits``, one for each axis; the spec's own where no axis changes it."""
        return self.space.workload_at(self.spec.workload, digits) if digits else self.spec.workload

    def block(self, slices: Sequence[slice]) -> TableView:
        """The designs in a slice of each axis; arrays have a dimension an axis, 1 long where all agree.

        Of axes that change the workload a slice is one value.
        """
        whole = slice(None)

        def take(table: Table) -> Table:
            if table.ndim == 0:
                return table
            return table[tuple(s if n > 1 else whole for s, n in zip(slices, table.shape, strict=True))]

        return self._view(take, [part.start for part in slices])

    def _view(self, take: Callable[[Table], Table], scenario: Sequence[int]) -> TableView:
        """The designs that ``take`` chooses, which all have the workload and technology at ``scenario``."""
        technology = self.technology_at(scenario)
        return TableView(
            take,
            self.workload_at(scenario),
            sram_of(technology),
            WirePrices.of(technology, self.spec.wires),
            technology.energy,
            self.tables,
            self.figures,
            self.built_in,
        )

    def picks(self, ids: ArrayLike) -> Callable[[Column], Table]:
        """Columns of the designs at ``ids``, one-dimensional, by name."""
        views = [(chosen, self._picked(digits)) for chosen, digits in self._by_scenario(ids)]
        return lambda name: gathered([(chosen, view(name)) for chosen, view in views])

    def judge_picks(self, ids: ArrayLike) -> Iterator[Table]:
        """For each of ``tests``, which of the designs at ``ids`` pass it."""
        groups = self._by_scenario(ids)
        with np.errstate(all="ignore"):
            judged = [self.judge(self._picked(digits)) for _, digits in groups]
            for tests in zip(*judged, strict=True):
                yield gathered([(chosen, test) for (chosen, _), test in zip(groups, tests, strict=True)])

    def _by_scenario(self, ids: ArrayLike) -> list[tuple[Table, tuple[Table, ...]]]:
        """Of each workload, where its designs stand among ``ids``, and their digits."""
        digits, axes = self.space.digits(ids), self.space.scenarios
        everywhere = np.arange(len(digits[0]) if digits else 1)
        if not axes or not len(everywhere):
            return [(everywhere, digits)]
        code = np.ravel_multi_index([digits[i] for i in axes], [self.space.shape[i] for i in axes])
        groups = [np.flatnonzero(code == value) for value in np.unique(code)]
        return [(chosen, tuple(digit[chosen] for digit in digits)) for chosen in groups]

    def _picked(self, digits: tuple[Table, ...]) -> TableView:

        def take(table: Table) -> Table:
            if table.ndim == 0:
                return table
            picked: Table = table[tuple(d if n > 1 else 0 for d, n in zip(digits, table.shape, strict=True))]
            return picked

        return self._view(take, [int(digit[0]) if len(digit) else 0 for digit in digits])

    def judge(self, view: TableView) -> Iterator[Table]:
        """For each of ``tests``, which designs pass it."""
        yield from self.judge_cores(view)
        yield from self.judge_figures(view)

    def judge_cores(self, view: TableView) -> Iterator[Table]:
        """The same for the first of ``tests``: cores, whatever memory they are behind."""
        yield _all(view.take(rule) for rule in self.rules)
        yield _all(view.take(fit) for fit in self.fits)

    def judge_figures(self, view: TableView) -> Iterator[Table]:
        """The same for the others of ``tests``."""
        if self.space.has("clock_mhz"):
            yield np.asarray(view("delay_ps") * view(Step.TARGET_CLOCK) <= 1e6)
        for name in self.figures:
            yield np.isfinite(view(name))
        for constraint in self.constraints:
            yield np.asarray(constraint(view), dtype=np.bool_)

    def costs(self, view: TableView, names: Sequence[str] = ()) -> list[Table]:
        """The objectives, or those of ``names``, all to be minimised."""
        goals = self.spec.objectives
        return [view(name) if goals[name] == "min" else np.negative(view(name)) for name in names or goals]

    @cached_property
    def roles(self) -> Roles:
        """What the objectives are to the answer."""
        spec, metrics = self.spec, self.metrics
        return Roles.of(spec.objectives, spec.budget, spec.recommend, lambda name: metrics[name].words)

    @cached_property
    def aim(self) -> tuple[str, int]:
        """The figure that the answer is best in, and the sign with which it is to be minimised.

        Of the knee, which is best in none, what each token a second costs.
        """
        if self.roles.recommend == "knee" and len(self.spec.objectives) > 1:
            return self.priced.for_rate, 1
        name = self.roles.price if self.roles.recommend == "cheapest" else self.roles.merit
        return name, 1 if self.spec.objectives[name] == "min" else -1

    def within(self, view: TableView, mask: Table) -> Table:
        """Which of the designs that ``mask`` leaves keep the limits of all objectives."""
        for name, limit in self.spec.budget.items():
            if not mask.any():
                break
            mask = mask & (
                view(name) <= limit if self.spec.objectives[name] == "min" else view(name) >= limit
            )
        return mask

    def behind(self, gigabytes: float) -> Model:
        """The same designs behind a memory of another bandwidth."""
        return replace(self, tables=self.tables | {BANDWIDTH: np.asarray(gigabytes)})

    def group(self, slices: Sequence[slice]) -> int:
        """Of which kind the designs of a block are, as a place among ``groups``."""
        return self.kinds.at([part.start for part in slices])

    @cached_property
    def kinds(self) -> Kinds:
        """What is held against each other."""
        return Kinds.of(self.space, self.spec.compare)

    @property
    def groups(self) -> tuple[Kind, ...]:
        """The kinds of designs that are held against each other."""
        return self.kinds.values

    def _arranged(self, where: str) -> Model:
        """The same model with its axes in the order that suits the walk.

        The compared keys come first, then those of the workload, so that a block has one value of each; the
        reducible axes come late, so that a block holds all of them; the longest axis comes last: numpy's
        inner loop runs over it.
        """
        varying = self._varying(where)
        lengths = self.space.shape
        best: tuple[int, ...] = ()
        reduced = 0
        for objective in range(len(self.spec.objectives)):
            axes = tuple(i for i, which in enumerate(varying) if which <= {objective})
            if prod(lengths[i] for i in axes) > prod(lengths[i] for i in best):
                best, reduced = axes, objective
        apart = list(dict.fromkeys((*self.kinds.axes, *self.space.scenarios)))
        longest = max(range(len(lengths)), key=lambda i: (i not in apart, lengths[i], -i))
        ends = {*apart, longest}
        by_length = sorted(range(len(lengths)), key=lambda i: lengths[i])
        order = [
            *apart,
            *(i for i in by_length if i not in ends and i not in best),
            *(i for i in by_length if i not in ends and i in best),
            *([longest] if longest not in apart else []),
        ]

        def moved(table: Table) -> Table:
            return table if table.ndim == 0 else np.ascontiguousarray(table.transpose(order))

        return Model(
            self.spec,
            self.technology,
            self.space.reordered(order),
            {name: moved(table) for name, table in self.tables.items()},
            tuple(moved(table) for table in self.rules),
            tuple(moved(table) for table in self.fits),
            self.figures,
            self.constraints,
            reduced,
            tuple(order.index(i) for i in best if i not in apart),
            self.others,
            self.bandwidths,
        )

    def _varying(self, where: str) -> list[set[int]]:
        """For each axis the objectives that change along it, seen on a corner of the space."""
        scenarios = self.space.scenarios
        view = self.block([slice(0, 1 if i in scenarios else 2) for i in range(len(self.space.axes))])
        try:
            shapes = [np.shape(cost) for cost in self.costs(view)]
            list(self.judge(view))
        except ExpressionError as error:
            raise SpecError(f"{where}: constraints: {error}") from None
        return [
            {k for k, shape in enumerate(shapes) if i in scenarios or (shape and shape[i] > 1)}
            for i in range(len(self.space.axes))
        ]


def _clocks(space: Space) -> str:
    """The clocks that are asked for, in words."""
    values = space.values_of("clock_mhz")
    if not values:
        return f"{space.derived['clock_mhz'].text} MHz"
    *others, last = (f"{value:g}" if value else "as fast as can be" for value in values)
    return f"{', '.join(others)} or {last} MHz" if others else f"{last} MHz"


def _all(tables: Iterator[Table]) -> Table:
    passed: Table = np.ones((), dtype=np.bool_)
    for table in tables:
        passed = passed & table
    return passed
