"""What we take of Amaranth beyond its public interface, in one place.

A version that changes any of it fails ``tests/generator/test_amaranth_adapter.py`` and is dealt with here.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Value
from amaranth.hdl._ast import Concat, Slice

MOST_INPUT_BITS = (1 << 16) - 3
"""Amaranth numbers a module's input bits in 16 bits."""


def mark_used(elaboratable: Any) -> None:
    """Amaranth shall not warn that ``elaboratable`` is no submodule of anything."""
    elaboratable._MustUse__used = True


def slice_of(value: Value) -> tuple[Value, int] | None:
    """What ``value`` is a slice of, and its first bit there; None where it is no slice."""
    return (value.value, value.start) if isinstance(value, Slice) else None


def parts_of(value: Value) -> tuple[Value, ...] | None:
    """What ``value`` concatenates, the least significant first; None where it is no concatenation."""
    return tuple(value.parts) if isinstance(value, Concat) else None
