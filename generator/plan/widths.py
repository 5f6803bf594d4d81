"""The widths of a core: of every value inside, from its range, and of what goes in and out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, assert_never

from generator.alphabets import GroupCode, code_of
from generator.config import FetchStructure
from generator.formats import Format, Integer
from generator.packing import BYTE, packed_bytes, relative_key_width
from generator.plan.compression import CompressorPlan
from generator.plan.ranges import FloatRange, Range, aligned_range
from generator.plan.reduction import CHAIN, ReductionPlan
from generator.plan.scaler import FloatScaling, GroupSums, ScalerPlan
from generator.plan.table import TablePlan
from generator.plan.tiles import TilePlan
from generator.table_store import fills_memories, receives_entries

FetchCircuit = Literal[FetchStructure, "memory", "controls", "product"]
"""What makes a fetched value: a structure of the configuration around a table's entries, or instead a memory
of them that is read by its address, two controls of an architecture's one activation, or a product."""


class KeyElements(NamedTuple):
    """Elements of a beat of the key stream: how many ``fields``, and of how many bits each."""

    fields: int
    width: int

    @property
    def bits(self) -> int:
        return self.fields * self.width


@dataclass(frozen=True)
class WidthPlan(TilePlan):
    """The numbers and streams of a core: ranges, widths in bits, the table, the reduction."""

    @cached_property
    def activation_range(self) -> Range:
        """What an activation is inside.

        Itself, but for ``exact`` the units of the smallest subnormal, for ``aligned`` those of the tile's
        scale.
        """
        number = self.config.format
        if isinstance(number, Integer):
            return Range(number.minimum, number.maximum)
        match self.config.datapath:
            case "native" | None:
                return FloatRange(0, 0, number.bits)
            case "exact":
                return Range(-number.largest_steps, number.largest_steps)
            case "aligned":
                return aligned_range(number, self.config.kept_bits)
            case unknown:
                assert_never(unknown)

    @property
    def activation_width(self) -> int:
        return self.config.format.bits

    @cached_property
    def table(self) -> TablePlan:
        raw = self.multiplies_floats
        held = FloatRange(0, 0, self.activation_width) if raw else self.activation_range
        config = self.config
        return TablePlan(config.group_size, held, config.alphabet, config.table_depth, config.symmetry)

    @property
    def receives_entries(self) -> bool:
        """Whether tables take their entries from the stream of activations."""
        return receives_entries(self.config.table_store)

    @property
    def table_input_bits(self) -> int:
        """Bits of a beat of activations that one table takes: a group's, or its entries."""
        return self.table_bits if self.receives_entries else self.config.group_size * self.activation_width

    @property
    def row_bits(self) -> int:
        """Bits of a beat of activations for one row of a core; above entries is what they are aligned to."""
        return self.config.tables * self.table_input_bits + self.input_exponent_bits

    @property
    def input_exponent_bits(self) -> int:
        """Bits of the exponent that comes with the entries of a row; 0 where there is none."""
        return self.exponent_width if self.receives_entries else 0

    @property
    def reads_memories(self) -> bool:
        """Whether each fetch reads a memory of its own, an FPGA's lookup tables; all are written together."""
        return self.fetch_circuit == "memory"

    @property
    def write_address_width(self) -> int:
        """Bits of a memory's address: the index and, where there are two, the bank above it."""
        return self.index_width + self.config.table_banks - 1

    @property
    def code(self) -> GroupCode:
        """How the groups of weights are numbered."""
        return code_of(self.config.alphabet, self.config.group_size, self.config.symmetry)

    @property
    def multiplies_floats(self) -> bool:
        """Whether activations stay floats until they have been multiplied."""
        match self.config.architecture:
            case "lut" | "select":
                return False
            case "multiplier":
                return self._products_are_floats
            case unknown:
                assert_never(unknown)

    @property
    def _products_are_floats(self) -> bool:
        match self.config.number_kind:
            case "native" | "exact":
                return True
            case "integer" | "aligned":
                return False
            case unknown:
                assert_never(unknown)

    @property
    def adds_floats(self) -> bool:
        """Whether every addition in tables and reduction is one of floats, rounded; others are exact."""
        match self.config.number_kind:
            case "integer" | "exact" | "aligned":
                return False
            case "native":
                return True
            case unknown:
                assert_never(unknown)

    @property
    def tracks_invalid(self) -> bool:
        """Whether an infinity or a NaN travels as a bit beside the numbers, and out as ``invalid``."""
        match self.config.number_kind:
            case "integer" | "native":
                return False
            case "exact" | "aligned":
                return True
            case unknown:
                assert_never(unknown)

    @property
    def exponent_width(self) -> int:
        """Bits of the exponent that goes with each row of a tile; 0 where there is none."""
        number = self.config.format
        if isinstance(number, Integer):
            return 0
        match self.config.number_kind:
            case "integer" | "native" | "exact":
                return 0
            case "aligned":
                return number.exponent
            case unknown:
                assert_never(unknown)

    @property
    def table_bits(self) -> int:
        """Bits that a table hands to the fetches: its entries, and above them which of them are invalid.

        Or what is written to their memories, its address, whether it is, and of two banks which is read.
        """
        if self.reads_memories:
            return self.leaf_width + self.write_address_width + self.config.table_banks
        marks = len(self.table.entries) if self.tracks_invalid and not self.multiplies_floats else 0
        return self.table.entry_bits + marks

    @property
    def key_width(self) -> int:
        """Bits of one key: the key code's, or for ``multiplier`` a weight as wide as what it multiplies.

        Where weights come packed, those of the key that is made of them.
        """
        match self.config.architecture:
            case "lut" | "select" if self.config.packs_keys:
                return relative_key_width(self.config.group_size)
            case "lut" | "select":
                return self.code.key_width
            case "multiplier":
                return self.activation_width if self.multiplies_floats else self.activation_range.width
            case unknown:
                assert_never(unknown)

    @property
    def index_width(self) -> int:
        return self.code.index_width

    @property
    def key_elements(self) -> KeyElements:
        """What a beat of the key stream consists of: a core's keys, or the bytes of its packed weights."""
        config = self.config
        keys = config.columns * config.tables
        if config.packs_keys:
            return KeyElements(packed_bytes(keys * config.group_size), BYTE)
        return KeyElements(keys, self.key_width)

    @property
    def bits_per_weight(self) -> float:
        """Bits of key stream that one weight costs."""
        beat = self.key_elements.bits + self.scale_elements.bits
        return self.config.weight_bits * beat / (self.columns * self.tile_length)

    @cached_property
    def fetched(self) -> tuple[Range, Range]:
        """Ranges of a fetched value without and with the sign: an entry or nothing, and one's complements.

        Where keys have no sign, both are the first.
        """
        if self.adds_floats or self.multiplies_floats:
            return self.activation_range, self.activation_range
        match self.config.architecture:
            case "lut" | "select":
                entries = Range(0, 0)
                for entry in self.table.entries:
                    entries = entries | entry.range
                return entries, ~entries if self.signed_keys else entries
            case "multiplier":
                low, high = self.activation_range.low, self.activation_range.high
                product = Range(low * high, max(low * low, high * high))
                return product, product
            case unknown:
                assert_never(unknown)

    @property
    def fetch_circuit(self) -> FetchCircuit:
        """What makes a fetched value."""
        match self.config.architecture:
            case "lut" if self.config.fetch == "tree" and fills_memories(self.config.table_store):
                return "memory"
            case "lut":
                return self.config.fetch
            case "select":
                # A decoder of one index is a weight's two controls.
                return "controls" if self.config.fetch == "onehot" else self.config.fetch
            case "multiplier":
                return "product"
            case unknown:
                assert_never(unknown)

    @property
    def fetched_width(self) -> int:
        """Bits of a fetched value; a product needs no more than the sum, modulo 2^width."""
        return min((self.fetched[0] | self.fetched[1]).width, self.sum_range.width)

    @property
    def leaf_width(self) -> int:
        """Bits of a fetched value with the bit that says whether it is invalid."""
        return self.fetched_width + self.tracks_invalid

    @cached_property
    def sum_range(self) -> Range:
        """What is added up exactly: N_max activations, a group's or an aligned tile's, or negated."""
        if self.adds_floats:
            return self.activation_range
        terms = self.config.tile_length if self.exponent_width else self.longest_sum
        magnitude = terms * -self.activation_range.low * ((1 << self.config.weight_bits) - 1)
        return Range(-magnitude, magnitude)

    @property
    def accumulator_width(self) -> int:
        number = self.config.accumulator_format
        return self.sum_range.width if number is None else number.bits

    @property
    def state_width(self) -> int:
        """Bits of a partial sum with the bit that says whether it is invalid."""
        return self.accumulator_width + self.tracks_invalid

    @cached_property
    def scaler(self) -> ScalerPlan | None:
        """What scales the sums of groups."""
        config, number = self.config, self.config.scale_format
        if number is None:
            return None
        groups = -(-config.max_reduction // config.scale_group)
        stages, given = config.pipeline.float_stages, config.format
        unit = 0 if isinstance(given, Integer) else given.smallest_exponent
        sums = GroupSums(self.sum_range, unit, self.tracks_invalid)
        return ScalerPlan(config.columns, self.group_steps, groups, sums, number, stages)

    @property
    def scale_elements(self) -> KeyElements:
        """The scales that a beat of the key stream has above its keys."""
        scaler = self.scaler
        return KeyElements(0, 0) if scaler is None else KeyElements(scaler.units, scaler.number.bits)

    @property
    def scale_bits(self) -> int:
        """Bits of a scale; 0 where groups have none."""
        return 0 if self.scaler is None else self.scaler.number.bits

    @property
    def scale_units(self) -> int:
        """Multipliers, and adders, that scale the sums of a row."""
        return 0 if self.scaler is None else self.scaler.units

    @property
    def scale_steps(self) -> int:
        """Cycles in which they serve their columns."""
        return 0 if self.scaler is None else self.scaler.steps

    @property
    def value_width(self) -> int:
        """Bits of the number in a column's result: an exact integer, or a float."""
        match self.config.number_kind:
            case "integer" | "native" | "aligned":
                return self.accumulator_width
            case "exact":
                return self.config.format.bits if self.rounds_sums else self.accumulator_width
            case unknown:
                assert_never(unknown)

    @property
    def result_number(self) -> Format:
        """The number format of a result; of integers that of what they are sums of."""
        if self.scaler is None:
            return self.config.accumulator_format or self.config.format
        scaling = self.scaler.scaling
        return scaling.add.fmt if isinstance(scaling, FloatScaling) else scaling.number

    @property
    def column_width(self) -> int:
        """Bits of a column's result: its number and, above it, ``invalid`` if the datapath has that."""
        return self.value_width + self.tracks_invalid

    @property
    def marks_results(self) -> bool:
        """Whether a result has a bit that says whether it means nothing; a scaled one is NaN then."""
        return self.tracks_invalid and self.scaler is None

    @property
    def result_width(self) -> int:
        """Bits of a result: a column's, or a scaled sum of these."""
        return self.column_width if self.scaler is None else self.scaler.total_width

    @cached_property
    def reduction(self) -> ReductionPlan | CompressorPlan:
        """How a column's fetched values are added."""
        tables, every = self.config.tables, self.config.pipeline.reduction_every
        match self.config.reduction:
            case "tree":
                return ReductionPlan(tables, self.fetched, self.carries_signs, every, self.sum_range.width)
            case "chain":
                return ReductionPlan(
                    tables, self.fetched, self.carries_signs, every, self.sum_range.width, CHAIN
                )
            case "carry_save":
                signs = tables if self.carries_signs else 0
                # With the accumulator as a third row, an adder has a place for one more than its carry-in.
                late = min(signs, 1 if self.exponent_width else 2)
                early = 0 if self.config.pipeline.fetch else self._fetch_levels
                return CompressorPlan(
                    tables, self.fetched_width, signs, late, early, every, self.sum_range.width
                )
            case unknown:
                assert_never(unknown)

    @property
    def pending_width(self) -> int:
        """Bits that come with the sum of the fetched values and are still to be added to it."""
        match self.reduction:
            case ReductionPlan(signed=signed):
                return int(signed)
            case CompressorPlan(carry_width=carries, late_signs=late):
                return carries + late
            case unknown:
                assert_never(unknown)

    @property
    def _fetch_levels(self) -> int:
        """About how many levels of full adders take as long as a fetch: its gates by threes."""
        return (4 + (len(self.table.entries) - 1).bit_length()) // 3

    @property
    def signed_keys(self) -> bool:
        """Whether a key's top bit is a sign."""
        return self.keys_name_groups and self.code.signed

    @property
    def keys_name_groups(self) -> bool:
        """Whether a key is the number of a group of weights; a multiplier's is a weight."""
        match self.config.architecture:
            case "lut" | "select":
                return True
            case "multiplier":
                return False
            case unknown:
                assert_never(unknown)

    @property
    def carries_signs(self) -> bool:
        """Whether the reduction adds a key's sign as a carry-in; a float is negated without one."""
        return self.signed_keys and not self.adds_floats
