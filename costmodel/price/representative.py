"""Cores that stand for many: what a price or a figure needs where it depends on a few keys alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, assert_never

from generator.alphabets import ALPHABETS, SYMMETRIES, Symmetry
from generator.config import (
    ARCHITECTURES,
    DATAFLOWS,
    DATAPATHS,
    DEFAULT_SCALE,
    FLOAT_KEYS,
    OUTER_KEYS,
    REDUCTION_STRUCTURES,
    Architecture,
    CoreConfig,
    Dataflow,
    DatapathKind,
    ReductionStructure,
    keys_of,
)
from generator.formats import FLOATS, Float
from generator.pipeline_config import PipelineConfig
from generator.plan import CorePlan, plan_for
from generator.rules import longest_exact_reduction
from generator.table_store import TABLE_STORES, fills_memories, receives_entries

CONFIG_KEYS = (
    *(name for name in CoreConfig.model_fields if name not in ("pipeline", *OUTER_KEYS)),
    *(f"pipeline.{name}" for name in PipelineConfig.model_fields),
)
"""Keys of one core, dotted."""
LONGEST_REDUCTION = 1 << 24
"""Stands for ``max_reduction`` where nothing depends on it."""
FEWEST_ALIGNED_BITS = 3
"""Stands for ``aligned_bits`` likewise."""
_NUMBER = ("activation", "datapath")
DECIDING_KEYS: Mapping[str, tuple[str, ...]] = {
    "outputs": ("dataflow",),
    "fetch": ("architecture",),
    "table_depth": (*_NUMBER, "architecture", "group_size"),
    "table_banks": ("table_store",),
    "subnormals": (*_NUMBER, "architecture"),
    "symmetric": _NUMBER,
    **dict.fromkeys(sorted(FLOAT_KEYS), _NUMBER),
    "pipeline.table": (*_NUMBER, "architecture", "group_size", "table_store", "pipeline.float_stages"),
    "pipeline.float_stages": (*_NUMBER, "scale_group", "scale"),
    "scale": ("scale_group",),
}
"""Keys that mean something for some cores only, and for each the keys that say whether it does."""
OPTIONAL_KEYS = tuple(DECIDING_KEYS)


KINDS: Mapping[str, tuple[str | None, ...]] = {
    "architecture": ARCHITECTURES,
    "dataflow": DATAFLOWS,
    "datapath": (None, *DATAPATHS),
    "table_store": TABLE_STORES,
}
"""Keys that others depend on, and their values."""


def idle_keys(values: Mapping[str, Any]) -> set[str]:
    """Those of ``OPTIONAL_KEYS`` that mean nothing for a core with ``values`` (dotted keys).

    No key beside a value that no core can have: ``CoreConfig`` is to refuse it. In columns 0 stands for none.
    """

    def value(key: str) -> Any:
        return values.get(key, default_of(key))

    if any((value(key) or None) not in kinds for key, kinds in KINDS.items()):
        return set()
    multiplies = _multiplies(value("architecture"))
    idle = _idle_beside(value("dataflow")) | ({"fetch"} if multiplies else set())
    store = value("table_store")
    idle |= set() if fills_memories(store) else {"table_banks"}
    idle |= {"pipeline.table"} if fills_memories(store) or receives_entries(store) else set()
    if value("group_size") == 1:
        idle.add("table_depth")
    if not value("scale_group"):
        idle.add("scale")
    if not multiplies or value("datapath") == "aligned" or value("activation") not in FLOATS:
        idle.add("subnormals")
    if value("activation") not in FLOATS:
        table = {"pipeline.table"} if value("group_size") == 1 else set()
        scaled = value("scale_group") and (value("scale") or DEFAULT_SCALE) in FLOATS
        return idle | table | FLOAT_KEYS | (set() if scaled else {"pipeline.float_stages"})
    datapath: DatapathKind = value("datapath") or "native"
    # Converters that are pipelined stand where a table's one register would.
    converts = _converts_in_tables(datapath, multiplies)
    if value("group_size") == 1 and not (converts and value("pipeline.float_stages")):
        idle.add("pipeline.table")
    if datapath == "native":
        idle.add("table_depth")
    return idle | {"symmetric"} | FLOAT_KEYS - {"datapath"} - keys_of(datapath)


def _idle_beside(dataflow: Dataflow) -> set[str]:
    match dataflow:
        case "output_stationary":
            return {"outputs"}
        case "table_stationary":
            return set()
        case unknown:
            assert_never(unknown)


def _multiplies(architecture: Architecture) -> bool:
    match architecture:
        case "lut" | "select":
            return False
        case "multiplier":
            return True
        case unknown:
            assert_never(unknown)


def _converts_in_tables(datapath: DatapathKind, multiplies: bool) -> bool:
    """Whether floats become integers in front of the tables."""
    match datapath:
        case "native":
            return False
        case "exact":
            return not multiplies
        case "aligned":
            return True
        case unknown:
            assert_never(unknown)


def without_idle(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` (dotted keys) without those that mean nothing beside the others."""
    idle = idle_keys(values)
    return {key: value for key, value in values.items() if key not in idle}


def without_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` (dotted keys) with one column that has as many partial sums: a unit knows of no other."""
    columns, outputs = values.get("columns"), values.get("outputs")
    if columns is None or "outputs" not in values:
        return dict(values)
    if outputs is None or "outputs" in _idle_beside(values.get("dataflow", "table_stationary")):
        return {key: value for key, value in values.items() if key not in ("columns", "outputs")}
    return {**values, "columns": 1, "outputs": -(-outputs // columns)}


def representative(values: Mapping[str, Any]) -> CoreConfig:
    """A core with ``values``, in everything else as small or as permissive as may be.

    It stands for all cores with those values wherever nothing else matters. Raises ``ConfigError`` where
    there is no such core.
    """
    alphabet = {"alphabet": "binary"} if values.get("weight_bits", 1) > 1 else {}
    core = {"tables": 1, "columns": 1, **alphabet, **_needed_for(values.get("alphabet")), **values}
    symmetry = values.get("symmetry")
    if symmetry in SYMMETRIES:
        core = {**_needed_to_double(symmetry), **core}
    core = {**_needed_to_store(values.get("table_store")), **core}
    reduction = values.get("reduction")
    if reduction in REDUCTION_STRUCTURES:
        core |= {**_needed_with(reduction), **values}
    if "dataflow" not in values and core.get("outputs") is not None:
        core["dataflow"] = "table_stationary"
    core = without_idle(core)
    dataflow, datapath = core.get("dataflow"), core.get("datapath")
    if dataflow in DATAFLOWS:
        core = _needed_beside(dataflow) | core
    if datapath in DATAPATHS and core.get("activation") in FLOATS:
        core = _needed_by(datapath, FLOATS[core["activation"]]) | core
    return _significant(CoreConfig.parse(nested({"max_reduction": LONGEST_REDUCTION} | core)))


def _needed_for(alphabet: Any) -> dict[str, Any]:
    """A group size that ``alphabet`` has, where it is not the usual one."""
    sizes = ALPHABETS[alphabet].group_sizes if alphabet in ALPHABETS else ()
    return {"group_size": sizes[0]} if sizes and default_of("group_size") not in sizes else {}


def _needed_to_store(store: Any) -> dict[str, Any]:
    """Keys without which there is no core whose tables are kept in ``store``."""
    if store not in TABLE_STORES:
        return {}
    held = {"dataflow": "table_stationary"} if fills_memories(store) else {}
    return {"group_size": 2, **held} if held or receives_entries(store) else {}


def _needed_to_double(symmetry: Symmetry) -> dict[str, Any]:
    """A group size of which there are tables with entries to negate."""
    match symmetry:
        case "half":
            return {}
        case "full":
            return {"group_size": 2}
        case unknown:
            assert_never(unknown)


def _needed_with(reduction: ReductionStructure) -> dict[str, Any]:
    """Keys without which there is no core of ``reduction``."""
    match reduction:
        case "tree":
            return {}
        case "carry_save":
            return {"tables": 2}
        case "chain":
            return {"tables": 4}
        case unknown:
            assert_never(unknown)


def _needed_beside(dataflow: Dataflow) -> dict[str, Any]:
    """Keys without which there is no core of ``dataflow``."""
    match dataflow:
        case "output_stationary":
            return {}
        case "table_stationary":
            return {"outputs": 1}
        case unknown:
            assert_never(unknown)


def _needed_by(datapath: DatapathKind, number: Float) -> dict[str, Any]:
    """Keys without which there is no core of ``datapath`` for ``number``, as permissive as may be."""
    match datapath:
        case "native":
            return {}
        case "exact":
            return {"max_reduction": max(1, min(longest_exact_reduction(number), LONGEST_REDUCTION))}
        case "aligned":
            return {"aligned_bits": FEWEST_ALIGNED_BITS}
        case unknown:
            assert_never(unknown)


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
