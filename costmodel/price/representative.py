"""Cores that stand for many: what a price or a figure needs where it depends on a few keys alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from generator.config import FLOAT_KEYS, KEYS_OF, CoreConfig, PipelineConfig, longest_exact_reduction
from generator.formats import FLOATS, Float
from generator.plan import CorePlan, plan_for

CONFIG_KEYS = (
    *(name for name in CoreConfig.model_fields if name != "pipeline"),
    *(f"pipeline.{name}" for name in PipelineConfig.model_fields),
)
"""Keys of a core, dotted."""
LONGEST_REDUCTION = 1 << 24
"""Stands for ``max_reduction`` where nothing depends on it."""
FEWEST_ALIGNED_BITS = 3
"""Stands for ``aligned_bits`` likewise."""
_NUMBER = ("activation", "datapath")
DECIDING_KEYS: Mapping[str, tuple[str, ...]] = {
    "outputs": ("dataflow",),
    "fetch": ("architecture",),
    "symmetric": _NUMBER,
    **dict.fromkeys(sorted(FLOAT_KEYS), _NUMBER),
    "pipeline.table": (*_NUMBER, "architecture", "group_size", "pipeline.float_stages"),
    "pipeline.float_stages": _NUMBER,
}
"""Keys that mean something for some cores only, and for each the keys that say whether it does."""
OPTIONAL_KEYS = tuple(DECIDING_KEYS)


def idle_keys(values: Mapping[str, Any]) -> set[str]:
    """Those of ``OPTIONAL_KEYS`` that mean nothing for a core with ``values`` (dotted keys)."""

    def value(key: str) -> Any:
        return values.get(key, default_of(key))

    idle = {"outputs"} if value("dataflow") == "output_stationary" else set()
    multiplies = value("architecture") == "multiplier"
    if multiplies:
        idle.add("fetch")
    if value("activation") not in FLOATS:
        table = {"pipeline.table"} if value("group_size") == 1 else set()
        return idle | table | FLOAT_KEYS | {"pipeline.float_stages"}
    datapath = value("datapath") or "native"
    # Converters that are pipelined stand where a table's one register would.
    converts = datapath == "aligned" or (datapath == "exact" and not multiplies)
    if value("group_size") == 1 and not (converts and value("pipeline.float_stages")):
        idle.add("pipeline.table")
    return idle | {"symmetric"} | FLOAT_KEYS - {"datapath"} - KEYS_OF.get(datapath, FLOAT_KEYS)


def without_idle(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` (dotted keys) without those that mean nothing beside the others."""
    idle = idle_keys(values)
    return {key: value for key, value in values.items() if key not in idle}


def without_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` (dotted keys) with one column that has as many partial sums: a unit knows of no other."""
    columns, outputs = values.get("columns"), values.get("outputs")
    if columns is None or "outputs" not in values:
        return dict(values)
    if outputs is None or values.get("dataflow") == "output_stationary":
        return {key: value for key, value in values.items() if key not in ("columns", "outputs")}
    return {**values, "columns": 1, "outputs": -(-outputs // columns)}


def representative(values: Mapping[str, Any]) -> CoreConfig:
    """A core with ``values``, in everything else as small or as permissive as may be.

    It stands for all cores with those values wherever nothing else matters. Raises ``ConfigError`` where
    there is no such core.
    """
    core = {"tables": 1, "columns": 1, **values}
    if "dataflow" not in values and core.get("outputs") is not None:
        core["dataflow"] = "table_stationary"
    core = without_idle(core)
    if core.get("dataflow") == "table_stationary":
        core.setdefault("outputs", 1)
    if core.get("datapath") == "aligned":
        core.setdefault("aligned_bits", FEWEST_ALIGNED_BITS)
    if core.get("datapath") == "exact":
        most = longest_exact_reduction(FLOATS[core["activation"]])
        core.setdefault("max_reduction", max(1, min(most, LONGEST_REDUCTION)))
    core.setdefault("max_reduction", LONGEST_REDUCTION)
    return _significant(CoreConfig.parse(nested(core)))


def plan_to_price(config: CoreConfig) -> CorePlan:
    """The plan of what is left of ``config`` after synthesis: without bits that are zero whatever comes.

    A format with few exponents has no bits below its smallest subnormal, however many are aligned to.
    """
    return plan_for(_significant(config))


def _significant(config: CoreConfig) -> CoreConfig:
    number = config.format
    if config.aligned_bits is None or not isinstance(number, Float):
        return config
    most = max(FEWEST_ALIGNED_BITS, number.mantissa + (1 << number.exponent))
    return config if config.aligned_bits <= most else config.model_copy(update={"aligned_bits": most})


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as the nested tables of a core file."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        *tables, leaf = key.split(".")
        target = result
        for name in tables:
            target = target.setdefault(name, {})
        target[leaf] = value
    return result


@cache
def default_of(key: str) -> Any:
    """The value of ``key`` in a core file that does not state it."""
    head, _, leaf = key.partition(".")
    field = PipelineConfig.model_fields[leaf] if leaf else CoreConfig.model_fields[head]
    return field.get_default()
