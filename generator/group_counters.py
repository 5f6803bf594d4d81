"""Counters inside sums: tiles of a group that has a scale, planes of a tile's weights."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value

from generator.block import decrement, update

GROUP_FLAGS = {"opens": "result_opens", "closes": "result_closes"}
"""Flags of tiles, and the ports on which they leave with a group's sum: it begins a result, or ends one."""


def count_groups(m: Module, tiles: int, rst: Value, load: Value, flags: dict[str, Value]) -> dict[str, Value]:
    """Sums that consist of groups of tiles, of each of which the accumulators make a sum."""
    opens, closes = Signal(name="sum_opens"), flags["end"]
    first, end = Signal(name="group_first"), Signal(name="group_end")
    update(m, opens, (load & closes, 1), (load & end, 0))
    if tiles == 1:
        m.d.comb += [first.eq(1), end.eq(1)]
    else:
        left = Signal(tiles.bit_length(), name="group_left")
        m.d.comb += end.eq(left == 1)
        following = decrement(m, "group_next", left)
        update(m, left, (rst, 1), (load & end, Const(tiles, len(left))), (load, following))
        update(m, first, (load, end))
    return {**flags, "first": first, "end": end, "opens": opens, "closes": closes}


def count_planes(
    m: Module, planes: int, load: Value, issue: Value, flags: dict[str, Value]
) -> dict[str, Value]:
    """Tiles that stay for a beat of keys for every plane, the highest first."""
    left = Signal(planes.bit_length(), name="planes_left")
    following = decrement(m, "planes_next", left)
    update(m, left, (load, Const(planes, len(left))), (issue, following))
    ends = Signal(name="planes_end")
    m.d.comb += ends.eq(left == 1)
    return {
        **flags,
        "first": flags["first"] & (left == planes),
        "end": flags["end"] & ends,
        "table_end": ends,
        "plane": Cat(left == plane + 1 for plane in range(planes)),
    }
