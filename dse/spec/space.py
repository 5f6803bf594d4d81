"""The space of designs that a spec spans.

A space is a product of axes. Nothing of it is ever listed: a point is its position, a number whose digits in
the mixed radix of the axes' lengths choose one value from each.
"""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from costmodel.price.representative import (
    CONFIG_KEYS,
    OPTIONAL_KEYS,
    default_of,
    nested,
    representative,
    without_idle,
)
from costmodel.price.technology import load_technology
from dse.spec.axes import Axis, SpecError, written_values
from dse.spec.expressions import FUNCTIONS, Expression, ExpressionError
from dse.spec.scenarios import SCENARIO_KEYS, TECHNOLOGY, WORKLOAD_KEYS, varied
from dse.spec.sweep_spec import SweepSpec
from dse.spec.system import SYSTEM_KEYS, check_system, system_default
from dse.spec.workload import Workload
from generator.config import DATAFLOWS, CoreConfig, keys_of
from generator.errors import ConfigError, TernlutError, instead
from generator.formats import FLOATS
from generator.rule import holds_tables

DESIGN_KEYS = (*CONFIG_KEYS, *SYSTEM_KEYS)
"""Keys of a design: the core's, and how cores are put to work."""

FROM_WORKLOAD = "workload"
"""A value of ``outputs`` or ``max_reduction`` that stands for what the workload needs."""

OUTPUTS_OF_A_CORE = "ceil(M / max(1, cores * (split == 'outputs')))"
"""What the workload needs of ``outputs`` where several cores may share them."""

MOST_POINTS = 1 << 44
"""Points of a space at most: weeks of judging."""

COLUMNS = ("id", "feasible", "front", "group_front")
"""Columns of ``points.parquet`` beside keys and figures."""

RESERVED = frozenset((*COLUMNS, *FUNCTIONS, "N", "M", "B", "bit_exact"))
"""Names that variables and figures cannot have."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Space:
    """All combinations of ``axes``, other keys ``derived`` from them, ``fixed``, or by default.

    An axis may be a variable, a name that is no key, from which keys are derived; ``constants`` are what
    derivations know besides. A combination of which a key cannot be derived is no core.

    Some keys mean nothing beside others: ``outputs`` with ``output_stationary``, ``datapath`` with integers.
    There they are left out. Combinations that are the same hardware count once; those of variables too, where
    nothing but derived keys looks at them (figures and constraints look at the names ``observed``).
    """

    axes: tuple[Axis, ...]
    fixed: Values
    derived: Mapping[str, Expression] = field(default_factory=dict)
    constants: Values = field(default_factory=dict)
    observed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, spec: SweepSpec, where: str = "spec") -> Space:
        """The space of ``spec``. Raises ``SpecError`` for a key or value that no core can have."""
        keys = {key: text for key, text in spec.derived.items() if key in DESIGN_KEYS}
        variables = [key for key in spec.axes if key not in (*DESIGN_KEYS, *SCENARIO_KEYS) and "." not in key]
        used = {name for text in keys.values() for name in _names(text)}
        axes = [
            _axis(f"{where}: axes.{key}", key, value, spec.workload, key in variables and key in used)
            for key, value in spec.axes.items()
        ]
        fixed = {
            key: _resolve(f"{where}: fixed.{key}", key, value, spec.workload)
            for key, value in spec.fixed.items()
        }
        for key in spec.memory:
            if key in fixed or key in spec.axes:
                raise SpecError(f"{where}: memory.{key} and {key}: one of the two is expected")
        fixed |= {
            key: _resolve(f"{where}: memory.{key}", key, value, spec.workload)
            for key, value in spec.memory.items()
        }
        if spec.clock_mhz is not None:
            for section, values in (("axes", spec.axes), ("fixed", fixed)):
                if "clock_mhz" in values:
                    raise SpecError(f"{where}: clock_mhz and {section}.clock_mhz: one of the two is expected")
            fixed["clock_mhz"] = spec.clock_mhz
        if spec.fixed.get("outputs") == FROM_WORKLOAD and {"cores", "split"} & {*spec.axes, *fixed, *keys}:
            del fixed["outputs"]
            keys["outputs"] = OUTPUTS_OF_A_CORE
        constants = {"N": spec.workload.longest, "M": spec.workload.widest, "B": spec.workload.rated.tokens}
        known = {*spec.axes, *fixed, *keys, *DESIGN_KEYS, *constants}
        try:
            derived = {key: Expression(text, known) for key, text in keys.items()}
        except ExpressionError as error:
            raise SpecError(f"{where}: derived: {error}") from None
        looked_at = [*spec.constraints, *(text for key, text in spec.derived.items() if key not in keys)]
        observed = frozenset(name for text in looked_at for name in _names(text)) | {*SCENARIO_KEYS}
        space = cls(tuple(axes), fixed, derived, constants, observed)
        space._check(spec, where)
        return space

    def _check(self, spec: SweepSpec, where: str) -> None:
        for what, stated in (("fixed", self.fixed), ("derived", self.derived)):
            for key in stated:
                if key in spec.axes:
                    raise SpecError(f"{where}: {key} is an axis and {what}, one of the two is expected")
        for key in self.derived:
            if key in self.fixed:
                raise SpecError(f"{where}: {key} is fixed and derived, one of the two is expected")
            self._dependencies(key, (), where)
        for key in ("tables", "columns"):
            if not self.has(key):
                raise SpecError(f"{where}: {key} is missing: give it as an axis or fixed")
        self._check_what_depends(where)
        self._check_fits(spec.workload, where)
        if self.has("speed") and self.has("clock_mhz"):
            raise SpecError(f"{where}: speed is for designs without clock_mhz, one of the two is expected")
        known = (*DESIGN_KEYS, *(axis.key for axis in self.axes))
        for key in spec.compare:
            if key not in known or key in self.derived:
                raise SpecError(
                    f"{where}: compare = {key!r}: a key that is not derived is expected, "
                    f"{instead(key, known)}"
                )
        if len(set(spec.compare)) < len(spec.compare):
            raise SpecError(f"{where}: compare = {list(spec.compare)}: a key occurs twice")
        if self.size > MOST_POINTS:
            raise SpecError(f"{where}: axes span {self.size:.1e} points, {MOST_POINTS:.1e} is the most")

    def _check_what_depends(self, where: str) -> None:
        """Raises ``SpecError`` where a key is missing that others ask for, or stated that none asks for."""
        holding = next(filter(holds_tables, self.values_of("dataflow")), None)
        if self.has("outputs") and holding is None:
            those = " or ".join(repr(dataflow) for dataflow in DATAFLOWS if holds_tables(dataflow))
            raise SpecError(f"{where}: outputs is for dataflow = {those}, which the space has not")
        if holding is not None and not self.has("outputs"):
            raise SpecError(
                f"{where}: outputs is missing: dataflow = {holding!r} keeps that many partial sums; "
                'outputs = "workload" is what the workload needs'
            )
        floats = FLOATS.keys() & set(self.values_of("activation"))
        datapaths = filter(None, self.values_of("datapath") if floats else ())
        cutting = next((kind for kind in datapaths if "aligned_bits" in keys_of(kind)), None)
        if cutting is not None and not self.has("aligned_bits"):
            raise SpecError(
                f"{where}: aligned_bits is missing: datapath = {cutting!r} keeps that many bits of each "
                "activation; give it as an axis or fixed"
            )

    def _check_fits(self, workload: Workload, where: str) -> None:
        """Raises ``SpecError`` where no core of the space could run the longest layer."""
        most = max(self.values_of("max_reduction"), default=workload.longest)
        if most < workload.longest:
            layer = workload.longest_layer
            unless = "" if self.has("max_reduction") else " where it is not stated"
            raise SpecError(
                f"{where}: layer {layer.name} ({layer.inputs} → {layer.outputs}) sums {layer.inputs} "
                f'activations, max_reduction is {most}{unless}: max_reduction = "workload" fits'
            )

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Points, combinations that are no core included."""
        return prod(self.shape)

    @property
    def keys(self) -> tuple[str, ...]:
        """What a design is told by: its variables, and the keys that the space states."""
        variables = (axis.key for axis in self.axes if axis.key in self.variables)
        return (*variables, *(key for key in DESIGN_KEYS if self.has(key)))

    @property
    def variables(self) -> frozenset[str]:
        """Axes that are no keys."""
        return frozenset(axis.key for axis in self.axes if axis.key not in DESIGN_KEYS)

    @property
    def scenarios(self) -> tuple[int, ...]:
        """The axes along which the workload or the technology changes."""
        return tuple(i for i, axis in enumerate(self.axes) if axis.key in SCENARIO_KEYS)

    def workload_at(self, workload: Workload, digits: Sequence[int]) -> Workload:
        """``workload`` with the values of its axes at ``digits``, one for each axis."""
        return varied(workload, {self.axes[i].key: self.axes[i].values[digits[i]] for i in self.scenarios})

    def axis(self, key: str) -> int | None:
        """The position of ``key``'s axis, None where it has none."""
        return next((i for i, axis in enumerate(self.axes) if axis.key == key), None)

    def has(self, key: str) -> bool:
        return key in self.fixed or key in self.derived or self.axis(key) is not None

    def values_of(self, key: str) -> tuple[Any, ...]:
        """The values ``key`` takes anywhere in the space; of a derived key none is listed."""
        position = self.axis(key)
        if position is not None:
            return self.axes[position].values
        return () if key in self.derived else (self.fixed.get(key, default_value(key)),)

    def axes_of(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The axes that ``keys`` depend on, in order."""
        positions: set[int] = set()
        for key in keys:
            position = self.axis(key)
            if position is not None:
                positions.add(position)
            elif key in self.derived:
                positions.update(self.axes_of(self.derived[key].names))
        return tuple(sorted(positions))

    def values(self, keys: Iterable[str], chosen: Values) -> dict[str, Any]:
        """Those of ``keys`` that the space states, where its axes are as ``chosen``.

        Raises ``ConfigError`` where one cannot be derived.
        """
        return {key: self._value(key, chosen) for key in keys if self.has(key)}

    def _value(self, key: str, chosen: Values) -> Any:
        if key in chosen:
            return chosen[key]
        if key not in self.derived:
            return self.constants[key] if key in self.constants else self.fixed.get(key, default_value(key))
        with np.errstate(all="ignore"):
            derived = self.derived[key](lambda name: self._value(name, chosen))
        value = derived.item() if isinstance(derived, np.generic | np.ndarray) else derived
        if isinstance(value, float) and type(default_value(key)) is not float:
            if not value.is_integer():
                raise ConfigError(f"{key} = {value:g}: an integer is expected")
            value = int(value)
        return value

    def reordered(self, order: Sequence[int]) -> Space:
        """The same cores, the axes in another order and so at other positions."""
        return replace(self, axes=tuple(self.axes[i] for i in order))

    def digits(self, positions: ArrayLike) -> tuple[NDArray[np.int64], ...]:
        """The digits of each axis at ``positions``."""
        return tuple(
            np.asarray(digit, dtype=np.int64)
            for digit in np.unravel_index(np.asarray(positions, np.int64), self.shape)
        )

    def core(self, position: int) -> dict[str, Any]:
        """The core's dotted keys and values at ``position``, without those that mean nothing there."""
        digits = self.digits([position])
        chosen = {axis.key: axis.values[int(d[0])] for axis, d in zip(self.axes, digits, strict=True)}
        meant = without_idle(self.values(CONFIG_KEYS, chosen))
        return {key: meant[key] for key in CONFIG_KEYS if key in meant}

    def config(self, position: int) -> CoreConfig:
        """The core at ``position``; ``ConfigError`` where the combination is none."""
        return CoreConfig.parse(nested(self.core(position)))

    def _dependencies(self, key: str, above: tuple[str, ...], where: str) -> None:
        """Raises ``SpecError`` where ``key`` is derived from itself."""
        if key in above:
            raise SpecError(f"{where}: derived.{key} depends on itself: {' -> '.join((*above, key))}")
        for name in sorted(self.derived[key].names & set(self.derived)):
            self._dependencies(name, (*above, key), where)


def check_name(where: str, name: str, metrics: Collection[str]) -> None:
    """Raises ``SpecError`` where a variable or a figure cannot be called ``name``."""
    if name in metrics:
        raise SpecError(f"{where} is a metric, another name is expected")
    if name in RESERVED or name.startswith("measured_"):
        raise SpecError(f"{where}: {name!r} has a meaning of its own, another name is expected")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise SpecError(f"{where}: {name!r} is no name: letters, digits and _ are expected")


def unstated(keys: Collection[str]) -> dict[str, Any]:
    """Keys that are not among ``keys``, with the value that all designs then have, if they mean something."""
    defaults = {key: default_value(key) for key in DESIGN_KEYS if key not in keys}
    return {key: value for key, value in defaults.items() if value or key not in OPTIONAL_KEYS}


def default_value(key: str) -> Any:
    """The value of a design's key that a space does not state."""
    return system_default(key) if key in SYSTEM_KEYS else default_of(key)


def _names(text: str) -> Collection[str]:
    """The names in an expression, of which nothing else is known yet."""
    try:
        return Expression(text, None).names
    except ExpressionError:
        return ()


def _axis(where: str, key: str, given: Any, workload: Workload, variable: bool) -> Axis:
    """The axis that ``given`` writes; of a ``variable`` any number will do."""
    values = written_values(where, given)
    if key == TECHNOLOGY:
        for value in values:
            _technology_named(where, value)
    elif key in WORKLOAD_KEYS:
        for value in values:
            _workload_with(where, workload, {key: value})
    elif variable:
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SpecError(f"{where}: {value!r}: a number is expected")
    else:
        values = [_resolve(where, key, value, workload) for value in values]
    if not values:
        raise SpecError(f"{where} = {given!r}: the space is empty, at least one value is expected")
    if len(set(values)) < len(values):
        raise SpecError(f"{where} = {given!r}: a value occurs twice")
    return Axis(key, tuple(values))


def _technology_named(where: str, name: Any) -> None:
    """Raises ``SpecError`` that begins with ``where`` where there is no technology ``name``."""
    if not isinstance(name, str):
        raise SpecError(f"{where}: {name!r}: the name or the path of a technology is expected")
    try:
        load_technology(name)
    except TernlutError as error:
        raise SpecError(f"{where}: {error}") from None


def _workload_with(where: str, workload: Workload, values: Values) -> Workload:
    """``workload`` with other ``values``; ``SpecError`` that begins with ``where`` where there is none."""
    try:
        return varied(workload, values)
    except TernlutError as error:
        raise SpecError(f"{where}: {error}") from None


def _resolve(where: str, key: str, value: Any, workload: Workload) -> Any:
    """``value`` checked against what a design allows for ``key``."""
    if key not in DESIGN_KEYS:
        raise SpecError(
            f"{where}: unknown key {key!r}, and no derived key uses it: {instead(key, DESIGN_KEYS)}"
        )
    if value == FROM_WORKLOAD and key in ("outputs", "max_reduction"):
        return workload.widest if key == "outputs" else workload.longest
    try:
        if key in SYSTEM_KEYS:
            check_system({key: value})
        else:
            representative({**_beside_which(key, value), key: value})
    except ConfigError as error:
        raise SpecError(f"{where}: {str(error).removeprefix('core: ')}") from None
    return value


def _beside_which(key: str, value: Any) -> dict[str, Any]:
    """Keys beside which ``key`` means something, so that a core shows whether ``value`` is allowed."""
    if key in ("aligned_bits", "rounding"):
        return {"activation": "fp16", "datapath": "aligned"}
    if key == "accumulation":
        return {"activation": value if value in FLOATS else "fp16"}
    return {"activation": "fp16"} if key in ("datapath", "pipeline.float_stages") else {}
