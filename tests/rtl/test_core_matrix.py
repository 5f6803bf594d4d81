"""Hand-picked corners of the configuration space, each driven by both the third-party bus model and ours."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from generator.config import CoreConfig
from sim.harness import Driver
from tests.rtl.cores import PORT_CORES, SCALED_FLOATS, assert_bit_exact

FULL_PIPELINE = {"table": "entries", "fetch": True, "reduction_every": 1}
HELD = {"dataflow": "table_stationary", "outputs": 11}

CORES: dict[str, dict[str, Any]] = {
    **{f"mu{mu}": {"group_size": mu, "tables": 2, "columns": 2} for mu in range(1, 7)},
    **{f"mu{mu}-tree": {"group_size": mu, "tables": 2, "columns": 2, "fetch": "tree"} for mu in range(1, 7)},
    **{f"mu{mu}-held": {"group_size": mu, "tables": 2, "columns": 2, **HELD} for mu in (1, 2, 3, 4)},
    **{
        f"mu{mu}-pipelined": {"group_size": mu, "tables": 5, "columns": 3, "pipeline": FULL_PIPELINE}
        for mu in (1, 2, 3)
    },
    **{
        f"mu{mu}-late-table": {
            "group_size": mu,
            "tables": 2,
            "columns": 2,
            "pipeline": {"table": "activations", "fetch": True},
        }
        for mu in (2, 3, 4)
    },
    **{
        f"{name}{bits}": {"architecture": name, "activation": f"int{bits}", "tables": 5, "columns": 3}
        for name in ("select", "multiplier")
        for bits in (2, 8, 16)
    },
    **{
        f"{architecture}-held-pipelined": {
            "architecture": architecture,
            "tables": 7,
            "columns": 3,
            "pipeline": FULL_PIPELINE,
            **HELD,
        }
        for architecture in ("select", "multiplier")
    },
    **{
        f"int{bits}": {"activation": f"int{bits}", "group_size": 3, "tables": 3, "columns": 2}
        for bits in (2, 3, 5, 7, 9, 12, 16)
    },
    **{
        f"int{bits}-symmetric": {
            "activation": f"int{bits}",
            "symmetric": True,
            "group_size": 2,
            "tables": 3,
            "columns": 3,
        }
        for bits in (2, 4, 8)
    },
    **{
        f"rows{rows}-{dataflow}": {
            "rows": rows,
            "group_size": 2,
            "tables": 3,
            "columns": 2,
            "dataflow": dataflow,
            **({"outputs": 8} if dataflow == "table_stationary" else {}),
        }
        for rows in (2, 3)
        for dataflow in ("output_stationary", "table_stationary")
    },
    **{
        f"every{every}-of-{tables}": {
            "group_size": 2,
            "tables": tables,
            "columns": 2,
            "pipeline": {"reduction_every": every},
        }
        for every, tables in ((1, 9), (2, 8), (3, 13), (2, 16), (1, 2))
    },
    **{
        f"held-sums{outputs}": {
            "group_size": 2,
            "tables": 2,
            "columns": 3,
            "dataflow": "table_stationary",
            "outputs": outputs,
            "pipeline": {"fetch": True},
        }
        for outputs in (1, 3, 4, 6, 7, 30)
    },
    **{
        f"carry-save-{name}": {"tables": 5, "columns": 3, "reduction": "carry_save", **core}
        for name, core in {
            "mu1": {"group_size": 1, "tables": 2},
            "mu2": {"group_size": 2, "rows": 2},
            "mu3-pipelined": {"group_size": 3, "columns": 2, "pipeline": FULL_PIPELINE},
            "select-held": {
                "architecture": "select",
                "tables": 9,
                "pipeline": {"reduction_every": 2},
                **HELD,
            },
            "multiplier": {"architecture": "multiplier", "activation": "int4"},
            "narrow": {"group_size": 1, "activation": "int2", "tables": 7, "max_reduction": 7},
        }.items()
    },
    **{
        f"gated-{name}": {"clock_gating": True, "tables": 5, "columns": 3, **core}
        for name, core in {
            "select": {"architecture": "select", "pipeline": FULL_PIPELINE},
            "select-held": {"architecture": "select", **HELD},
            "mu2-held": {"group_size": 2, "rows": 2, "pipeline": FULL_PIPELINE, **HELD},
            "mu3": {"group_size": 3, "columns": 2, "pipeline": {"table": "activations", "fetch": True}},
            "carry-save": {"group_size": 2, "reduction": "carry_save", "pipeline": FULL_PIPELINE},
            "multiplier": {"architecture": "multiplier", "pipeline": {"reduction_every": 2}},
            "native": {"activation": "fp16", "group_size": 2, "pipeline": {"float_stages": 2}},
            "native-held": {
                "activation": "fp8_e4m3",
                "architecture": "multiplier",
                "columns": 2,
                "pipeline": {"fetch": True, "float_stages": 3},
                **HELD,
            },
            "exact": {
                "activation": "fp8_e4m3",
                "datapath": "exact",
                "group_size": 2,
                "pipeline": {"reduction_every": 1, "float_stages": 2},
            },
            "aligned": {
                "activation": "fp16",
                "datapath": "aligned",
                "aligned_bits": 9,
                "accumulation": "fp32",
                "group_size": 2,
                "rows": 2,
                "pipeline": {"table": "activations", "reduction_every": 1, "float_stages": 2},
            },
        }.items()
    },
    "smallest": {"tables": 1, "columns": 1, "max_reduction": 1, "activation": "int2"},
    "smallest-held": {
        "tables": 1,
        "columns": 1,
        "max_reduction": 3,
        "dataflow": "table_stationary",
        "outputs": 1,
    },
    "one-tile-long": {"group_size": 3, "tables": 4, "columns": 4, "max_reduction": 12},
    "wide": {"group_size": 2, "tables": 12, "columns": 16, "max_reduction": 100, "rows": 2},
    **{
        f"packed-{name}": {"key_packing": "base3", "tables": 2, "columns": 3, **core}
        for name, core in {
            "select": {"architecture": "select", "tables": 7, "rows": 2},
            "mu2": {"group_size": 2, "pipeline": FULL_PIPELINE},
            "mu3-held": {"group_size": 3, **HELD},
            "mu4": {"group_size": 4, "columns": 2},
            "mu6": {"group_size": 6, "tables": 1, "columns": 1},
            "mu1-tree": {"group_size": 1, "fetch": "tree", "tables": 5},
            "carry-save": {"architecture": "select", "tables": 6, "reduction": "carry_save"},
            "one-weight": {"architecture": "select", "tables": 1, "columns": 1},
            "fp16": {"activation": "fp16", "group_size": 2},
            "exact": {"activation": "fp8_e4m3", "datapath": "exact", "group_size": 3},
        }.items()
    },
    **{
        name: {"tables": 2, "columns": 3, **core}
        for name, core in {
            "binary-mu4": {"alphabet": "binary", "group_size": 4},
            "binary-mu4-deep": {
                "alphabet": "binary",
                "group_size": 4,
                "table_depth": 3,
                "pipeline": FULL_PIPELINE,
                **HELD,
            },
            "binary-mu5-tree": {"alphabet": "binary", "group_size": 5, "fetch": "tree", "table_depth": 6},
            "binary-mu1": {"alphabet": "binary", "tables": 5, "reduction": "carry_save"},
            "binary-select": {"alphabet": "binary", "architecture": "select", "tables": 7, "rows": 2},
            "multiplier-normal-fp16": {
                "architecture": "multiplier",
                "activation": "fp16",
                "subnormals": False,
                "pipeline": {"float_stages": 1},
            },
            "binary-multiplier": {"alphabet": "binary", "architecture": "multiplier"},
            "binary-fp16": {
                "alphabet": "binary",
                "group_size": 3,
                "activation": "fp16",
                "pipeline": {"float_stages": 2},
            },
            "binary-exact": {
                "alphabet": "binary",
                "group_size": 3,
                "table_depth": 3,
                "activation": "fp8_e4m3",
                "datapath": "exact",
            },
            "binary-aligned-cores": {
                "alphabet": "binary",
                "group_size": 2,
                "activation": "bf16",
                "datapath": "aligned",
                "aligned_bits": 12,
                "cores": 2,
                "split": "inputs",
            },
            "sparse": {"alphabet": "sparse_3_4", "group_size": 4},
            "sparse-deep": {
                "alphabet": "sparse_3_4",
                "group_size": 4,
                "table_depth": 3,
                "pipeline": {"table": "activations", "fetch": True},
            },
            "sparse-tree-held": {"alphabet": "sparse_3_4", "group_size": 4, "fetch": "tree", **HELD},
            "full-mu3": {"symmetry": "full", "group_size": 3, "tables": 5},
            "full-mu2-tree-held": {
                "symmetry": "full",
                "group_size": 2,
                "fetch": "tree",
                "rows": 2,
                "pipeline": FULL_PIPELINE,
                **HELD,
            },
            "full-mu4": {"symmetry": "full", "group_size": 4, "pipeline": {"table": "activations"}},
            "full-carry-save": {"symmetry": "full", "group_size": 3, "tables": 3, "reduction": "carry_save"},
            "full-binary-deep": {
                "symmetry": "full",
                "alphabet": "binary",
                "group_size": 4,
                "table_depth": 4,
            },
            "full-sparse": {
                "symmetry": "full",
                "alphabet": "sparse_3_4",
                "group_size": 4,
                "activation": "int4",
            },
            "full-exact": {
                "symmetry": "full",
                "activation": "fp8_e4m3",
                "datapath": "exact",
                "group_size": 2,
            },
            "full-aligned": {
                "symmetry": "full",
                "activation": "fp16",
                "datapath": "aligned",
                "aligned_bits": 9,
                "group_size": 2,
                "pipeline": {"fetch": True, "float_stages": 1},
            },
            **{
                f"memory-{memory}": {"table_store": "memory", "outputs": 11, **HELD, **core}
                for memory, core in {
                    "mu2": {"group_size": 2, "rows": 2},
                    "mu3-one-bank": {"group_size": 3, "table_banks": 1, "pipeline": FULL_PIPELINE},
                    "mu3-tree": {"group_size": 3, "fetch": "tree", "outputs": 50, "clock_gating": True},
                    "mu3-full-tree": {
                        "group_size": 3,
                        "fetch": "tree",
                        "symmetry": "full",
                        "table_banks": 1,
                        "tables": 5,
                        "reduction": "chain",
                    },
                    "mu2-many-outputs": {"group_size": 2, "outputs": 60, "pipeline": {"fetch": True}},
                    "packed-cores": {
                        "group_size": 2,
                        "key_packing": "base3",
                        "cores": 2,
                        "split": "inputs",
                        "activation": "int4",
                    },
                    "mu4": {"group_size": 4, "symmetric": True, "activation": "int5"},
                    "binary-tree": {
                        "group_size": 3,
                        "alphabet": "binary",
                        "fetch": "tree",
                        "reduction": "carry_save",
                    },
                    "sparse-full": {
                        "group_size": 4,
                        "alphabet": "sparse_3_4",
                        "symmetry": "full",
                        "clock_gating": True,
                    },
                }.items()
            },
            **PORT_CORES,
            "sparse-fp16": {
                "alphabet": "sparse_3_4",
                "group_size": 4,
                "activation": "fp16",
                "pipeline": {"float_stages": 1},
            },
        }.items()
    },
    **{
        f"scaled-{name}": {"tables": 2, "columns": 5, "scale_group": 13, **core}
        for name, core in {
            "mu2": {"group_size": 2},
            "mu3-fast": {
                "group_size": 3,
                "columns": 7,
                "rows": 2,
                "pipeline": {**FULL_PIPELINE, "float_stages": 2},
            },
            "every-cycle": {"group_size": 4, "scale_group": 8, "scale": "bf16", "columns": 2},
            "one-unit": {"scale_group": 20, "scale": "fp8_e4m3", "pipeline": {"fetch": True}},
            "fp32-stages": {"activation": "int16", "scale": "fp32", "pipeline": {"float_stages": 6}},
            "integer": {"group_size": 2, "scale": "int5", "clock_gating": True, "pipeline": FULL_PIPELINE},
            "binary": {"alphabet": "binary", "group_size": 4, "scale": "fp8_e5m2", "cores": 2},
            "sparse": {
                "alphabet": "sparse_3_4",
                "group_size": 4,
                "scale_group": 16,
                "reduction": "carry_save",
            },
            "select-packed": {"architecture": "select", "key_packing": "base3", "rows": 3, "scale": "int8"},
            "multiplier": {"architecture": "multiplier", "scale": "bf16", "pipeline": {"float_stages": 1}},
            **SCALED_FLOATS,
        }.items()
    },
    **{
        f"planes-{name}": {"alphabet": "binary", "tables": 2, "columns": 3, **core}
        for name, core in {
            "two": {"group_size": 4, "weight_bits": 2},
            "three-pipelined": {
                "group_size": 2,
                "weight_bits": 3,
                "tables": 5,
                "rows": 2,
                "pipeline": FULL_PIPELINE,
                "clock_gating": True,
            },
            "four-select": {"architecture": "select", "weight_bits": 4, "tables": 7, "activation": "int2"},
            "chain": {"group_size": 3, "weight_bits": 2, "tables": 4, "reduction": "chain", "cores": 2},
            "late-table": {
                "group_size": 3,
                "weight_bits": 2,
                "activation": "int12",
                "pipeline": {"table": "activations", "fetch": True},
            },
            "inputs": {"group_size": 2, "weight_bits": 3, "cores": 2, "split": "inputs"},
            "full": {"group_size": 3, "weight_bits": 2, "symmetry": "full"},
            "scaled": {"group_size": 4, "weight_bits": 3, "scale_group": 13, "columns": 7},
            "scaled-fast": {
                "group_size": 2,
                "weight_bits": 2,
                "scale_group": 8,
                "scale": "bf16",
                "pipeline": {**FULL_PIPELINE, "float_stages": 2},
            },
        }.items()
    },
}


LARGE = (
    *("mu5", "mu6", "mu6-tree", "packed-mu6", "binary-mu5-tree", "binary-mu1", "sparse", "sparse-fp16"),
    *("gated-native", "gated-native-held", "gated-aligned"),
    *("full-mu4", "full-sparse", "full-binary-deep", "full-aligned"),
    *("full-exact", "full-carry-save", "memory-mu4", "memory-sparse-full", "memory-packed-cores"),
    *("mu4-tree", "mu4-held", "mu3-late-table", "every3-of-13", "held-sums7", "carry-save-narrow"),
    *("int5", "int12", "multiplier2", "select16", "rows3-table_stationary"),
    *("int7", "every2-of-8", "held-sums1", "mu1-pipelined"),
    *("scaled-mu2", "scaled-fp32-stages", "scaled-select-packed", "scaled-multiplier", "scaled-every-cycle"),
    *("scaled-fp16-mu2", "scaled-fp8-multiplier"),
    *("planes-chain", "planes-full", "memory-mu2-many-outputs"),
    *("port-aligned", "port-full-sparse", "port-planes", "port-scaled"),
)
"""Cores that take long to build, or differ little from others."""

RUNS = [
    pytest.param(
        name,
        driver,
        id=f"{name}-{driver}",
        marks=pytest.mark.exhaustive if name in LARGE or number % 4 != (driver == "axi") else (),
    )
    for number, name in enumerate(CORES)
    for driver in get_args(Driver)
]
"""Every fourth core by our own bus model, every fourth by the other one; the rest are long proofs."""


@pytest.mark.parametrize(("name", "driver"), RUNS)
def test_core_is_bit_exact_and_on_time(name: str, driver: Driver) -> None:
    config = CoreConfig.parse({"max_reduction": 61, **CORES[name]})
    test = f"tests/rtl/test_core_matrix.py::test_core_is_bit_exact_and_on_time[{name}-{driver}]"
    assert_bit_exact(config, driver, 1, f".venv/bin/python -m pytest '{test}'")
