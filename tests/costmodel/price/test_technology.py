"""Technology files: what is shipped, what is written is read again, what is wrong is said in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.price import technology as technologies
from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS
from costmodel.price.technology import (
    Technology,
    TechnologyError,
    load_technology,
    measured_apart,
    shipped_technologies,
)

AREA, DELAY = "[quantities.area.coefficients]", "[quantities.delay.coefficients]"
TEXT = st.text(st.characters(codec="utf-8"))


def test_asap7_is_shipped_with_where_it_comes_from() -> None:
    technology = load_technology("asap7")
    assert "asap7" in shipped_technologies()
    units = {name: (quantity.unit, quantity.over) for name, quantity in technology.quantities.items()}
    assert units == {
        "area": ("µm²", "core"),
        "medium_area": ("µm²", "core"),
        "tight_area": ("µm²", "core"),
        "delay": ("ps", "path"),
        "rippling_delay": ("ps", "path"),
    }
    assert set(technology.quantities["area"].coefficients) == set(AREA_COMPONENTS)
    assert set(technology.delay.coefficients) == set(DELAY_COMPONENTS)
    assert all(price >= 0 for q in technology.quantities.values() for price in q.coefficients.values())
    assert technology.library
    assert technology.flow
    assert technology.versions["pyosys"]
    assert technology.fit["area"].points >= 100
    assert technology.fit["area"].median_percent <= 3
    assert technology.fit["area"].max_percent <= 10


def test_a_technology_file_is_read_as_written(tmp_path: Path) -> None:
    shipped = load_technology("asap7")
    file = tmp_path / "mine.toml"
    file.write_text(shipped.to_toml(), encoding="utf-8")
    read = load_technology(file)
    assert read == shipped


def test_what_is_measured_apart_outlives_other_components(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A technology that is fitted anew keeps its wires and energies, whatever its old file is priced by."""
    shipped = load_technology("asap7")
    folder = tmp_path / "technologies"
    folder.mkdir()
    old = shipped.to_toml().replace("full_adder =", "adder_bit =")
    (folder / "asap7.toml").write_text(old, encoding="utf-8")
    monkeypatch.setattr(technologies.resources, "files", lambda package: tmp_path)
    with pytest.raises(TechnologyError, match="full_adder"):
        Technology.parse(old, "old")
    kept = measured_apart("asap7")
    assert (kept.wires, kept.energy) == (shipped.wires, shipped.energy)
    assert measured_apart("new") == type(kept)()


@pytest.mark.parametrize(
    ("name", "way_out"),
    [("ecp5", "an FPGA's are in its delays; none is"), ("asap7", r"fit.wires` makes one")],
)
def test_who_asks_for_wires_that_were_not_placed_is_told_what_can_be_done(name: str, way_out: str) -> None:
    without = load_technology(name).model_copy(update={"wires": None})
    with pytest.raises(TechnologyError, match=way_out):
        assert without.wire_fit


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.dictionaries(TEXT, TEXT, max_size=3))
def test_any_text_in_a_technology_is_read_as_written(text: str, versions: dict[str, str]) -> None:
    values = {"name": text, "library": text, "corner": text, "versions": versions}
    technology = load_technology("asap7").model_copy(update=values)
    read = Technology.parse(technology.to_toml(), "written")
    assert {key: getattr(read, key) for key in values} == values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("register = ", "registers = ", 1),
            r"quantities.area.coefficients.register is missing",
        ),
        (lambda text: text.replace(AREA, f"{AREA}\nflux = 1"), r"unknown key '.*area.coefficients.flux'"),
        (lambda text: text.replace(DELAY, f"{DELAY}\nfoo = 1"), r"unknown key '.*delay.coefficients.foo'"),
        (lambda text: text.replace('unit = "ps"', 'unit = "ns"'), r"quantities.delay over paths in ps"),
        (
            lambda text: text.replace("quantities.delay", "quantities.slowness"),
            r"quantities.delay over paths",
        ),
        (lambda text: text.replace('tight = "', 'tight = "f'), r"cost.tight = 'ftight_area': did you mean"),
        (lambda text: text.replace('tight = "tight_area"\n', ""), r"cost.tight: Field required"),
        (lambda text: text.replace('tight = "tight_area"', 'tight = "delay"'), r"cost.tight = 'delay': "),
        (lambda text: text.replace('unit = "µm²"', 'unit = "mm²"', 1), r"cost: quantities of one unit"),
        (lambda text: text.replace(AREA, "[area_um2]"), r"quantities.area.coefficients: Field required"),
        (lambda text: f"[area_um2]\n{text.replace('quantities.', 'q.')}", r"written by version 0.1"),
        (lambda text: text.replace("date = ", "date = x", 1), r"not TOML"),
        (lambda text: text.replace(AREA, f"{AREA}\nmood = 'good'"), r"area.coefficients.mood: .* number"),
        (lambda text: text[: len(text) // 4], r"is missing|not TOML|required"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, change: object, message: str) -> None:
    file = tmp_path / "wrong.toml"
    assert callable(change)
    file.write_text(change(load_technology("asap7").to_toml()), encoding="utf-8")
    with pytest.raises(TechnologyError, match=message) as caught:
        load_technology(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_price_must_be_a_finite_number() -> None:
    text = load_technology("asap7").to_toml()
    for place in ("quantities.area.coefficients", "energy.coefficients"):
        before, table, after = text.partition(f"[{place}]")
        wrong = before + table + re.sub(r"^gate = \S+", "gate = nan", after, count=1, flags=re.M)
        with pytest.raises(TechnologyError, match=rf"^here: {place}.gate = nan: a finite number is expected"):
            Technology.parse(wrong, "here")


def test_an_unknown_technology_and_an_unreadable_file_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TechnologyError, match="technology 'tsmc2' is unknown: asap7"):
        load_technology("tsmc2")
    with pytest.raises(TechnologyError, match="No such file"):
        load_technology(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TechnologyError, match="not a text file"):
        load_technology(str(tmp_path / "binary.toml"))
