"""Which values of a core's keys go together; every rule states the keys that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from generator.alphabets import TERNARY, code_of
from generator.errors import ConfigError
from generator.formats import Float, Integer
from generator.packing import BYTE, WEIGHTS_A_BYTE
from generator.plan.table_sums import saves_adders
from generator.plane_rules import PLANE_RULES
from generator.rule import Rule, holds_tables, require_adding_tables
from generator.scale_rules import SCALE_RULES
from generator.table_store import receives_entries

if TYPE_CHECKING:
    from generator.config import CoreConfig

FEWEST_HELD, MOST_HELD = 4, 1 << 16
"""Beats of keys that a buffer may hold; with fewer it could not take one a cycle."""
LONGEST_EXACT_EXPONENT = 5
"""Exponent bits of a format whose sums in fixed point fit 63 bits."""


def _fits_fixed_point(core: CoreConfig) -> None:
    number = core.format
    if core.datapath != "exact" or isinstance(number, Integer):
        return
    if number.exponent > LONGEST_EXACT_EXPONENT:
        raise ConfigError(
            f"datapath = 'exact' with activation = {core.activation!r}: fixed point would be wider than "
            "sums that fit 63 bits; fp16, fp8_e4m3 and fp8_e5m2 are allowed"
        )
    limit = longest_exact_reduction(number)
    if core.max_reduction > limit:
        raise ConfigError(
            f"max_reduction = {core.max_reduction} with datapath = 'exact': sums must fit 63 bits, which "
            f"{limit} {core.activation} activations do"
        )


def _accumulates_in_its_own_or_a_wide_format(core: CoreConfig) -> None:
    if core.accumulation not in (None, core.activation, "fp32"):
        raise ConfigError(
            f"accumulation = {core.accumulation!r} with activation = {core.activation!r}: "
            f"{core.activation!r} or 'fp32' is allowed"
        )


def _aligns_to_few_bits(core: CoreConfig) -> None:
    if core.datapath == "aligned" and core.aligned_bits is None:
        raise ConfigError("aligned_bits is missing: 'aligned' keeps that many bits of each activation")
    if core.aligned_bits is not None and core.aligned_bits + core.tile_length.bit_length() > 62:
        raise ConfigError(
            f"aligned_bits = {core.aligned_bits} with a tile of {core.tile_length} activations: their "
            "sum must fit 62 bits"
        )


def _has_tables_for_groups(core: CoreConfig) -> None:
    match core.architecture:
        case "lut":
            return
        case "select" | "multiplier":
            if core.group_size != 1:
                raise ConfigError(
                    f"group_size = {core.group_size} with architecture = {core.architecture!r}: only 'lut' "
                    "has tables, group_size = 1 is allowed"
                )
        case unknown:
            assert_never(unknown)


def _has_groups_of_its_alphabet(core: CoreConfig) -> None:
    code_of(core.alphabet, core.group_size)


def _adds_deeper_for_fewer_adders(core: CoreConfig) -> None:
    if not core.table_depth:
        return
    require_adding_tables(core, f"table_depth = {core.table_depth}", "no table adds anything")
    if core.datapath == "native" and isinstance(core.format, Float):
        raise ConfigError(
            f"table_depth = {core.table_depth} with datapath = 'native': floats are rounded in every "
            "addition, so that few are better; it is for integers, 'exact' and 'aligned'"
        )
    if not saves_adders(core.alphabet, core.group_size, core.table_depth):
        depths = [depth for depth in range(1, 9) if saves_adders(core.alphabet, core.group_size, depth)]
        raise ConfigError(
            f"table_depth = {core.table_depth} with alphabet = {core.alphabet!r} and group_size = "
            f"{core.group_size}: {' or '.join(map(str, depths))} is allowed, more saves no adders"
        )


def _has_entries_to_negate(core: CoreConfig) -> None:
    match core.symmetry:
        case "half":
            return
        case "full":
            pass
        case unknown:
            assert_never(unknown)
    require_adding_tables(core, f"symmetry = {core.symmetry!r}", "there is no table to double")
    if core.packs_keys:
        raise ConfigError(
            f"symmetry = {core.symmetry!r} with key_packing = {core.key_packing!r}: what is made of packed "
            "weights has a sign, 'half' is allowed"
        )
    if core.datapath == "native" and isinstance(core.format, Float):
        raise ConfigError(
            f"symmetry = {core.symmetry!r} with datapath = 'native': a float is negated by its sign bit, "
            "'half' is allowed"
        )


def _has_memories_to_fill(core: CoreConfig) -> None:
    given = f"table_store = {core.table_store!r} with"
    match core.table_store:
        case "registers":
            _needs_no_banks(core)
            return
        case "port":
            _takes_entries(core)
            return
        case "memory":
            pass
        case unknown:
            assert_never(unknown)
    require_adding_tables(core, f"table_store = {core.table_store!r}", "no table adds anything")
    if not holds_tables(core.dataflow):
        raise ConfigError(
            f"{given} dataflow = {core.dataflow!r}: a table that takes many cycles to fill has to be held, "
            "'table_stationary' is allowed"
        )
    if isinstance(core.format, Float):
        raise ConfigError(
            f"{given} activation = {core.activation!r}: sums in a row have to be exact, it is for integers"
        )
    if core.table_depth:
        raise ConfigError(
            f"{given} table_depth = {core.table_depth}: one adder makes all entries, 0 is allowed"
        )


def _needs_no_banks(core: CoreConfig) -> None:
    if core.table_banks != 2:
        raise ConfigError(
            f"table_banks = {core.table_banks} with table_store = {core.table_store!r}: registers are no "
            "memory; it is for table_store = 'memory'"
        )


def _takes_entries(core: CoreConfig) -> None:
    _needs_no_banks(core)
    require_adding_tables(core, f"table_store = {core.table_store!r}", "no table adds anything")
    if core.table_depth:
        raise ConfigError(
            f"table_depth = {core.table_depth} with table_store = {core.table_store!r}: entries are made "
            "elsewhere, 0 is allowed"
        )


def _multiplies_floats_without_subnormals(core: CoreConfig) -> None:
    if core.subnormals:
        return
    match core.architecture:
        case "multiplier":
            multiplies = isinstance(core.format, Float) and core.datapath != "aligned"
        case "lut" | "select":
            multiplies = False
        case unknown:
            assert_never(unknown)
    if not multiplies:
        raise ConfigError(
            f"subnormals = false with architecture = {core.architecture!r} and activation = "
            f"{core.activation!r}: it is for 'multiplier' and floats, but for those that are aligned"
        )


def _sums_a_tile(core: CoreConfig) -> None:
    if core.max_reduction < core.tile_length:
        raise ConfigError(
            f"tables = {core.tables}: a tile of {core.tile_length} activations is longer than "
            f"max_reduction = {core.max_reduction}"
        )


def _keeps_its_outputs(core: CoreConfig) -> None:
    match core.dataflow:
        case "table_stationary":
            if core.outputs is None:
                raise ConfigError("outputs is missing: table_stationary keeps that many partial sums on chip")
        case "output_stationary":
            if core.outputs is not None:
                raise ConfigError(
                    f"outputs = {core.outputs} is for dataflow = 'table_stationary'; output_stationary keeps "
                    "one partial sum a column"
                )
        case unknown:
            assert_never(unknown)


def _adds_integers_in_carry_save_form(core: CoreConfig) -> None:
    match core.reduction:
        case "tree":
            return
        case "carry_save" | "chain":
            if isinstance(core.format, Float) and core.datapath == "native":
                raise ConfigError(
                    f"reduction = {core.reduction!r} with datapath = 'native': floats round in every "
                    "addition; 'tree' is allowed"
                )
        case unknown:
            assert_never(unknown)


def _has_values_to_add(core: CoreConfig) -> None:
    match core.reduction:
        case "tree":
            return
        case "carry_save":
            if core.tables < 2:
                raise ConfigError(
                    f"reduction = 'carry_save' with tables = {core.tables}: one value is no sum, 'tree' is "
                    "allowed"
                )
        case "chain":
            if core.tables < 4:
                raise ConfigError(
                    f"reduction = 'chain' with tables = {core.tables}: up to three values are added the same "
                    "way in a tree, 'tree' is allowed"
                )
        case unknown:
            assert_never(unknown)


def _saves_bits_of_keys(core: CoreConfig) -> None:
    if not core.packs_keys:
        return
    match core.architecture:
        case "lut" | "select":
            pass
        case "multiplier":
            raise ConfigError(
                f"key_packing = {core.key_packing!r} with architecture = 'multiplier': its weights come as "
                "numbers, which it multiplies by; 'none' is allowed"
            )
        case unknown:
            assert_never(unknown)
    if core.group_size == WEIGHTS_A_BYTE:
        raise ConfigError(
            f"key_packing = {core.key_packing!r} with group_size = {WEIGHTS_A_BYTE}: a key has "
            f"{WEIGHTS_A_BYTE} weights in {BYTE} bits already, 'none' is allowed"
        )


def _packs_ternary_weights(core: CoreConfig) -> None:
    if core.packs_keys and core.alphabet != TERNARY:
        raise ConfigError(
            f"key_packing = {core.key_packing!r} with alphabet = {core.alphabet!r}: bytes hold weights of "
            "-1, 0 and 1, 'none' is allowed"
        )


def _decodes_packed_keys(core: CoreConfig) -> None:
    if core.packs_keys and core.fetch == "tree" and core.group_size > 1:
        raise ConfigError(
            f"key_packing = {core.key_packing!r} with fetch = 'tree' and group_size = {core.group_size}: a "
            "tree needs the index of an entry, which would be computed of packed weights; 'onehot' is allowed"
        )


RULES = (
    Rule(("activation", "datapath", "max_reduction"), _fits_fixed_point),
    Rule(("activation", "accumulation"), _accumulates_in_its_own_or_a_wide_format),
    Rule(("datapath", "aligned_bits", "group_size", "tables"), _aligns_to_few_bits),
    Rule(("architecture", "group_size"), _has_tables_for_groups),
    Rule(("alphabet", "group_size"), _has_groups_of_its_alphabet),
    Rule(
        ("architecture", "activation", "datapath", "alphabet", "group_size", "table_depth"),
        _adds_deeper_for_fewer_adders,
    ),
    Rule(
        ("architecture", "activation", "dataflow", "group_size", "table_banks", "table_depth", "table_store"),
        _has_memories_to_fill,
    ),
    Rule(
        ("architecture", "activation", "datapath", "group_size", "key_packing", "symmetry"),
        _has_entries_to_negate,
    ),
    Rule(
        ("architecture", "activation", "datapath", "subnormals"),
        _multiplies_floats_without_subnormals,
    ),
    Rule(("tables", "group_size", "max_reduction"), _sums_a_tile),
    Rule(("dataflow", "outputs"), _keeps_its_outputs),
    Rule(("activation", "datapath", "reduction"), _adds_integers_in_carry_save_form),
    Rule(("tables", "reduction"), _has_values_to_add),
    Rule(("architecture", "group_size", "key_packing"), _saves_bits_of_keys),
    Rule(("alphabet", "key_packing"), _packs_ternary_weights),
    Rule(("fetch", "group_size", "key_packing"), _decodes_packed_keys),
    *PLANE_RULES,
    *SCALE_RULES,
)
"""In the order in which a core that breaks several is told of them."""


def longest_exact_reduction(number: Float) -> int:
    """Activations of a format whose sum surely fits 63 bits of fixed point."""
    return ((1 << 62) - 1) // number.largest_steps


def check_buffers(core: CoreConfig) -> None:
    """Raises ``ConfigError`` for what is around a core and has no use there, or cannot serve it."""
    buffers = core.buffers
    if core.weight_bits > 1 and core.wrapper != "stream":
        raise ConfigError(
            f"weight_bits = {core.weight_bits} with wrapper = {core.wrapper!r}: it reads one beat of keys a "
            "tile; 'stream' is allowed"
        )
    if core.scale_group and core.wrapper != "stream":
        raise ConfigError(
            f"scale_group = {core.scale_group} with wrapper = {core.wrapper!r}: it counts tiles that end "
            "where groups do not; 'stream' is allowed"
        )
    if receives_entries(core.table_store) and core.wrapper != "stream":
        raise ConfigError(
            f"table_store = {core.table_store!r} with wrapper = {core.wrapper!r}: it reads activations from "
            "memory, no entries; 'stream' is allowed"
        )
    if not buffers.any and core.wrapper == "stream" and buffers != type(buffers)():
        raise ConfigError(
            f"buffers.bus_bits = {buffers.bus_bits} with nothing buffered: it is for buffers.activations or "
            "buffers.keys"
        )
    if 0 < buffers.keys < FEWEST_HELD:
        raise ConfigError(
            f"buffers.keys = {buffers.keys}: 0 for none, or from {FEWEST_HELD} to {MOST_HELD} beats are "
            "expected"
        )
    match core.dataflow:
        case "output_stationary":
            return
        case "table_stationary":
            if buffers.activations:
                raise ConfigError(
                    "buffers.activations = true with dataflow = 'table_stationary': activations come once, "
                    "there is nothing to replay; it is for 'output_stationary'"
                )
        case unknown:
            assert_never(unknown)
