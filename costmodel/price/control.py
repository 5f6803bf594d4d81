"""What the control of a core is made of: counters of tiles, the flags that travel with them, handshakes."""

from __future__ import annotations

from typing import assert_never

from costmodel.price.components import NOTHING, Bill, counter, decoder, register
from generator.plan import CorePlan


def length_counter(plan: CorePlan) -> Bill:
    """Counts the tiles of the reduction length, of groups that have scales, and the planes of a tile;
    output-stationary also keeps what to start again from."""
    bits, group = plan.n_tiles_width, plan.group_tiles.bit_length()
    match plan.config.dataflow:
        case "output_stationary":
            planes = plan.config.weight_bits.bit_length() if plan.config.weight_bits > 1 else 0
            bill = counter(bits) + register(bits, holds=True) + (counter(group) if group > 1 else NOTHING)
            return bill + (counter(planes) if planes else NOTHING)
        case "table_stationary":
            return counter(bits)
        case unknown:
            assert_never(unknown)


def output_counter(plan: CorePlan) -> Bill:
    """Counts the tiles of the outputs; table-stationary also keeps what to start again from, and the slot."""
    bits = plan.m_tiles_width
    match plan.config.dataflow:
        case "output_stationary":
            return counter(bits)
        case "table_stationary":
            bill = counter(bits) + register(bits, holds=True)
            if plan.stored_sums < 2:
                return bill
            bill += counter(plan.slot_width) + Bill.of(choice=bits, full_adder=bits)
            return bill + decoder(plan.stored_sums)
        case unknown:
            assert_never(unknown)


def flags(plan: CorePlan) -> Bill:
    """The flags that travel with a tile through a stage of the columns' pipeline."""
    planes = plan.config.weight_bits if plan.config.weight_bits > 1 else 0
    carried = 3 + planes + (2 if plan.scaler else 0) + (1 + plan.slot_width if plan.stored_sums else 0)
    return register(1 + carried, holds=True)


def handshakes(_: CorePlan) -> Bill:
    """Those of the streams."""
    return Bill.of(handshake=1)


def arriving_length(plan: CorePlan) -> Bill:
    """The number of tiles along N while its tile is in a stage of pipelined tables."""
    return register(1 + plan.n_tiles_width, holds=True)


def arriving_outputs(plan: CorePlan) -> Bill:
    """The number of tiles along M while its tile is in a stage of pipelined tables."""
    return register(plan.m_tiles_width, holds=True)


def finishing(plan: CorePlan) -> Bill:
    """The flags of a result in pipelined accumulators and converters, and the counter of their pauses."""
    results = register(2, holds=True) * (plan.result_stages + plan.accumulator_stages - 1)
    return results + (counter(plan.pause_cycles.bit_length()) if plan.pause_cycles else NOTHING)
