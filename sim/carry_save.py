"""A carry-save tree in numpy, full adder by full adder: the two numbers that its plan makes of its dots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.plan import CompressorLevel, CompressorPlan

Dots = list[list[NDArray[Any]]]
"""Bits of each place, the oldest first."""


def rows(
    plan: CompressorPlan, values: Sequence[NDArray[Any]], signs: Sequence[NDArray[Any]]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The signed and the unsigned number whose sum is that of ``values`` and the ``signs`` of the tree."""
    dots: Dots = [[] for _ in range(plan.places + 1)]
    dots[0] = list(signs)
    for level in plan.early:
        dots = after(level, dots)
    for place, bits in enumerate(dots[:-1]):
        if plan.constant >> place & 1:
            bits.insert(0, np.ones_like(values[0]))
        if place < plan.width:
            inverted = plan.inverts and place == plan.width - 1
            bits.extend(value >> place & 1 ^ inverted for value in values)
    for level in plan.levels:
        dots = after(level, dots)
    total = carried = np.zeros_like(values[0])
    for place, bits in enumerate(dots[:-1]):
        for bit in bits[:1]:
            total = total + (bit << place)
        for bit in bits[1:]:
            carried = carried + (bit << place)
    if plan.has_sign:
        total = total - ((1 - sum(dots[-1], np.zeros_like(total))) << plan.places)
    return total, carried


def after(level: CompressorLevel, before: Dots) -> Dots:
    """The dots behind ``level``: of each place the oldest that are left, then sums, then what is carried."""
    behind: Dots = [[] for _ in before]
    behind[-1] = list(before[-1])
    carries: list[NDArray[Any]] = []
    for place, (full, half) in enumerate(zip(level.full, level.half, strict=True)):
        bits = before[place]
        groups = [bits[3 * i : 3 * i + 3] for i in range(full)]
        groups += [bits[3 * full + 2 * i : 3 * full + 2 * i + 2] for i in range(half)]
        counts = [sum(group[1:], group[0]) for group in groups]
        behind[place] = [*bits[3 * full + 2 * half :], *(count & 1 for count in counts), *carries]
        carries = [count >> 1 for count in counts]
    behind[-1].extend(carries)
    return behind
