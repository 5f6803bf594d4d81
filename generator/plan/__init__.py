"""What is built, independent of any HDL: which adder makes which entry, every width, every register.

The RTL is built from a plan, the numpy reference evaluates it, the cost model prices it. Widths come from
exact interval analysis: of every value the plan knows the least and the greatest that can occur.
"""

from generator.plan.array import ArrayPlan, Joining, plan_for
from generator.plan.beats import BeatBits, beat_bits
from generator.plan.buffers import (
    Buffer,
    Buffers,
    GearboxPlan,
    activation_words,
    buffers_of,
    key_words,
    result_words,
)
from generator.plan.compression import CompressorLevel, CompressorPlan
from generator.plan.core import CorePlan
from generator.plan.datapath import (
    AlignedDatapath,
    Datapath,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
)
from generator.plan.filling import FillPlan, FillStep
from generator.plan.float_units import (
    AlignPlan,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    FloatUnit,
    LargestExponentPlan,
)
from generator.plan.maker import maker_plan
from generator.plan.merge import MergePlan
from generator.plan.names import core_name, format_name, group_name, top_name
from generator.plan.ranges import FloatRange, Range
from generator.plan.reduction import Node, ReductionPlan, Value
from generator.plan.scaler import FloatScaling, IntegerScaling, ScalerPlan, Scaling
from generator.plan.table import Entry, TablePlan
from generator.plan.table_sums import by_weights, halving_of
from generator.plan.tiling import Tiling
from generator.plan.traffic import Traffic, cycles_at_full_rate, cycles_behind
from generator.plan.widths import FetchCircuit

__all__ = [
    "AlignPlan",
    "AlignedDatapath",
    "ArrayPlan",
    "BeatBits",
    "Buffer",
    "Buffers",
    "CompressorLevel",
    "CompressorPlan",
    "CorePlan",
    "Datapath",
    "Entry",
    "ExactDatapath",
    "FetchCircuit",
    "FillPlan",
    "FillStep",
    "FixedToFloatPlan",
    "FloatAdderPlan",
    "FloatMultiplierPlan",
    "FloatRange",
    "FloatScaling",
    "FloatToFixedPlan",
    "FloatUnit",
    "GearboxPlan",
    "IntegerDatapath",
    "IntegerScaling",
    "Joining",
    "LargestExponentPlan",
    "MergePlan",
    "NativeDatapath",
    "Node",
    "Range",
    "ReductionPlan",
    "ScalerPlan",
    "Scaling",
    "TablePlan",
    "Tiling",
    "Traffic",
    "Value",
    "activation_words",
    "beat_bits",
    "buffers_of",
    "by_weights",
    "core_name",
    "cycles_at_full_rate",
    "cycles_behind",
    "format_name",
    "group_name",
    "halving_of",
    "key_words",
    "maker_plan",
    "plan_for",
    "result_words",
    "top_name",
]
