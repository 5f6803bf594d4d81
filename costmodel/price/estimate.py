"""The cost of a core from its plan: of one, with a breakdown, or of a whole batch by table look-up.

In a batch each price is computed once for every combination of the keys that it depends on, and gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from costmodel.price.accuracy import arithmetic_error, rms_error
from costmodel.price.area import AREA_TERMS, PARTS
from costmodel.price.components import Bill
from costmodel.price.representative import default_of, plan_to_price
from costmodel.price.sharing import unit_plan
from costmodel.price.technology import Technology
from costmodel.price.throughput import KEY_WIDTH_KEYS, LATENCY, STAGES
from costmodel.price.timing import DELAY_TERMS, driven
from costmodel.speeds import SPEEDS, Speed
from generator.config import CoreConfig, PipelineConfig
from generator.errors import ConfigError
from generator.plan import CorePlan, plan_for

BATCH_KEYS = (
    *(name for name in CoreConfig.model_fields if name != "pipeline"),
    *(f"pipeline.{name}" for name in PipelineConfig.model_fields),
)
"""Keys that ``estimate_batch`` takes as columns."""

Codes = NDArray[np.int32]

_LARGEST_TABLE = 1 << 22
"""Combinations looked up directly; where there could be more, those that occur are numbered first."""

NUMBERS_OR_NONE = ("outputs", "aligned_bits")
"""Keys of which 0 means none."""


@dataclass(frozen=True)
class Estimate:
    """What a core costs and does: ``breakdown`` sums to ``area_um2``, the longest stage is ``delay_ps``.

    Errors are RMS, relative to the results, for sums of ``max_reduction`` normally distributed activations;
    ``arithmetic_error`` is the core's part, ``rms_error`` includes the rounding of activations to the format.
    """

    area_um2: float
    breakdown: dict[str, float]
    delay_ps: float
    stages_ps: dict[str, float]
    macs_per_cycle: int
    latency_cycles: int
    bits_per_weight: float
    rms_error: float
    arithmetic_error: float


def estimate(config: CoreConfig, technology: Technology) -> Estimate:
    """Area (µm²), delay (ps), throughput of ``config`` in ``technology``."""
    plan, priced = plan_for(config), plan_to_price(config)
    breakdown = _breakdown(_units(priced), technology.area_um2)
    stages = {term.stage: term.delay(priced, technology) for term in DELAY_TERMS}
    return Estimate(
        area_um2=sum(breakdown.values()),
        breakdown=breakdown,
        delay_ps=max(stages.values()),
        stages_ps={stage: delay for stage, delay in stages.items() if delay > 0},
        macs_per_cycle=plan.config.macs_per_cycle,
        latency_cycles=plan.latency_cycles,
        bits_per_weight=plan.bits_per_weight,
        rms_error=rms_error(plan, config.max_reduction),
        arithmetic_error=arithmetic_error(plan, config.max_reduction),
    )


def sized_areas(config: CoreConfig, technology: Technology) -> dict[Speed, float]:
    """Area (µm²) of ``config`` in ``technology``, sized for each speed."""
    units = _units(plan_to_price(config))
    return {speed: sum(_breakdown(units, technology.sized(speed).area_um2).values()) for speed in SPEEDS}


def _units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each kind of units: their part, how many a core has, and what one is made of."""
    return [(term.part, term.units(plan), term.bill(plan)) for term in AREA_TERMS]


def _breakdown(units: Iterable[tuple[str, int, Bill]], prices: Mapping[str, float]) -> dict[str, float]:
    """µm² of each part."""
    breakdown = dict.fromkeys(PARTS, 0.0)
    for part, count, bill in units:
        breakdown[part] += count * bill.price(prices)
    return breakdown


def estimate_batch(columns: Mapping[str, ArrayLike], technology: Technology) -> dict[str, NDArray[Any]]:
    """``estimate`` of many cores at once.

    ``columns`` maps keys of a core (``BATCH_KEYS``) to one-dimensional arrays of one length, or to a single
    value for all cores; what is left out has the key's default. None and NaN mean none; in ``outputs`` and
    ``aligned_bits`` 0 does, too.

    Returns arrays ``area_um2``, ``area_<part>`` (µm²), ``delay_ps``, ``macs_per_cycle``, ``latency_cycles``
    and ``bits_per_weight``. Raises ``ConfigError`` for an unknown key or a core that is not allowed, as far
    as a unit shows it: combinations that only a whole core forbids are the caller's to leave out.
    """
    batch = _Batch(columns)
    areas = {part: np.zeros(batch.length) for part in PARTS}
    for term in AREA_TERMS:
        price = batch.gather(term.keys, term.bill, partial(_priced, technology.area_um2))
        areas[term.part] += price * batch.product(term.count)
    delay = np.zeros(batch.length)
    for stage in DELAY_TERMS:
        path = batch.gather(stage.keys, stage.path, partial(_priced, technology.delay_ps))
        if stage.broadcast:
            path = driven(path, technology.delay_ps["load"], batch.product(("rows", "columns")))
        np.maximum(delay, path, out=delay)
    return {
        "area_um2": np.sum([areas[part] for part in PARTS], axis=0),
        **{f"area_{part}": area for part, area in areas.items()},
        "delay_ps": delay,
        "macs_per_cycle": batch.product(("rows", "columns", "tables", "group_size")),
        "latency_cycles": np.sum([batch.stages(name) for name in LATENCY], axis=0),
        "bits_per_weight": batch.gather(KEY_WIDTH_KEYS, _bits_per_weight),
    }


class _Batch:
    """Columns as codes into their distinct values."""

    def __init__(self, columns: Mapping[str, ArrayLike]) -> None:
        for key in columns:
            if key not in BATCH_KEYS:
                raise ConfigError(f"unknown key {key!r}: {', '.join(BATCH_KEYS)} are known")
        arrays = {key: np.asarray(values) for key, values in columns.items()}
        lengths = {array.shape[0] for array in arrays.values() if array.ndim}
        if len(lengths) > 1 or any(array.ndim > 1 for array in arrays.values()):
            raise ConfigError(f"columns of lengths {sorted(lengths)}: one length is expected")
        self.length = lengths.pop() if lengths else 1
        self._values = {key: [_default(key)] for key in BATCH_KEYS if key not in arrays}
        self._codes: dict[str, Codes] = {}
        self._joined: dict[tuple[str, ...], _Combinations] = {}
        self._products: dict[tuple[str, ...], NDArray[np.int64]] = {}
        for key, array in arrays.items():
            codes, distinct = _factorize(array if array.ndim else array.reshape(1))
            self._values[key] = [_plain(key, value) for value in distinct]
            if len(distinct) > 1:
                self._codes[key] = codes

    def product(self, keys: tuple[str, ...]) -> NDArray[np.int64]:
        """The product of integer columns and stages; kept, because many terms count the same."""
        if keys in self._products:
            return self._products[keys]
        result = np.ones(self.length, dtype=np.int64)
        for key in keys:
            if key in STAGES:
                result *= self.stages(key)
            elif key in self._codes:
                result *= np.array(self._values[key], dtype=np.int64)[self._codes[key]]
            else:
                result *= int(self._values[key][0])
        self._products[keys] = result
        return result

    def stages(self, name: str) -> NDArray[np.int64]:
        """How many cycles of ``STAGES`` a core takes."""
        return self.gather(STAGES[name], attrgetter(name)).astype(np.int64)

    def gather(
        self,
        keys: Sequence[str],
        figure: Callable[[CorePlan], Any],
        value: Callable[[Any], float] = float,
    ) -> NDArray[np.float64]:
        """The ``value`` of a ``figure`` of every core, where it depends on ``keys`` alone."""
        fixed = tuple((key, self._values[key][0]) for key in keys if key not in self._codes)
        varying = tuple(key for key in keys if key in self._codes)
        if not varying:
            return np.full(self.length, value(_figure(figure, fixed)))
        joined = self._join(varying)
        values = np.full(joined.bound, np.nan)
        chosen = zip(*self._chosen(varying, joined.occurring), strict=True)
        values[joined.occurring] = [
            value(_figure(figure, (*fixed, *zip(varying, combination, strict=True))))
            for combination in chosen
        ]
        return values[joined.codes]

    def _join(self, keys: tuple[str, ...]) -> _Combinations:
        """One code for each combination of values of ``keys``; kept, because lists of keys begin alike."""
        if keys not in self._joined:
            last, radix = self._codes[keys[-1]], len(self._values[keys[-1]])
            if len(keys) == 1:
                self._joined[keys] = _Combinations(last, radix)
            else:
                before = self._join(keys[:-1])
                if before.bound * radix > _LARGEST_TABLE:
                    before = before.dense
                codes = before.codes * np.int32(radix)
                codes += last
                self._joined[keys] = _Combinations(codes, before.bound * radix)
        return self._joined[keys]

    def _chosen(self, keys: tuple[str, ...], codes: NDArray[np.intp]) -> list[list[Any]]:
        """Of each of ``keys`` the values that the codes of combinations stand for."""
        *first, last = keys
        before, digits = np.divmod(codes, len(self._values[last]))
        own = [self._values[last][digit] for digit in digits.tolist()]
        if not first:
            return [own]
        prefix = self._join(tuple(first))
        if prefix.bound * len(self._values[last]) > _LARGEST_TABLE:
            before = prefix.occurring[before]
        return [*self._chosen(tuple(first), before), own]


@dataclass(frozen=True)
class _Combinations:
    """Codes 0 … ``bound`` - 1, one a core."""

    codes: Codes
    bound: int

    @cached_property
    def occurring(self) -> NDArray[np.intp]:
        """The codes that there are, ascending."""
        present = np.zeros(self.bound, dtype=bool)
        present[self.codes] = True
        return np.flatnonzero(present)

    @cached_property
    def dense(self) -> _Combinations:
        """The codes numbered as they occur."""
        rank = np.zeros(self.bound, dtype=np.int32)
        rank[self.occurring] = np.arange(len(self.occurring), dtype=np.int32)
        return _Combinations(rank[self.codes], len(self.occurring))


def _factorize(array: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """Codes and distinct values of a column."""
    if array.dtype.kind in "iub" and array.size and array.min() >= 0 and array.max() < _LARGEST_TABLE:
        found = _Combinations(array.astype(np.int32), int(array.max()) + 1)
        return found.dense.codes, found.occurring.astype(array.dtype)
    # Batches alone need pandas, which is slow to import.
    import pandas as pd

    codes, uniques = pd.factorize(array, use_na_sentinel=False)
    return codes.astype(np.int32), np.asarray(uniques, dtype=object)


def _plain(key: str, value: Any) -> Any:
    """A column's value as the configuration takes it."""
    if isinstance(value, np.generic):
        value = value.item()
    if key in NUMBERS_OR_NONE:
        return None if value is None or value != value or value == 0 else int(value)
    return None if value is None or value != value else value


def _default(key: str) -> Any:
    if key in ("tables", "columns"):
        raise ConfigError(f"{key} is missing")
    return default_of(key)


@lru_cache(maxsize=1 << 18)
def _figure(figure: Callable[[CorePlan], Any], values: tuple[tuple[str, Any], ...]) -> Any:
    """A figure of the cores with ``values``, which no technology changes: made once."""
    return figure(unit_plan({key: value for key, value in values if value is not None}))


def _priced(coefficients: Mapping[str, float], bill: Bill) -> float:
    return bill.price(coefficients)


def _bits_per_weight(plan: CorePlan) -> float:
    return plan.bits_per_weight
