"""Fabrics and devices: what cells take up, and what parts have."""

from __future__ import annotations

import pytest

from costmodel.cells.fabrics import FABRICS, RESOURCES, FabricError, device_of, devices, fabric_of


def test_the_kv260_has_what_its_data_sheet_says() -> None:
    # DS987, K26 system-on-module: system logic resources.
    has = device_of("kv260", "xcup").capacity
    assert {name: has[name] for name in ("lut", "ff", "bram", "uram", "dsp")} == {
        "lut": 117_120,
        "ff": 234_240,
        "bram": 144,
        "uram": 64,
        "dsp": 1_248,
    }


def test_every_device_is_of_a_known_fabric_and_every_fabric_has_a_device() -> None:
    assert {each.fabric for each in devices().values()} == set(FABRICS)
    for each in devices().values():
        assert set(each.capacity) == set(RESOURCES) - {"carry"}
        assert bool(each.placer) == (each.fabric not in ("xcup", "xc7"))


@pytest.mark.parametrize(
    ("fabric", "cells", "expected"),
    [
        ("xcup", {"LUT2": 3, "LUT6": 2, "INV": 1, "FDRE": 5, "FDSE": 1}, {"lut": 6, "ff": 6}),
        # UG574: a RAM32M16 is the eight lookup tables of a slice, an SRL32 is one.
        ("xcup", {"RAM32M16": 2, "SRLC32E": 1}, {"lut": 17, "lutram": 17}),
        ("xc7", {"RAMB18E1": 3, "DSP48E1": 2, "CARRY4": 7}, {"bram": 1.5, "dsp": 2, "carry": 7}),
        # A slice of two lookup tables is a carry cell.
        ("ecp5", {"LUT4": 10, "CCU2C": 4, "TRELLIS_FF": 3}, {"lut": 18, "carry": 4, "ff": 3}),
        ("gowin", {"LUT1": 1, "ALU": 8, "VCC": 1}, {"lut": 9, "carry": 8}),
    ],
)
def test_cells_are_counted_as_what_they_take_up(
    fabric: str, cells: dict[str, int], expected: dict[str, float]
) -> None:
    counted = fabric_of(fabric).counted(cells)
    assert counted == dict.fromkeys(RESOURCES, 0.0) | expected


def test_shares_of_a_device() -> None:
    device = device_of("zcu102", "xcup")
    shares = device.shares({"lut": device.capacity["lut"] / 2, "uram": 1, "carry": 5})
    assert shares == {"lut": 0.5, "uram": float("inf")}


def test_what_is_no_device_of_a_fabric_is_refused_in_a_line() -> None:
    with pytest.raises(FabricError, match="device 'kv26': did you mean 'kv260'"):
        device_of("kv26", "xcup")
    with pytest.raises(FabricError, match="kv260 is of xcup: one of ecp5 is expected, ulx3s-85f"):
        device_of("kv260", "ecp5")
    with pytest.raises(FabricError, match="fabric 'xcu'"):
        fabric_of("xcu")
