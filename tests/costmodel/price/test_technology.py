"""Technology files: what is shipped, what is written is read again, what is wrong is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS
from costmodel.price.technology import Technology, TechnologyError, load_technology, shipped_technologies

TEXT = st.text(st.characters(codec="utf-8"))


def test_asap7_is_shipped_with_where_it_comes_from() -> None:
    technology = load_technology("asap7")
    assert "asap7" in shipped_technologies()
    assert set(technology.area_um2) == set(AREA_COMPONENTS)
    assert set(technology.delay_ps) == set(DELAY_COMPONENTS)
    assert all(price >= 0 for price in (*technology.area_um2.values(), *technology.delay_ps.values()))
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
    assert read.model_dump(exclude={"area_um2", "delay_ps", "fit"}) == shipped.model_dump(
        exclude={"area_um2", "delay_ps", "fit"}
    )
    for name, value in shipped.area_um2.items():
        assert read.area_um2[name] == pytest.approx(value, rel=1e-5)
    assert read.fit.keys() == shipped.fit.keys()


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.dictionaries(TEXT, TEXT, max_size=3))
def test_any_text_in_a_technology_is_read_as_written(text: str, versions: dict[str, str]) -> None:
    values = {"name": text, "library": text, "corner": text, "versions": versions}
    technology = load_technology("asap7").model_copy(update=values)
    read = Technology.parse(technology.to_toml(), "written")
    assert {key: getattr(read, key) for key in values} == values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("register = ", "registers = ", 1), r"area_um2.register is missing"),
        (lambda text: text.replace("[area_um2]", "[area_um2]\nflux = 1"), r"unknown key 'area_um2.flux'"),
        (lambda text: text.replace("[delay_ps]", "[delay_ps]\nfoo = 1"), r"unknown key 'delay_ps.foo'"),
        (lambda text: text.replace("date = ", "date = x", 1), r"not TOML"),
        (lambda text: text.replace("[area_um2]", "[area_um2]\nmood = 'good'"), r"area_um2.mood: .* number"),
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
    wrong = "\n".join("gate = nan" if line.startswith("gate = ") else line for line in text.splitlines())
    with pytest.raises(TechnologyError, match=r"area_um2.gate = nan: a finite number is expected"):
        Technology.parse(wrong, "here")


def test_an_unknown_technology_and_an_unreadable_file_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TechnologyError, match="technology 'tsmc2' is unknown: asap7"):
        load_technology("tsmc2")
    with pytest.raises(TechnologyError, match="No such file"):
        load_technology(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TechnologyError, match="not a text file"):
        load_technology(str(tmp_path / "binary.toml"))
