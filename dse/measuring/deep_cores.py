"""Cores with much logic between their registers: small ones that are drawn do not say how glitches grow."""

from __future__ import annotations

from generator.config import CoreConfig

_PIPELINED = {"fetch": True, "reduction_every": 2}
_UNPIPELINED = {"table": "activations"}
_INTEGERS = (
    {"group_size": 2, "tables": 6, "columns": 4},
    {"architecture": "select", "tables": 12, "columns": 4},
    {"group_size": 3, "tables": 4, "columns": 6},
    {"architecture": "multiplier", "tables": 8, "columns": 4},
)
_NATIVE = (
    {"activation": "fp16", "group_size": 2, "tables": 1},
    {"activation": "fp16", "group_size": 2, "tables": 2, "pipeline": _UNPIPELINED},
    {"activation": "fp8_e4m3", "group_size": 2, "tables": 4},
    {"activation": "fp8_e4m3", "architecture": "select", "tables": 8},
    {"activation": "bf16", "architecture": "select", "tables": 4},
    {"activation": "fp8_e5m2", "group_size": 3, "tables": 1, "columns": 2, "pipeline": _UNPIPELINED},
    {"activation": "fp8_e4m3", "architecture": "multiplier", "tables": 4},
    {"activation": "fp8_e4m3", "architecture": "select", "tables": 2, "columns": 2, "accumulation": "fp32"},
)
_ALIGNED = (
    {"activation": "fp16", "aligned_bits": 16, "architecture": "select", "tables": 2},
    {"activation": "fp8_e4m3", "aligned_bits": 12, "group_size": 2, "tables": 2, "columns": 2,
     "pipeline": _UNPIPELINED},
    {"activation": "fp8_e4m3", "aligned_bits": 16, "architecture": "select", "tables": 4, "columns": 2},
)  # fmt: skip
_EXACT = ({"activation": "fp8_e5m2", "group_size": 2, "tables": 2, "columns": 2, "pipeline": _UNPIPELINED},)


def deep_cores() -> tuple[CoreConfig, ...]:
    """The cores; integers' with and without registers inside, floats' without."""
    integers = [
        {"activation": "int8", "max_reduction": 8192, **keys, "pipeline": pipeline}
        for keys in _INTEGERS
        for pipeline in ({}, _PIPELINED)
    ]
    floats = [
        {"max_reduction": 2048, "columns": 1, "datapath": datapath, **keys}
        for datapath, cores in (("native", _NATIVE), ("aligned", _ALIGNED), ("exact", _EXACT))
        for keys in cores
    ]
    return tuple(CoreConfig.parse(keys) for keys in (*integers, *floats))
