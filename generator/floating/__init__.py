"""Floating-point hardware: one implementation of each block for every ``Float`` format, and its numpy twin.

The blocks are combinational, or pipelined into any number of stages. ``reference`` says in numpy what each
of them computes, bit for bit.
"""

from generator.floating.adder import FloatAdder
from generator.floating.align import Align, LargestExponent
from generator.floating.fixed import FixedToFloat, FloatToFixed
from generator.floating.multiplier import FloatMultiplier
from generator.floating.widen import FloatWiden

__all__ = [
    "Align",
    "FixedToFloat",
    "FloatAdder",
    "FloatMultiplier",
    "FloatToFixed",
    "FloatWiden",
    "LargestExponent",
]
