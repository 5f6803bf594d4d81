"""Floating-point cores: formats, datapaths, architectures, dataflows, pipelines, held against the truth."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.harness import Driver, Session, Streams, simulate_sessions
from sim.layers import LayerData
from tests.rtl.cores import assert_bit_exact

HELD = {"dataflow": "table_stationary", "outputs": 7}
LATE: dict[str, Any] = {"table": "activations"}

SHAPES: dict[str, dict[str, Any]] = {
    "mu1": {"group_size": 1, "tables": 3, "columns": 2},
    "mu2": {"group_size": 2, "tables": 4, "columns": 2, "pipeline": {**LATE, "reduction_every": 1}},
    "mu2-held": {"group_size": 2, "tables": 3, "columns": 3, **HELD, "pipeline": {"fetch": True}},
    "mu3-rows": {"group_size": 3, "tables": 2, "columns": 2, "rows": 2, "pipeline": LATE},
    "mu3-tree": {
        "group_size": 3,
        "tables": 3,
        "columns": 2,
        "fetch": "tree",
        "pipeline": {"table": "entries", "fetch": True, "reduction_every": 2},
    },
    "select": {"architecture": "select", "tables": 5, "columns": 2, "pipeline": {"reduction_every": 2}},
    "select-tree-held": {
        "architecture": "select",
        "fetch": "tree",
        "tables": 2,
        "columns": 3,
        "rows": 2,
        "pipeline": {"fetch": True, "reduction_every": 1},
        **HELD,
    },
}
EXACT = ("fp16", "fp8_e4m3", "fp8_e5m2")
CORES: dict[str, dict[str, Any]] = {
    f"{activation}-exact-{shape}": {"activation": activation, "datapath": "exact", **SHAPES[shape]}
    for number, activation in enumerate(EXACT)
    for place, shape in enumerate(SHAPES)
    if activation == "fp16" or (place + number) % 2
}

CORES["fp16-exact-multiplier"] = {
    "activation": "fp16",
    "datapath": "exact",
    **SHAPES["select-tree-held"],
    "architecture": "multiplier",
}
ALIGNED: dict[str, dict[str, Any]] = {
    "fp16-24bits": {"activation": "fp16", "aligned_bits": 24, **SHAPES["mu2"]},
    "fp16-12bits-held": {
        "activation": "fp16",
        "aligned_bits": 12,
        "rounding": "truncate",
        "accumulation": "fp32",
        **SHAPES["mu2-held"],
    },
    "fp16-8bits": {"activation": "fp16", "aligned_bits": 8, **SHAPES["mu3-tree"]},
    "bf16-16bits": {"activation": "bf16", "aligned_bits": 16, "accumulation": "fp32", **SHAPES["mu3-rows"]},
    "bf16-20bits-held": {"activation": "bf16", "aligned_bits": 20, **SHAPES["select-tree-held"]},
    "fp8_e4m3-10bits": {"activation": "fp8_e4m3", "aligned_bits": 10, **SHAPES["mu1"]},
    "fp8_e4m3-4bits": {"activation": "fp8_e4m3", "aligned_bits": 4, **SHAPES["select"]},
    "fp8_e5m2-8bits-held": {"activation": "fp8_e5m2", "aligned_bits": 8, **SHAPES["mu2-held"]},
    "fp32-32bits": {"activation": "fp32", "aligned_bits": 32, **SHAPES["mu2"]},
    "fp32-3bits": {"activation": "fp32", "aligned_bits": 3, "rounding": "truncate", **SHAPES["mu3-rows"]},
}
CORES |= {f"aligned-{name}": {"datapath": "aligned", **core} for name, core in ALIGNED.items()}
NATIVE: dict[str, dict[str, Any]] = {
    "fp16-mu2": {"activation": "fp16", **SHAPES["mu2"]},
    "fp16-wide-held": {"activation": "fp16", "accumulation": "fp32", **SHAPES["mu2-held"]},
    "fp16-select": {"activation": "fp16", **SHAPES["select"]},
    "bf16-mu3": {"activation": "bf16", **SHAPES["mu3-tree"]},
    "bf16-wide-select-held": {"activation": "bf16", "accumulation": "fp32", **SHAPES["select-tree-held"]},
    "fp8_e4m3-mu1": {"activation": "fp8_e4m3", **SHAPES["mu1"]},
    "fp8_e4m3-wide": {"activation": "fp8_e4m3", "accumulation": "fp32", **SHAPES["mu2"]},
    "fp8_e5m2-mu3": {"activation": "fp8_e5m2", **SHAPES["mu3-rows"]},
    "fp32-mu2": {"activation": "fp32", **SHAPES["mu2"]},
    "fp16-multiplier": {"activation": "fp16", **SHAPES["select"], "architecture": "multiplier"},
    "bf16-multiplier-held": {
        "activation": "bf16",
        "accumulation": "fp32",
        **SHAPES["select-tree-held"],
        "architecture": "multiplier",
    },
    "fp8_e4m3-multiplier": {"activation": "fp8_e4m3", **SHAPES["select"], "architecture": "multiplier"},
}
CORES |= {f"native-{name}": {"datapath": "native", **core} for name, core in NATIVE.items()}

# Float units of one to three stages, and more: every datapath, architecture and dataflow, formats in turn.
KINDS: dict[str, dict[str, Any]] = {
    "mu3": {"group_size": 3},
    "select": {"architecture": "select"},
    "multiplier": {"architecture": "multiplier"},
}
FORMATS = {
    "native": ("bf16", "fp16", "fp8_e4m3", "fp32"),
    "exact": EXACT,
    "aligned": ("fp16", "bf16", "fp8_e5m2", "fp8_e4m3"),
}
for number, (datapath, kind, held, stages) in enumerate(
    itertools.product(FORMATS, KINDS, (False, True), (1, 2, 3))
):
    CORES[f"{datapath}-{kind}-{'held' if held else 'streamed'}-stages{stages}"] = {
        "activation": FORMATS[datapath][number % len(FORMATS[datapath])],
        "datapath": datapath,
        **({"aligned_bits": 9 + number % 12} if datapath == "aligned" else {}),
        **({"accumulation": "fp32"} if datapath != "exact" and number % 4 == 3 else {}),
        **KINDS[kind],
        "tables": 2 + number % 2,
        "columns": 2,
        **({"dataflow": "table_stationary", "outputs": 3 + 5 * (number % 3)} if held else {}),
        "pipeline": {
            "table": ("entries", "activations")[number % 2],
            "fetch": number % 3 == 0,
            "reduction_every": number % 4 // 2,
            "float_stages": stages,
        },
    }
CORES["native-mu2-stages7"] = {"activation": "fp16", **SHAPES["mu2"], "pipeline": {"float_stages": 7}}
CORES["aligned-multiplier"] = {
    "activation": "fp16",
    "datapath": "aligned",
    "aligned_bits": 11,
    **SHAPES["select"],
    "architecture": "multiplier",
}


def _takes_long(name: str) -> bool:
    """Of pipelined units two stages stand for all, three where there are tables, and one dataflow where
    integers are inside; of exact formats two. The rest are long proofs."""
    datapath, _, rest = name.partition("-")
    plain = rest.startswith(("select-", "multiplier-"))
    pipelined = name.endswith("stages1") or (plain and name.endswith("stages3"))
    other = {"exact": "-streamed-stages2", "aligned": "-held-stages2"}.get(datapath)
    integers = plain and other is not None and name.endswith(other)
    return pipelined or integers or name.startswith("fp8_e5m2-exact")


QUICK = [name for name in CORES if not _takes_long(name)][::4]
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.exhaustive) for name in CORES]


@pytest.mark.parametrize("name", NAMES)
def test_float_core_is_bit_exact_and_on_time(name: str) -> None:
    config = CoreConfig.parse({"max_reduction": 37, **CORES[name]})
    driver: Driver = "axi" if name.endswith("-held") else "lean"
    test = f"tests/rtl/test_float_cores.py::test_float_core_is_bit_exact_and_on_time[{name}]"
    assert_bit_exact(config, driver, 1, f".venv/bin/python -m pytest '{test}'")


@pytest.mark.parametrize(
    "datapath", [pytest.param("native", marks=pytest.mark.exhaustive), "exact", "aligned"]
)
def test_pipelining_never_changes_a_result(datapath: str) -> None:
    bits = {"aligned_bits": 14} if datapath == "aligned" else {}
    shape = {"group_size": 2, "tables": 4, "columns": 2, "max_reduction": 37}
    outputs = []
    deep: dict[str, Any] = {"fetch": True, "reduction_every": 1}
    if datapath == "exact":
        deep["float_stages"] = 3
    for stages, pipeline in ((0, LATE), (3, deep)):
        core = CoreConfig.parse(
            {"activation": "fp16", "datapath": datapath, **bits, **shape, "pipeline": pipeline}
        )
        assert plan_for(core).pipeline_stages == stages
        layer = LayerData.random(core, 37, 8, tokens=5, seed=9)
        result = simulate_sessions(core, [Session([layer]), Session([layer], stalls=Streams(0.3, 0.3, 0.3))])
        assert result.passed, result.failures
        outputs += result.outputs
    for other in outputs[1:]:
        np.testing.assert_array_equal(other, outputs[0])
