"""A core's parameters: immutable, validated, read from TOML. Everything else about a core is derived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, assert_never, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from generator.alphabets import GROUP_SIZES, TERNARY, Symmetry
from generator.buffer_config import BufferConfig
from generator.errors import ConfigError
from generator.formats import FLOATS, Float, Format, Integer, format_named
from generator.pipeline_config import PipelineConfig
from generator.table_store import TableStore
from generator.target import Target
from generator.toml import parse_value, read_toml
from generator.validation import validated

Architecture = Literal["lut", "select", "multiplier"]
Dataflow = Literal["output_stationary", "table_stationary"]
FetchStructure = Literal["onehot", "tree"]
DatapathKind = Literal["native", "exact", "aligned"]
ReductionStructure = Literal["tree", "carry_save", "chain"]
Rounding = Literal["nearest", "truncate"]
Split = Literal["outputs", "inputs"]
KeyPacking = Literal["none", "base3"]
Wrapper = Literal["stream", "axi"]
NumberKind = Literal["integer", DatapathKind]
"""What activations are added as: integers, or floats in one of the datapaths."""

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
DATAFLOWS: tuple[Dataflow, ...] = get_args(Dataflow)
FETCH_STRUCTURES: tuple[FetchStructure, ...] = get_args(FetchStructure)
REDUCTION_STRUCTURES: tuple[ReductionStructure, ...] = get_args(ReductionStructure)
DATAPATHS: tuple[DatapathKind, ...] = get_args(DatapathKind)
SPLITS: tuple[Split, ...] = get_args(Split)
KEY_PACKINGS: tuple[KeyPacking, ...] = get_args(KeyPacking)
NUMBER_KINDS: tuple[NumberKind, ...] = get_args(NumberKind)

FLOAT_KEYS = {"datapath", "aligned_bits", "rounding", "accumulation"}
"""Keys that mean nothing for integers."""
ARRAY_KEYS = ("cores", "split")
"""Keys that say how many equal cores there are, and what they divide."""
OUTER_KEYS = (*ARRAY_KEYS, "buffers", "wrapper")
"""Keys that say what is around a core; all others are those of one core."""
MOST_CORES = 1 << 16
DEFAULT_SCALE = "fp16"
"""Format of scales where none is given."""
ADDED_KEYS = {
    *("alphabet", "table_depth", "symmetry", "table_store", "table_banks", "subnormals", "reduction"),
    *("key_packing", "clock_gating", "scale_group", "scale", "weight_bits", *OUTER_KEYS),
}
"""Keys that are written where they differ from their default alone: cores keep the names they had before."""


def keys_of(datapath: DatapathKind) -> set[str]:
    """Those of ``FLOAT_KEYS`` that mean something beside ``datapath``."""
    match datapath:
        case "native":
            return {"accumulation"}
        case "exact":
            return set()
        case "aligned":
            return {"aligned_bits", "rounding", "accumulation"}
        case unknown:
            assert_never(unknown)


def packs_weights(packing: KeyPacking) -> bool:
    """Whether the key stream carries weights five in a byte, and not keys."""
    match packing:
        case "none":
            return False
        case "base3":
            return True
        case unknown:
            assert_never(unknown)


class CoreConfig(BaseModel):
    """A core; its tile is n = tables·group_size activations by m = columns outputs, for ``rows`` tokens.

    Or an array of ``cores`` equal ones that divide every layer: its outputs, or its inputs, and then their
    results are added. ``max_reduction`` is that of the whole array.

    Integers are always exact. Floats have a ``datapath``: ``native`` adds them as IEEE 754 has it, ``exact``
    in fixed point with one rounding at the end, ``aligned`` on the scale of a tile's largest exponent, in
    ``aligned_bits`` bits, brought there by ``rounding``. ``native`` and ``aligned`` add tiles up in the
    format ``accumulation``, the activations' own where it is not given.

    Raises ``ConfigError`` in one line for values that are not allowed.

    >>> core = CoreConfig(group_size=3, tables=8, columns=16)
    >>> core.tile_length, core.macs_per_cycle
    (24, 384)
    >>> CoreConfig(group_size=9, tables=8, columns=16)
    Traceback (most recent call last):
    generator.errors.ConfigError: group_size = 9: less than or equal to 6 is expected
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    architecture: Architecture = Field(
        default="lut", description="tables; or 0, x, -x chosen in each column; or weights really multiplied"
    )
    activation: str = Field(default="int8", description="number format of the activations")
    symmetric: bool = Field(default=False, description="integers: the most negative value never comes")
    group_size: int = Field(
        default=1, ge=GROUP_SIZES[0], le=GROUP_SIZES[-1], description="µ: activations that share a table"
    )
    alphabet: str = Field(
        default=TERNARY, description="which weights there are: all of -1, 0 and 1, or fewer groups of them"
    )
    weight_bits: int = Field(
        default=1, ge=1, le=4, description="with `binary`: planes of a weight, Σ 2^i times the i-th"
    )
    table_depth: int = Field(
        default=0,
        ge=0,
        le=8,
        description="additions in a row in a table, 0 for the fewest; with more it may have fewer adders",
    )
    symmetry: Symmetry = Field(
        default="half", description="tables of one of each pair of opposite groups, or of both"
    )
    table_store: TableStore = Field(
        default="registers",
        description="entries are made all at once, or one a cycle into a memory, or come made on a port",
    )
    table_banks: int = Field(
        default=2, ge=1, le=2, description="with `memory`: tables it has room for; 2 to fill one and read one"
    )
    tables: int = Field(ge=1, le=4096, description="L: tables side by side")
    columns: int = Field(ge=1, le=4096, description="K: outputs side by side")
    rows: int = Field(default=1, ge=1, le=256, description="R: tokens side by side, which share the keys")
    max_reduction: int = Field(
        default=8192,
        ge=1,
        le=1 << 24,
        description="N_max: the longest reduction, which sets the accumulator's width",
    )
    dataflow: Dataflow = Field(
        default="output_stationary", description="what stays: a column's sum, or a tile's tables"
    )
    outputs: int | None = Field(
        default=None, ge=1, le=1 << 20, description="D, with `table_stationary`: partial sums kept on chip"
    )
    fetch: FetchStructure = Field(
        default="onehot", description="decoder and AND-OR, or two-to-one multiplexers"
    )
    reduction: ReductionStructure = Field(
        default="tree",
        description="a column's sum: a tree of adders, carry-save levels, or chains of adders for FPGAs",
    )
    key_packing: KeyPacking = Field(
        default="none", description="keys as they are, or five ternary weights in a byte of the key stream"
    )
    clock_gating: bool = Field(
        default=False, description="registers are clocked only in cycles in which they take something"
    )
    datapath: DatapathKind | None = Field(
        default=None, description="floats: IEEE additions (the default), exact fixed point, or aligned"
    )
    aligned_bits: int | None = Field(
        default=None, ge=3, le=56, description="with `aligned`: bits that are kept of an activation"
    )
    rounding: Rounding | None = Field(
        default=None, description="with `aligned`: to the nearest (the default) or down"
    )
    accumulation: str | None = Field(
        default=None,
        description="floats: format in which tiles are added up; the activations' own, or `fp32`",
    )
    scale_group: int = Field(
        default=0, ge=0, le=1 << 16, description="weights of a row that share a scale, 0 for none"
    )
    scale: str | None = Field(
        default=None, description="with `scale_group`: number format of scales, fp16 where not given"
    )
    subnormals: bool = Field(
        default=True,
        description="multiplied floats: numbers below the normal ones, which a multiplier may take for zeros",
    )
    cores: int = Field(default=1, ge=1, le=MOST_CORES, description="T: equal cores side by side, an array")
    split: Split = Field(
        default="outputs",
        description="what several cores divide: the outputs, or the inputs, and a tree adds their results",
    )
    buffers: BufferConfig = Field(
        default=BufferConfig(), description="memories between a bus and the streams of the cores"
    )
    wrapper: Wrapper = Field(
        default="stream",
        description="what is around it all: AXI4-Streams, or AXI4-Lite registers and an AXI4 master",
    )
    pipeline: PipelineConfig = PipelineConfig()

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, values: Any) -> Any:
        """Defaults that depend on other keys."""
        if not isinstance(values, dict):
            return values
        given = {key: value for key, value in values.items() if value is not None}
        if given.get("scale_group") and "scale" not in given:
            values = values | {"scale": DEFAULT_SCALE}
        activation = str(given.get("activation"))
        if activation not in FLOATS:
            return values | ({"datapath": None} if given.get("datapath") == "native" else {})
        datapath = given.get("datapath", "native")
        defaults = {"datapath": datapath, "rounding": "nearest", "accumulation": activation}
        meant = {"datapath"} | keys_of(datapath) if datapath in DATAPATHS else set()
        return values | {key: given.get(key, default) for key, default in defaults.items() if key in meant}

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return validated(cls, values, handler)

    @model_serializer(mode="wrap")
    def _stated(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """All keys, but for those of ``ADDED_KEYS`` that say nothing new."""
        values: dict[str, Any] = handler(self)
        fields = type(self).model_fields
        plain = {key for key in ADDED_KEYS if getattr(self, key) == fields[key].default}
        if self.cores > 1:
            plain -= set(ARRAY_KEYS)
        if self.wrapper != "stream":
            plain -= {"buffers"}
        return {key: value for key, value in values.items() if key not in plain}

    @model_validator(mode="after")
    def _check(self) -> Self:
        from generator.rules import RULES, check_buffers  # which are about cores

        self._check_meaning()
        for rule in RULES:
            rule.check(self)
        check_buffers(self)
        return self

    def _check_meaning(self) -> None:
        """Raises ``ConfigError`` for a key that means nothing beside the kind of number or one core."""
        if self.cores == 1 and self.split != "outputs":
            raise ConfigError(
                f"split = {self.split!r} with cores = 1: one core has nothing to divide; it is for several"
            )
        if self.scale is not None and not self.scale_group:
            raise ConfigError(f"scale = {self.scale!r} with scale_group = 0: it is for groups of weights")
        integer = isinstance(self.format, Integer)
        if self.datapath is None or integer:
            for key in sorted(FLOAT_KEYS, reverse=True):
                if getattr(self, key) is not None:
                    raise ConfigError(
                        f"{key} = {getattr(self, key)!r} with activation = {self.activation!r}: it is for "
                        "floating point"
                    )
            if self.pipeline.float_stages and not isinstance(self.scale_format, Float):
                raise ConfigError(
                    f"pipeline.float_stages = {self.pipeline.float_stages} with activation = "
                    f"{self.activation!r}: it is for floating point"
                )
            return
        if self.symmetric:
            raise ConfigError(f"symmetric = True with activation = {self.activation!r}: it is for integers")
        for key in sorted(FLOAT_KEYS - {"datapath"} - keys_of(self.datapath)):
            if getattr(self, key) is not None:
                raise ConfigError(
                    f"{key} = {getattr(self, key)!r} is for another datapath than {self.datapath!r}"
                )

    @cached_property
    def format(self) -> Format:
        """The activations' number format."""
        return format_named(self.activation, self.symmetric)

    @cached_property
    def scale_format(self) -> Format | None:
        """The number format of a group's scale; None where groups have none."""
        return None if self.scale is None else format_named(self.scale, what="scale")

    @property
    def number_kind(self) -> NumberKind:
        """What activations are added as."""
        return self.datapath or "integer"

    @property
    def kept_bits(self) -> int:
        """Bits that ``aligned`` keeps of each activation; 0 in other datapaths."""
        return self.aligned_bits or 0

    @cached_property
    def accumulator_format(self) -> Float | None:
        """The floating-point format in which tiles are added up; None where they are added exactly."""
        return None if self.accumulation is None else FLOATS[self.accumulation]

    @property
    def tile_length(self) -> int:
        """n: activations that one step consumes for each row."""
        return self.tables * self.group_size

    @property
    def macs_per_cycle(self) -> int:
        """Ternary multiply-accumulates of one step, of all cores."""
        return self.cores * self.rows * self.columns * self.tile_length

    @property
    def adds_results(self) -> bool:
        """Whether there are several cores, whose results are added because they divide the inputs."""
        match self.split:
            case "outputs":
                return False
            case "inputs":
                return self.cores > 1
            case unknown:
                assert_never(unknown)

    @property
    def packs_keys(self) -> bool:
        """Whether the core makes its keys of packed weights."""
        return packs_weights(self.key_packing)

    @cached_property
    def alone(self) -> CoreConfig:
        """One of the cores by itself, without what is around it."""
        if self.cores == 1 and not self.buffers.any and self.wrapper == "stream":
            return self
        values = self.model_dump()
        return type(self).model_validate({key: values[key] for key in values if key not in OUTER_KEYS})

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits that name this configuration."""
        left_out: dict[str, Any] = {}
        if isinstance(self.format, Integer):
            left_out = dict.fromkeys(FLOAT_KEYS, True)
            if self.scale is None:
                left_out["pipeline"] = {"float_stages"}
        text = json.dumps(self.model_dump(mode="json", exclude=left_out), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str = "core") -> CoreConfig:
        """The core that ``values`` describe; ``ConfigError`` in one line that begins with ``where``."""
        try:
            return cls.model_validate(dict(values))
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None

    @classmethod
    def load(cls, path: Path, overrides: Iterable[str] = ()) -> CoreConfig:
        """The core of a TOML file, with ``key=value`` overrides (``pipeline.fetch=true`` for nested keys)."""
        return load_core(path, overrides)[0]

    def to_toml(self) -> str:
        """The configuration as the TOML that ``load`` reads, every key stated but plain ``ADDED_KEYS``."""
        import tomlkit  # of some weight, and read by no other command

        values = {key: value for key, value in self.model_dump().items() if value is not None}
        tables = {key: values.pop(key) for key in ("buffers", "pipeline") if key in values}
        return tomlkit.dumps(values) + "".join(
            f"[{key}]\n{tomlkit.dumps(table)}" for key, table in tables.items()
        )


def load_core(path: Path, overrides: Iterable[str] = ()) -> tuple[CoreConfig, Target]:
    """The core of a TOML file, with ``key=value`` overrides, and what it is made for."""
    values = read_toml(path)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"--set {override}: key=value is expected")
        *tables, leaf = key.strip().split(".")
        scope = values
        for name in tables:
            scope = scope.setdefault(name, {})
            if not isinstance(scope, dict):
                raise ConfigError(f"--set {override}: {name} is not a table")
        scope[leaf] = parse_value(text.strip())
    try:
        target = Target.model_validate(values.pop("target", {}))
    except ConfigError as error:
        raise ConfigError(f"{path}: target: {error}") from None
    return CoreConfig.parse(values, str(path)), target
