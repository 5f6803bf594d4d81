"""Every circuit counts once: the cores of a space against their Verilog."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from costmodel.price.representative import nested
from dse.pricing.tables import rule_tables
from dse.spec.space import Space
from dse.spec.sweep_spec import SweepSpec
from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.verilog import emit
from tests.dse.specs import model_of, small


def circuit(core: CoreConfig) -> str:
    """A core's Verilog without what it is called; the order of statements has no meaning."""
    emission = emit(core)
    text = re.sub(r"//.*", "", emission.verilog)
    for number, name in enumerate(emission.modules):
        text = re.sub(rf"\b{re.escape(name)}\b", f"module{number}", text)
    return "\n".join(sorted(text.splitlines()))


def space_of(axes: dict[str, Any], fixed: dict[str, Any]) -> Space:
    """A space whose workload every core runs."""
    workload = {"layers": [{"name": "tiny", "inputs": 1, "outputs": 1}]}
    axes = {key: [2] for key in ("tables", "columns") if key not in fixed} | axes
    return Space.of(SweepSpec.parse(small(axes=axes, fixed=fixed, workload=workload, constraints=[]), "spec"))


def counted(space: Space) -> set[int]:
    """Positions that count as cores."""
    mask = np.ones(space.shape, dtype=np.bool_)
    for rule in rule_tables(space):
        mask &= rule
    return set(np.flatnonzero(mask).tolist())


def cores(space: Space) -> dict[int, CoreConfig]:
    """Every combination that a core file may state, keys that change nothing included."""
    valid = {}
    for position in range(space.size):
        digits = space.digits([position])
        chosen = {axis.key: axis.values[int(d[0])] for axis, d in zip(space.axes, digits, strict=True)}
        stated = {key: chosen[key] for key in ("fetch", "pipeline.table") if key in chosen}
        try:
            valid[position] = CoreConfig.parse(nested(space.core(position) | stated))
        except ConfigError:
            continue
    return valid


ARCHITECTURES = ["lut", "select", "multiplier"]
SPACES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "integers": (
        {
            "architecture": ARCHITECTURES,
            "group_size": [1, 2],
            "fetch": ["onehot", "tree"],
            "pipeline": {"table": ["entries", "activations"]},
            "tables": [1, 2],
        },
        {"activation": "int2"},
    ),
    "ranges": (
        {
            "architecture": ARCHITECTURES,
            "symmetric": [False, True],
            "max_reduction": [60, 63, 64],
            "tables": [1, 3],
        },
        {"activation": "int3"},
    ),
    "outputs": (
        {
            "dataflow": ["output_stationary", "table_stationary"],
            "outputs": [3, 4, 5, 8],
            "columns": [1, 2, 4],
        },
        {"activation": "int2"},
    ),
    "levels": (
        {
            "tables": [1, 2, 5],
            "pipeline": {"reduction_every": [0, 1, 2, 3, 4], "fetch": [False, True]},
        },
        {"activation": "int2", "architecture": "select"},
    ),
    "reductions": (
        {
            "tables": [1, 2, 5],
            "reduction": ["tree", "carry_save", "chain"],
            "max_reduction": [5, 6, 9],
            "symmetric": [False, True],
            "pipeline": {"reduction_every": [0, 1, 3]},
        },
        {"activation": "int2", "architecture": "select"},
    ),
    "floats": (
        {
            "architecture": ARCHITECTURES,
            "group_size": [1, 2],
            "datapath": ["native", "exact"],
            "pipeline": {"table": ["entries", "activations"], "float_stages": [0, 2]},
        },
        {"activation": "fp8_e5m2", "columns": 1, "tables": 1},
    ),
    "aligned": (
        {
            "architecture": ["select", "multiplier"],
            "rounding": ["nearest", "truncate"],
            "accumulation": ["fp8_e4m3", "fp32"],
            "pipeline": {"table": ["entries", "activations"], "float_stages": [0, 1]},
        },
        {"activation": "fp8_e4m3", "datapath": "aligned", "aligned_bits": 6, "columns": 1, "tables": 1},
    ),
    "formats": (
        {
            "activation": ["int4", "fp8_e4m3"],
            "symmetric": [False, True],
            "datapath": ["native", "exact"],
            "pipeline": {"float_stages": [0, 1]},
        },
        {"columns": 1, "tables": 1},
    ),
}


LONG = ("floats", "aligned", "reductions")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.exhaustive if name in LONG else ()) for name in SPACES]
)
def test_no_two_cores_of_a_space_have_the_same_verilog_and_none_is_lost(name: str) -> None:
    space = space_of(*SPACES[name])
    circuits = {position: circuit(core) for position, core in cores(space).items()}
    listed = counted(space)
    assert listed <= circuits.keys()
    assert len({circuits[position] for position in listed}) == len(listed)
    assert {circuits[position] for position in listed} == set(circuits.values())


def test_a_variable_counts_once_where_it_makes_the_same_core() -> None:
    """Rounded derivations give the same core for several values of a variable."""
    axes = {"macs": [64, 65, 66, 72], "columns": [4, 8]}
    same = model_of(small(axes=axes, fixed={"architecture": "select"}, derived={"tables": "floor(macs / K)"}))
    cores = [same.space.core(position) for position in sorted(counted(same.space))]
    assert [(core["tables"], core["columns"]) for core in cores] == [(16, 4), (18, 4), (8, 8), (9, 8)]


def test_variables_that_constraints_look_at_tell_designs_apart() -> None:
    axes = {"macs": [65, 64], "columns": [4]}
    model = model_of(
        small(
            axes=axes, fixed={"architecture": "select"}, derived={"tables": "floor(macs / K)"},
            constraints=["macs == tables * columns"], budget={}, clock_mhz=100,
        )
    )  # fmt: skip
    assert len(counted(model.space)) == 2
    passed = np.logical_and.reduce(list(model.judge_picks(np.arange(2))))
    assert passed.tolist() == [False, True]
