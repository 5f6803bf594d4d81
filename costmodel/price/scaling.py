"""What scales the sums of groups: units that several columns of a row share, and what waits for them.

How many columns share a unit depends on the number of columns, which no bill knows: the terms of area count
units and their steps.
"""

from __future__ import annotations

from math import log2
from typing import assert_never

from costmodel.price import floating
from costmodel.price.components import (
    NOTHING,
    Bill,
    adder,
    carries,
    multiplier,
    product_rows,
    register,
    triple,
)
from generator.plan import CorePlan, FloatScaling, IntegerScaling, ScalerPlan

FLAGS = 6
"""Registers of the flags of a group's sums, and of the handshake, beside those of pipelined units."""


def waiting_sum(plan: CorePlan) -> Bill:
    """The sum of one column that waits for its turn, and what its scaled sums have come to."""
    scaler = plan.scaler
    if scaler is None:
        return NOTHING
    held, total = scaler.sums.bits, scaler.total_width
    return register(held + total, holds=True) + Bill.of(choice=held, leg=total)


def unit(plan: CorePlan) -> Bill:
    """One multiplier and one adder."""
    scaler = plan.scaler
    if scaler is None:
        return NOTHING
    product = multiplier(_factor_bits(scaler), scaler.scaling.product_width, scaler.sum_width)
    bill = product + triple(scaler.sum_width) + Bill.of(gate=scaler.total_width)
    match scaler.scaling:
        case IntegerScaling():
            return bill + adder(scaler.total_width)
        case FloatScaling(number, product_width, to_float, add):
            # What is special about a scale goes beside the product, and takes the place of its float.
            marks, stages = 3, scaler.float_stages
            held = register(product_width + number.exponent + marks if stages else 0, holds=True)
            held += register(marks * stages, holds=True) + Bill.of(gate=add.fmt.bits, special=1)
            return bill + held + floating.fixed_to_float(to_float) + floating.float_adder(add)
        case unknown:
            assert_never(unknown)


def _factor_bits(scaler: ScalerPlan) -> int:
    """Bits of what a sum is multiplied by: a scale, or its significand with a sign."""
    match scaler.scaling:
        case IntegerScaling(number):
            return number.bits
        case FloatScaling(number):
            return number.mantissa + 2
        case unknown:
            assert_never(unknown)


def scale_of_unit(plan: CorePlan) -> Bill:
    """The scale that came last, and what makes the significand of the one that is used a signed number."""
    scaler = plan.scaler
    if scaler is None:
        return NOTHING
    latest = register(scaler.number.bits, holds=True)
    match scaler.scaling:
        case IntegerScaling():
            return latest
        case FloatScaling(number):
            return latest + Bill.of(complement=number.mantissa + 1, increment=number.mantissa + 1)
        case unknown:
            assert_never(unknown)


def arriving_scale(plan: CorePlan) -> Bill:
    """A scale in a stage of the columns' pipeline."""
    return NOTHING if plan.scaler is None else register(plan.scaler.number.bits, holds=True)


def waiting_scale(plan: CorePlan) -> Bill:
    """A scale that waits for its column's turn."""
    bits = 0 if plan.scaler is None else plan.scaler.number.bits
    return register(bits, holds=True) + Bill.of(leg=bits) if bits else NOTHING


def step(plan: CorePlan) -> Bill:
    """The flags of a column's turn, when it is served and when its scale comes."""
    return NOTHING if plan.scaler is None else register(2, holds=True)


def control(plan: CorePlan) -> Bill:
    """What there is once: the flags of sums, and of their ways through pipelined units."""
    scaler = plan.scaler
    if scaler is None:
        return NOTHING
    stages = scaler.product_stages + scaler.add_stages
    return register(FLAGS + stages + (FLAGS if stages else 0), holds=True)


def paths(plan: CorePlan) -> Bill:
    """The longest path through a unit, or the slowest of its stages."""
    scaler = plan.scaler
    if scaler is None:
        return NOTHING
    chosen = Bill.of(merge=log2(plan.group_steps)) if plan.group_steps > 1 else NOTHING
    product = chosen + product_rows(_factor_bits(scaler))
    match scaler.scaling:
        case IntegerScaling():
            return product + Bill.of(adder=1) + carries(scaler.total_width)
        case FloatScaling(_, product_width, to_float, add):
            product += carries(product_width) + Bill.of(step=2)
            if not scaler.float_stages:
                return product + floating.slowest_stage(to_float) + floating.slowest_stage(add)
            first, *others = floating.stage_paths(add)
            stages = [product, *floating.stage_paths(to_float), chosen + first, *others]
            return Bill.dearest_of(stages)
        case unknown:
            assert_never(unknown)
