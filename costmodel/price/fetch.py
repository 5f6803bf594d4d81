"""Fetches: what they are made of, how long a value takes through one, and which are the same circuit."""

from __future__ import annotations

from collections.abc import Hashable
from math import log2
from typing import assert_never

from costmodel.price import floating
from costmodel.price.components import (
    NOTHING,
    Bill,
    carries,
    decoder,
    multiplier,
    onehot_multiplexer,
    product_rows,
    register,
    tree_multiplexer,
)
from costmodel.price.floating import FloatBills
from generator.plan import (
    AlignedDatapath,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
)


def key_decoder(plan: CorePlan) -> Bill:
    """What one key needs once for all rows: its index decoded, or a weight's controls."""
    group = plan.config.group_size
    match plan.fetch_circuit:
        case "onehot":
            return decoder(len(plan.code.entries)) if group > 1 else _selector(plan)
        case "tree":
            return NOTHING if group > 1 else _selector(plan)
        case "memory":
            return NOTHING
        case "controls":
            return _selector(plan)
        case "product":
            return NOTHING
        case unknown:
            assert_never(unknown)


def _selector(plan: CorePlan) -> Bill:
    """What makes two controls of one weight; of one that is never 0, its sign alone says all."""
    return Bill.of(selector=1) if plan.code.first_index else NOTHING


PACKED_WEIGHT = Bill.of(gate=5)
"""Gates of a weight's share of the decoder of a byte; ASAP7, beside a ``selector``: 0.39 µm²."""
KEYED_WEIGHT = Bill.of(gate=4)
"""Gates of each weight but a group's first, whose sign it is held against."""
DECODER_LEVELS = Bill.of(merge=4)
"""The path through a decoder of bytes."""
SIGN_LEVELS = Bill.of(merge=0.7)
"""Through what makes a key of the weights: for each of a group's but the first."""


def unpacked_key(plan: CorePlan) -> Bill:
    """What makes one key, for all rows once, of packed weights."""
    if not plan.config.packs_keys:
        return NOTHING
    group = plan.config.group_size
    return PACKED_WEIGHT * group + KEYED_WEIGHT * (group - 1)


def unpacking_path(plan: CorePlan) -> Bill:
    """From a beat of packed weights to the keys."""
    if not plan.config.packs_keys:
        return NOTHING
    return DECODER_LEVELS + SIGN_LEVELS * (plan.config.group_size - 1)


def fetch(plan: CorePlan) -> Bill:
    """One fetched value and its register: a multiplexer and complement, or a select, or a multiplier."""
    match plan.fetch_circuit:
        case "onehot":
            marks = int(plan.tracks_invalid)
            return _chosen(
                plan, onehot_multiplexer(sum(entry.range.width + marks for entry in plan.table.entries))
            )
        case "tree":
            nothing = bool(plan.code.first_index)
            return _chosen(plan, tree_multiplexer(len(plan.table.entries), plan.leaf_width, nothing))
        case "memory":
            assert plan.filling is not None
            return _chosen(plan, tree_multiplexer(plan.filling.words, plan.leaf_width, nothing=False))
        case "controls":
            return _selected(plan, decoded=True)
        case "product":
            return NOTHING if plan.exponent_width else product(plan)
        case unknown:
            assert_never(unknown)


def _chosen(plan: CorePlan, multiplexer: Bill) -> Bill:
    """A value out of a table, complemented.

    A table of one entry is a select, whatever it is called: a mapper finds one where there is none. A float
    is negated by one bit; the bit that tells of specials is chosen, but not negated.
    """
    if plan.config.group_size == 1:
        return _selected(plan, decoded=False)
    held = plan.config.pipeline.fetch
    negated = Bill.of(complement=1 if plan.adds_floats else plan.fetched_width)
    if not plan.signed_keys:
        negated = NOTHING
    return multiplexer + negated + _held_sign(plan) + register(plan.leaf_width if held else 0, holds=True)


def _selected(plan: CorePlan, decoded: bool) -> Bill:
    """The one activation, its complement or nothing."""
    width, held, marks = plan.fetched_width, plan.config.pipeline.fetch, int(plan.tracks_invalid)
    if not plan.code.first_index:
        negated = Bill.of(complement=1 if plan.adds_floats else width)
        return negated + _held_sign(plan) + register(plan.leaf_width if held else 0, holds=True)
    if plan.adds_floats:
        return Bill.of(gate=width, complement=1) + register(width if held else 0, holds=True)
    value = Bill.of(undecoded_select=0 if decoded else width, gate=marks)
    value += Bill.of(held_select=width, register=width) if held else Bill.of(select=width)
    return value + _held_sign(plan) + register(marks if held else 0, holds=True)


def _held_sign(plan: CorePlan) -> Bill:
    return register(int(plan.config.pipeline.fetch and plan.carries_signs), holds=True)


def aligned_product(plan: CorePlan) -> Bill:
    """One aligned activation times a weight, as wide as the tile's sum."""
    return product(plan) if plan.exponent_width and plan.fetch_circuit == "product" else NOTHING


def product(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """An activation times a weight, both in the activations' format or aligned to as many bits."""
    held = register(plan.leaf_width if plan.config.pipeline.fetch else 0, holds=True)
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            marks = Bill.of(gate=plan.activation_range.width) if plan.tracks_invalid else NOTHING
            return multiplier(plan.activation_range.width, plan.fetched_width) + marks + held
        case NativeDatapath(number, multiply=unit):
            return floats.float_multiplier(unit) + Bill.of(gate=number.bits) + held
        case ExactDatapath(number, to_fixed=converter, multiply=unit):
            bill = floats.float_multiplier(unit) + Bill.of(gate=number.bits) + held
            return bill + floats.float_to_fixed(converter)
        case unknown:
            assert_never(unknown)


def still_product(plan: CorePlan) -> Bill:
    """What of a product of floats stands still: weights are 1, -1 and 0, so that of their significand's bits
    the first alone chooses a row, which one adder puts above the others."""
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            return NOTHING
        case NativeDatapath(multiply=unit) | ExactDatapath(multiply=unit):
            if not plan.multiplies_floats:
                return NOTHING
            whole, moved = (
                multiplier(bits, 2 * unit.precision, unit.precision) for bits in (unit.precision, 4)
            )
            return whole + moved * -1 if unit.precision > 4 else NOTHING
        case unknown:
            assert_never(unknown)


def fetch_path(plan: CorePlan, followed: bool) -> Bill:
    """The path of a fetched value or a product, whose carries are not waited for if adders follow."""
    match plan.fetch_circuit:
        case "onehot" | "tree" | "memory" | "controls":
            return Bill.of(merge=log2((1 + plan.code.signed) * len(plan.code.entries)))
        case "product":
            return _product_path(plan, followed)
        case unknown:
            assert_never(unknown)


def _product_path(plan: CorePlan, followed: bool) -> Bill:
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            return product_rows(plan.activation_range.width) + carries(plan.fetched_width, followed=followed)
        case NativeDatapath(multiply=unit):
            return floating.slowest_stage(unit)
        case ExactDatapath(to_fixed=converter, multiply=unit):
            bill = floating.slowest_stage(unit)
            return bill if unit.stages else bill + floating.slowest_stage(converter)
        case unknown:
            assert_never(unknown)


def same_fetch(plan: CorePlan) -> Hashable:
    """Equal for cores whose entries are fetched by the same circuit; ``select`` is one of one entry.

    A multiplier's weights are numbers, whatever their alphabet.
    """
    alphabet = None if plan.fetch_circuit == "product" else plan.config.alphabet
    return plan.fetch_circuit, plan.config.group_size, alphabet
