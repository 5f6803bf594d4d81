"""Laws that the area model obeys, and how near it is to synthesis on cores that it was not fitted on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.fit.calibration_cores import calibration_cores
from costmodel.flow.synthesis import shipped_library, synthesize
from costmodel.price.area import AREA_TERMS, PARTS
from costmodel.price.estimate import estimate
from costmodel.price.representative import CONFIG_KEYS
from costmodel.price.technology import load_technology
from costmodel.price.throughput import SCALER_COUNTS, STAGES
from generator.config import CoreConfig
from generator.verilog import emit

ASAP7 = load_technology("asap7")
FLOORS = [("select", 1), ("lut", 2), ("lut", 3), ("lut", 4)]


def floor_core(architecture: str, group_size: int) -> CoreConfig:
    """n = 24, K = 16, int8, N_max = 8192: the cores whose areas are floors of the project."""
    values = {"architecture": architecture, "group_size": group_size, "tables": 24 // group_size}
    return CoreConfig.parse({**values, "columns": 16})


@st.composite
def cores(draw: st.DrawFn) -> dict[str, Any]:
    """Values of a small core that is allowed."""
    architecture = draw(st.sampled_from(["lut", "select", "multiplier"]))
    outputs = draw(st.none() | st.integers(1, 40))
    group_size = draw(st.integers(1, 4)) if architecture == "lut" else 1
    fetch = draw(st.sampled_from(["onehot", "tree"]))
    packs = architecture != "multiplier" and (fetch == "onehot" or group_size == 1)
    return {
        "architecture": architecture,
        "activation": f"int{draw(st.integers(2, 16))}",
        "symmetric": draw(st.booleans()),
        "group_size": group_size,
        "tables": draw(st.integers(1, 12)),
        "columns": draw(st.integers(1, 20)),
        "rows": draw(st.integers(1, 5)),
        "max_reduction": draw(st.integers(48, 1 << 16)),
        "dataflow": "output_stationary" if outputs is None else "table_stationary",
        "outputs": outputs,
        "fetch": fetch,
        "key_packing": draw(st.sampled_from(["none", "base3"])) if packs else "none",
        "pipeline": {
            "table": draw(st.sampled_from(["entries", "activations"])),
            "fetch": draw(st.booleans()),
            "reduction_every": draw(st.integers(0, 3)),
        },
    }


def area(values: dict[str, Any]) -> float:
    return estimate(CoreConfig.parse(values), ASAP7).cost


@given(cores(), st.sampled_from(["tables", "columns", "rows", "max_reduction", "activation"]))
def test_more_of_anything_is_never_smaller(values: dict[str, Any], key: str) -> None:
    # A tile is never longer than a reduction.
    longest = (values["tables"] + 1) * (values["group_size"] + 1)
    values["max_reduction"] = max(values["max_reduction"], longest)
    more = {
        "activation": lambda name: f"int{min(16, int(name.removeprefix('int')) + 1)}",
        "max_reduction": lambda length: 2 * length,
    }.get(key, lambda number: number + 1)
    if values["outputs"] is not None and key == "columns":
        # More columns share the same outputs: each keeps fewer partial sums.
        values["outputs"] = values["columns"]
        grown = {**values, "columns": values["columns"] + 1, "outputs": values["columns"] + 1}
    else:
        grown = {**values, key: more(values[key])}
    assert area(grown) >= area(values)


@given(cores())
def test_a_table_of_one_entry_is_never_priced_below_a_select(values: dict[str, Any]) -> None:
    values["group_size"] = 1
    assert area({**values, "architecture": "lut"}) >= area({**values, "architecture": "select"})


@given(cores())
def test_the_breakdown_sums_to_the_area(values: dict[str, Any]) -> None:
    found = estimate(CoreConfig.parse(values), ASAP7)
    assert set(found.breakdown) == set(PARTS)
    assert sum(found.breakdown.values()) == pytest.approx(found.cost, rel=1e-12)
    assert all(share >= 0 for share in found.breakdown.values())


@pytest.mark.parametrize(
    "datapath", [pytest.param("native", marks=pytest.mark.exhaustive), "exact", "aligned"]
)
@pytest.mark.parametrize(
    ("architecture", "group_size"),
    [
        pytest.param("lut", 2, marks=pytest.mark.exhaustive),
        pytest.param("select", 1, marks=pytest.mark.exhaustive),
        pytest.param("multiplier", 1, marks=pytest.mark.exhaustive),
    ],
)
def test_float_estimates_are_near_synthesis(datapath: str, architecture: str, group_size: int) -> None:
    core = CoreConfig.parse(
        {
            "architecture": architecture,
            "activation": "fp8_e4m3" if architecture == "multiplier" else "fp16",
            "datapath": datapath,
            **({"aligned_bits": 15} if datapath == "aligned" else {}),
            "group_size": group_size,
            "tables": 4,
            "columns": 4,
            "pipeline": {"table": "activations"},
        }
    )
    emission = emit(core)
    synthesized = synthesize(emission.verilog, emission.top, shipped_library())
    assert estimate(core, ASAP7).cost == pytest.approx(synthesized.area_um2, rel=0.1)


def test_every_term_states_known_keys() -> None:
    for term in AREA_TERMS:
        assert set(term.keys) <= set(CONFIG_KEYS)
        assert set(term.count) <= {"rows", "tables", "columns", "group_size", *STAGES, *SCALER_COUNTS}
        assert term.part in PARTS


def test_the_cores_of_the_floors_are_not_calibrated_on() -> None:
    assert not set(calibration_cores()) & {floor_core(*floor) for floor in FLOORS}


@pytest.mark.parametrize(
    ("architecture", "group_size"),
    [FLOORS[0], *(pytest.param(*floor, marks=pytest.mark.exhaustive) for floor in FLOORS[1:])],
)
def test_the_model_is_within_ten_percent_of_synthesis(architecture: str, group_size: int) -> None:
    core = floor_core(architecture, group_size)
    emission = emit(core)
    datapath = synthesize(emission.verilog, emission.datapath, shipped_library())
    modelled = estimate(core, ASAP7)
    tile = modelled.cost - modelled.breakdown["control"]
    assert tile == pytest.approx(datapath.area_um2, rel=0.1)
