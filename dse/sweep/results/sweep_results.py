"""What a finished sweep left in its directory, read again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dse.presentation.naming import Naming
from dse.pricing.kinds import Kind
from dse.pricing.metric import CLOCK, COST, DELAY, LEAST_COST, Goal, Metric
from dse.pricing.metrics import Priced, metrics_of
from dse.pricing.table_view import BANDWIDTH
from dse.spec.scenarios import SCENARIO_KEYS, varied
from dse.spec.space import DESIGN_KEYS, default_value, unstated
from dse.spec.workload import Workload
from dse.sweep.results.designs import Designs, Row
from dse.sweep.results.sweep_record import FILE, SweepRecord
from dse.sweep.results.verified import Verified
from generator.files import OutputError

CLOUD_ROWS = 6_000
"""Designs of ``Results.cloud``, about."""

POINTS, PARETO, VERIFIED, BEHIND = "points.parquet", "pareto.csv", "verified.csv", "behind.parquet"
"""Files of a sweep's directory, beside its record."""

FORMAT_KEYS = ("activation", "datapath", "architecture")
"""Keys by whose values ``Results.formats`` tells designs apart."""


@dataclass(frozen=True)
class Results:
    """A finished sweep as read from its directory.

    ``record``: what was asked, of what, and how it went. ``fronts``: the designs on the front of any kind,
    ``front`` among them those on that of all; each with its id, every key that means something for
    all designs, whether stated or not, and every metric. ``verified``: designs that were synthesized and
    simulated, the best first.
    """

    directory: Path
    record: SweepRecord
    fronts: Designs

    @cached_property
    def priced(self) -> Priced:
        """What the technology prices."""
        technology = self.record.technology
        return Priced.of(technology.cost, technology.quantities, technology.energy is not None)

    @cached_property
    def workload(self) -> Workload | None:
        """What was asked of the designs; None of a sweep before requests were."""
        if "requests" not in self.record.spec.workload:
            return None
        return Workload.model_validate_json(json.dumps(self.record.spec.workload))

    def workload_of(self, row: Row) -> Workload | None:
        """What is asked of the design at ``row``."""
        return (
            varied(self.workload, {key: row[key] for key in self.axes if key in row})
            if self.workload
            else None
        )

    @property
    def for_rate(self) -> Metric:
        """What each token a second costs: what ``best_of`` chooses by."""
        return self.metric(self.priced.for_rate)

    @cached_property
    def points(self) -> pa.Table:
        """All designs that were written: their axes, objectives and whether they are feasible."""
        names = dict.fromkeys([*self.record.axes, *self.objectives, "feasible"])
        return pq.read_table(self.directory / POINTS, columns=list(names))

    @cached_property
    def front(self) -> Designs:
        return self.fronts.where(self.fronts.column("front"))

    @property
    def verified(self) -> Sequence[Verified]:
        return self.record.verified

    @property
    def keys(self) -> list[str]:
        """What the designs are told by: variables, and the keys that the spec states."""
        return self.record.keys

    @property
    def compare(self) -> tuple[str, ...]:
        """The keys whose values are held against each other."""
        return self.record.spec.compare

    @property
    def kinds(self) -> list[Kind]:
        """What is held against each other."""
        return self.record.groups

    def kind_of(self, row: Row) -> Kind:
        """Of which kind the design at ``row`` is."""
        return tuple(row[key] for key in self.compare)

    def of_kind(self, designs: Designs, kind: Kind) -> Designs:
        """Those of ``designs`` that are of a kind."""
        return designs.having(dict(zip(self.compare, kind, strict=True)))

    @property
    def objectives(self) -> dict[str, Goal]:
        return self.record.spec.objectives

    @property
    def budget(self) -> dict[str, float]:
        return self.record.spec.budget

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The axes with more than one value."""
        return {key: values for key, values in self.record.axes.items() if len(values) > 1}

    @cached_property
    def naming(self) -> Naming:
        """How designs of this space are told apart."""
        variables = [key for key in self.axes if key not in (*DESIGN_KEYS, *SCENARIO_KEYS)]
        varied = [key for key in self.keys if key in self.axes or key in self.record.derived]
        return Naming([key for key in varied if key not in variables], not self.clocked, self.compare)

    @property
    def clocked(self) -> bool:
        """Whether every design runs at a clock that was asked for, not at the fastest it reaches."""
        if "clock_mhz" in self.record.derived:
            return True
        return all(self.record.stated("clock_mhz") or [0])

    def metric(self, name: str) -> Metric:
        """The metric ``name``, built in or derived in the spec."""
        built_in = metrics_of(self.priced, self.workload)
        if name in built_in:
            return built_in[name]
        words = self.record.metrics[name]
        return Metric(
            name,
            words.label,
            words.unit,
            words.says,
            lambda view: view(name),
            better=words.better,
            form=words.form,
            rests_on=frozenset(words.rests_on),
        )

    def uncertainty(self, name: str) -> float:
        """The model's stated error in a figure, as a share: designs that are closer are not told apart.

        The median error of the technology's fit in the estimates that the figure rests on, as independent
        ones; 0 of what is counted. A clock that is asked for is no estimate.
        """
        fit, cost = self.record.technology.fit, self.record.technology.cost
        sized = (cost.medium, cost.tight)
        names = {
            COST: sized if set(sized) & set(fit) else (cost.relaxed,),
            LEAST_COST: (cost.relaxed,),
            CLOCK: () if self.clocked else (DELAY,),
        }
        medians = [
            max(
                (fit[entry].median_percent for entry in names.get(estimate, (estimate,)) if entry in fit),
                default=0.0,
            )
            for estimate in self.metric(name).rests_on
        ]
        return math.hypot(*medians) / 100

    @classmethod
    def load(cls, directory: Path) -> Results:
        """The results in ``directory``; ``OutputError`` where there are none."""
        try:
            record = SweepRecord.load(directory)
            fronts = pq.read_table(directory / POINTS, filters=pc.field("group_front"))
            alike = unstated(record.keys)
        except (OSError, ValueError, KeyError, pa.ArrowException):
            raise OutputError(
                f"{directory}: holds no finished sweep, {FILE} and {POINTS} are expected"
            ) from None
        return cls(directory, record, Designs(fronts, alike))

    @cached_property
    def behind(self) -> dict[float, Results]:
        """The same sweep behind memories of other bandwidths, GB/s: fronts of what is within the limits."""
        if not self.record.bandwidths:
            return {}
        file = self.directory / BEHIND
        table = pq.read_table(file) if file.exists() else None
        results = {}
        for gigabytes in self.record.bandwidths:
            there = self.fronts.table.slice(0, 0)
            if table is not None:
                there = table.filter(pc.field(BANDWIDTH) == gigabytes)
            constant = self.fronts.constant | {BANDWIDTH: gigabytes}
            results[gigabytes] = Results(self.directory, self.record, Designs(there, constant))
        return results

    @property
    def complete(self) -> bool:
        """Whether every core was written, not a sample."""
        return bool(self.points.num_rows == self.record.cores)

    def cloud(self, *names: str) -> dict[str, list[Any]]:
        """Columns of some thousand feasible designs, evenly spread over the space."""
        feasible = np.flatnonzero(self.points.column("feasible").to_numpy(zero_copy_only=False))
        chosen = feasible[:: max(1, len(feasible) // CLOUD_ROWS)]
        return {name: self.points.column(name).take(pa.array(chosen)).to_pylist() for name in names}

    @cached_property
    def formats(self) -> list[Row]:
        """Of each format, datapath and architecture the feasible design that costs least for its rate.

        Best first; empty where the space has one format and datapath. Of the designs that were written.
        """
        return self.best_of(FORMAT_KEYS) if {"activation", "datapath"} & set(self.axes) else []

    def best_of(self, keys: Sequence[str]) -> list[Row]:
        """For each combination of values of ``keys`` the feasible design that costs least for its token rate.

        Best first, with every key and what it is chosen by. Of the designs that were written.
        """
        beside = (self.for_rate.name, self.priced.key, "tokens_per_second", "rms_error")
        names = list(dict.fromkeys(["id", *self.keys, *beside]))
        rows = pq.read_table(self.directory / POINTS, columns=names, filters=pc.field("feasible"))
        kind = np.zeros(rows.num_rows, np.int64)
        for key in keys:
            if key in self.keys:
                column = rows.column(key).combine_chunks()
                codes = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
                # Null is a value like others.
                kind = kind * (len(codes.dictionary) + 1) + np.asarray(codes.indices.fill_null(-1)) + 1
        order = np.lexsort((rows.column("id"), rows.column(self.for_rate.name)))
        _, first = np.unique(kind[order], return_index=True)
        defaults = {key: default_value(key) for key in DESIGN_KEYS if key not in self.keys}
        return [defaults | row for row in rows.take(pa.array(order[np.sort(first)])).to_pylist()]

    def choices(
        self, standard: Mapping[str, float], price: str, among: Row
    ) -> dict[str, list[tuple[Any, float]]]:
        """The least ``price`` for each value of each axis, of designs as good as ``standard`` says.

        Only designs of the kind that ``among`` is of count.
        """
        worth = pc.scalar(True)
        for name, value in standard.items():
            worth &= pc.field(name) >= value if self.objectives[name] == "max" else pc.field(name) <= value
        names = [key for key in self.axes if key not in self.compare]
        rows = self.points.filter(pc.field("feasible") & worth)
        for key in self.compare:
            if key in rows.column_names:
                same = pc.field(key).is_null() if among[key] is None else pc.field(key) == among[key]
                rows = rows.filter(same)
        least_prices = {}
        for key in names:
            least = (
                rows.select([key, price])
                .unify_dictionaries()
                .group_by(key)
                .aggregate([(price, "min")])
                .to_pylist()
            )
            by_value = {row[key]: row[f"{price}_min"] for row in least}
            least_prices[key] = [(value, by_value[value]) for value in self.axes[key] if value in by_value]
        return least_prices
