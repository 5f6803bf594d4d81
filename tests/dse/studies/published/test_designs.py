"""The published designs: what is stated of them elsewhere is what their cores come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from costmodel.price.estimate import estimate
from dse.studies.published.designs import GRADES, PublishedDesign, published_design, published_designs
from generator.alphabets import code_of
from generator.errors import TernlutError
from generator.plan import plan_for

DESIGNS = Path(__file__).parents[4] / "designs"
ALL = sorted(path.stem for path in DESIGNS.glob("*.toml"))

STATED = {
    # weights a cycle, bits of a weight in a key, entries of a table but zero, MHz: by hand
    "ternary-lut-int8": (32 * 32, 4 / 2, 4, 500),
    "ternary-lut-fp16": (32 * 32, 4 / 2, 4, 500),
    "tenet": (4096, (2 + 1 + 1) / 2, 4, 500),
    "platinum": (39 * 5 * 8, 8 / 5, 121, 500),
    "lut-tensor-core": (2 * 64 * 4, 4 / 4, 8, 1000),
    "figlut": (4096 * 4, 4 / 4, 8, 100),
    "figlut-integer": (4096 * 4, 4 / 4, 8, 100),
    "tellme": (384, 5 / 3, 26, 250),
    "t-mac": (1024, 4 / 4, 16, 500),
    "tl2": (768, (4 + 1) / 3, 13, 500),
    "vitallm": (128, 2, 1, 1000),
    "tom": (16 * 10 * 128, 2, 1, 500),
    "sherry": (1024, 1.25, 16, 500),
}


@pytest.fixture(scope="module", params=ALL)
def design(request: pytest.FixtureRequest) -> PublishedDesign:
    return published_design(DESIGNS / f"{request.param}.toml")


def test_every_design_is_stated_once() -> None:
    assert {design.name for design in published_designs(DESIGNS)} == STATED.keys()


def test_a_design_is_what_is_stated_of_it(design: PublishedDesign) -> None:
    rate, bits, entries, clock = STATED[design.name]
    costs = estimate(design.core, clock_mhz=design.clock_mhz)
    assert costs.macs_per_cycle == rate
    assert costs.bits_per_weight == pytest.approx(bits)
    assert len(plan_for(design.core).code.entries) == entries
    assert design.clock_mhz == clock
    assert costs.delay_ps * clock <= 1e6
    assert costs.cost > 0


def test_every_value_has_a_source(design: PublishedDesign) -> None:
    assert {source.grade for source in design.sources.values()} <= set(GRADES)
    assert len(design.sources) > 8
    assert design.approximates


def test_what_is_not_published_is_an_axis(design: PublishedDesign) -> None:
    axes = set(design.spec.axes)
    followed = {"tables": "tile", "columns": "tile"}
    for key in design.unknown - {"activation", "rounding", "dataflow"}:
        assert followed.get(key, key) in axes, key


def test_a_space_holds_what_it_is_compared_to(design: PublishedDesign) -> None:
    spec, core = design.spec, design.core
    assert spec.clock_mhz == design.clock_mhz
    assert spec.reference["tables"] == core.tables
    for key in ("activation", "alphabet", "rows"):
        assert spec.fixed.get(key, type(core).model_fields[key].default) == getattr(core, key)
    assert core.max_reduction >= max(layer.inputs for layer in spec.workload.layers)
    (constraint,) = spec.constraints
    assert int(constraint.split(">=")[1]) in (core.macs_per_cycle, 1534)
    assert core.tile_length in np.ravel(spec.axes["tile"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tables = 16", "tables: a comment behind it"),
        ("tables = 16  # X: somewhere", "tables: a comment behind it"),
        ("tables = 16  # P:", "tables: a comment behind it"),
    ],
)
def test_a_value_without_a_source_is_refused(tmp_path: Path, line: str, said: str) -> None:
    space = (DESIGNS / "spaces" / "tl2.toml").read_text(encoding="utf-8")
    (tmp_path / "spaces").mkdir()
    (tmp_path / "spaces" / "tl2.toml").write_text(space.replace("../tl2", str(DESIGNS / "tl2")), "utf-8")
    text = (DESIGNS / "tl2.toml").read_text(encoding="utf-8")
    kept = [line if old.startswith("tables") else old for old in text.splitlines()]
    (tmp_path / "tl2.toml").write_text("\n".join(kept), "utf-8")
    with pytest.raises(TernlutError, match=said):
        published_design(tmp_path / "tl2.toml")


def test_a_folder_without_designs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TernlutError, match="no core file there"):
        published_designs(tmp_path)


def test_keys_of_the_paper_have_its_widths() -> None:
    """Bits of a weight: 2, 2, 1.67, 1.75 and 1.6 for groups of 1 to 5."""
    widths = [code_of("ternary", size).key_width for size in range(1, 6)]
    assert widths == [2, 4, 5, 7, 8]


def test_tables_have_the_fewest_adders() -> None:
    core = published_design(DESIGNS / "ternary-lut-int8.toml").core
    adders = [plan_for(core.model_copy(update={"group_size": size})).table.adders for size in range(1, 6)]
    assert adders == [0, 2, 10, 36, 116]
