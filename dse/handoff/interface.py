"""The timing diagrams of a core's interface, in the cycles of its own plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dse.handoff.movements import movements, tiling_of
from dse.handoff.timing_diagram import Diagram, Signal, Span, picture
from generator.plan import CorePlan
from sim.transport import transports_of

LEAD = 1
"""Idle cycles before the first beat."""


def interface_svg(plan: CorePlan) -> str:
    """One tile, one block of tokens and a result that waits, as one picture."""
    return picture([one_tile(plan), one_block(plan), waiting_result(plan)])


def one_tile(plan: CorePlan) -> Diagram:
    """The shortest work there is, with the latencies."""
    moved = movements(plan, 1, 1)
    return block_diagram(
        plan,
        1,
        1,
        f"One tile: the result is there {cycles(moved.result[0])} after the activations are taken",
        (
            Span(LEAD, LEAD + moved.key[0], f"{cycles(moved.key[0])}, activations to key"),
            Span(LEAD, LEAD + moved.result[0], f"{cycles(moved.result[0])}, activations to result"),
        ),
    )


def one_block(plan: CorePlan) -> Diagram:
    """A block of a few tiles at full rate."""
    n = min(2, plan.max_n_tiles)
    m = 2 if plan.config.outputs is None else min(2, plan.partial_sums)
    match plan.config.dataflow:
        case "output_stationary":
            again = (
                "once, words of a bus"
                if plan.config.buffers.activations
                else "again for every tile of outputs"
            )
            order = f"activations come {again}"
        case "table_stationary":
            order = "activations stay while the keys of all outputs pass"
        case unknown:
            assert_never(unknown)
    return block_diagram(plan, n, m, f"A block of {n} × {m} tiles at full rate: {order}", ())


def block_diagram(plan: CorePlan, n: int, m: int, title: str, spans: Sequence[Span]) -> Diagram:
    """All three streams during a block that comes alone, source and sink always willing."""
    moved = movements(plan, n, m)
    activations, keys = transports_of(plan, tiling_of(plan, n, m))
    length = LEAD + moved.result[-1] + 2
    counts = [LEAD + moved.activation[0]]
    signals = [
        *source("s_axis_activation", "A", moved.activation, length, activations.transfers),
        Signal("n_tiles, m_tiles", values(counts, length), [f"{n}, {m}"]),
        *source("s_axis_key", "K", moved.key, length, keys.transfers),
        *results([LEAD + cycle for cycle in moved.result], length),
    ]
    return Diagram(title, signals, spans, first_cycle=-LEAD)


def source(prefix: str, letter: str, taken: Sequence[int], length: int, distinct: int) -> list[Signal]:
    """A stream whose source offers its beats from the start, and always the next at once.

    After so many ``distinct`` beats the first comes again.
    """
    wave, ready, data = ["0"] * length, ["x"] * length, ["x"] * length
    begin = LEAD
    for cycle in taken:
        end = LEAD + cycle
        wave[begin : end + 1] = "1" * (end + 1 - begin)
        ready[begin : end + 1] = "0" * (end - begin) + "1"
        data[begin : end + 1] = "=" + "." * (end - begin)
        begin = end + 1
    return [
        Signal(f"{prefix}_tvalid", "".join(wave)),
        Signal(f"{prefix}_tready", "".join(ready)),
        Signal(
            f"{prefix}_tdata", "".join(data), [f"{letter}{beat % distinct}" for beat in range(len(taken))]
        ),
    ]


def results(offered: Sequence[int], length: int) -> list[Signal]:
    """The result stream with a sink that is always ready."""
    valid = "".join("1" if cycle in offered else "0" for cycle in range(length))
    last = "".join(
        ("1" if cycle == offered[-1] else "0") if cycle in offered else "x" for cycle in range(length)
    )
    return [
        Signal("m_axis_result_tvalid", valid),
        Signal("m_axis_result_tready", "1" * length),
        Signal("m_axis_result_tdata", values(offered, length), [f"Y{beat}" for beat in range(len(offered))]),
        Signal("m_axis_result_tlast", last),
    ]


def values(shown: Sequence[int], length: int) -> str:
    """A wave with a value in the cycles that are ``shown``, anything between."""
    return "".join("=" if cycle in shown else "x" for cycle in range(length))


def waiting_result(plan: CorePlan) -> Diagram:
    """A result that nobody takes for two cycles: everything before it stands still."""
    # A buffer goes on until it is full.
    direct = plan.config.buffers.keys == 0
    return Diagram(
        "A result that waits: it stays as it is" + (", and no key is taken" if direct else ""),
        [
            Signal("m_axis_result_tvalid", "x111x"),
            Signal("m_axis_result_tready", "x001x"),
            Signal("m_axis_result_tdata", "x=..x", ["Y"]),
            *([Signal("s_axis_key_tready", "x00xx")] if direct else []),
        ],
    )


def cycles(count: int) -> str:
    return "1 cycle" if count == 1 else f"{count} cycles"
