"""What a validation writes and says: whole files, the same figures everywhere, nothing from outside."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.fit.validation import Sample, Validation
from costmodel.price.technology import TechnologyError, load_technology
from dse.studies.validation.page import page_data
from dse.studies.validation.report import FILES, spec, write_validation
from dse.studies.validation.run import run, text_of
from dse.studies.validation.summary import figures, noise_figures
from generator.files import OutputError
from tests.costmodel.validations import made_up
from tests.dse.pages import Page


@pytest.fixture(scope="module")
def validation() -> Validation:
    return made_up()


@pytest.fixture(scope="module")
def written(validation: Validation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("validation") / "out"
    assert [path.name for path in write_validation(directory, validation)] == list(FILES)
    return directory


def test_a_validation_leaves_its_files_and_nothing_else(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)
    assert (written / "validation.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_table_of_cores_is_read_as_written(written: Path, validation: Validation) -> None:
    read = pd.read_csv(written / "cores.csv")
    assert list(read.columns) == list(validation.cores.columns)
    assert list(read["core"]) == list(validation.cores["core"])
    for name in ("synthesized_area", "modelled_area", "area_error", "synthesized_delay", "delay_error"):
        assert read[name].to_numpy() == pytest.approx(validation.cores[name].to_numpy(dtype=float), rel=1e-5)


def test_the_specification_says_how_to_repeat_it(written: Path, validation: Validation) -> None:
    spec = tomllib.loads((written / "spec.toml").read_text(encoding="utf-8"))
    sample = spec["sample"]
    assert sample.pop("permutations") == 2
    assert Sample(**sample) == validation.sample
    assert spec["technology"]["name"] == "asap7"
    assert spec["library"]["sha256"] == validation.origin.digest
    assert spec["library"]["files"] == [path.name for path in validation.origin.files]
    assert spec["versions"]["pyosys"]


@given(st.text(st.characters(codec="utf-8")))
def test_any_name_of_a_library_is_written_as_it_is(name: str) -> None:
    made = made_up()
    read = tomllib.loads(spec(replace(made, origin=replace(made.origin, library=name))))
    assert read["library"]["name"] == name


def test_the_table_of_noise_is_read_as_written(written: Path, validation: Validation) -> None:
    read = pd.read_csv(written / "noise.csv")
    areas = [area for noise in validation.noise for area in noise.cost]
    assert read["area_um2"].to_numpy() == pytest.approx(areas, rel=1e-5)
    assert not read.isna().any().any()


def test_no_file_tells_where_it_was_made(written: Path, validation: Validation) -> None:
    places = {str(written), str(Path.cwd()), str(Path.home()), str(validation.origin.files[0].parent)}
    for name in set(FILES) - {"validation.png"}:
        text = (written / name).read_text(encoding="utf-8")
        assert not [place for place in places if len(place) > 5 and place in text]


def test_the_page_is_whole_small_and_asks_the_network_for_nothing(written: Path) -> None:
    text = (written / "validation.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"https?://|@import|url\(", text)
    assert not [a for a in page.attributes if a[1] in ("src", "href", "action", "data", "srcset")]
    assert not re.search(r"<!--[a-z-]+-->", text)
    assert len(text.encode()) < 1e6
    wanted = set(re.findall(r'\$\("([a-z-]+)"\)', page.scripts[1]))
    assert wanted <= set(page.ids)


def test_the_page_holds_every_core(written: Path, validation: Validation) -> None:
    page = Page((written / "validation.html").read_text(encoding="utf-8"))
    data: dict[str, Any] = json.loads(page.scripts[0])
    assert data == json.loads(json.dumps(page_data(validation)))
    assert [core["core"] for core in data["cores"]] == list(validation.cores["core"])


def test_the_summary_states_the_figures(written: Path, validation: Validation) -> None:
    text = (written / "summary.md").read_text(encoding="utf-8")
    area, delay = validation.errors("area"), validation.errors("delay")
    assert f"Area is off by {area.median:.1f} % in the median, {area.maximum:.1f} % at most" in text
    assert f"Delay is off by {delay.median:.1f} % in the median" in text
    assert f"τ between modelled and synthesized area is {area.tau:.4f}" in text
    assert "1 more could not be synthesized" in text
    for side in validation.worst:
        assert f"| flattened | {sum(side.modelled.values()):,.1f} | {side.flattened:,.1f} |" in text
    for row in re.findall(r"^\|.*\|$", text, re.MULTILINE):
        assert "nan" not in row


def test_figures_are_plain_and_complete(validation: Validation) -> None:
    found = figures(validation)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    errors = validation.cores["area_error"].abs()
    assert found["points"] == len(validation.cores)
    assert found["median_error"] == pytest.approx(errors.median(), abs=1e-3)
    assert found["p90_error"] == pytest.approx(errors.quantile(0.9), abs=1e-3)
    assert found["max_error"] == pytest.approx(errors.max(), abs=1e-3)
    assert found["delay_max_error"] == pytest.approx(validation.cores["delay_error"].abs().max(), abs=1e-3)
    assert 0.9 < found["kendall_tau"] <= 1
    assert set(found["by_numbers"]["area"]) == set(validation.cores["numbers"])
    assert len(found["worst"]) == 2


def test_noise_is_how_far_syntheses_are_from_their_mean(validation: Validation) -> None:
    found = noise_figures(validation)
    # Areas 100, 101, 99 and 50, 50; delays 200, 210, 220 and 9, 9.
    assert (found["cores"], found["syntheses"]) == (2, 5)
    assert found["median_error"] == 0.0
    assert found["max_error"] == pytest.approx(1.0)
    assert found["delay_max_error"] == pytest.approx(100 / 21, abs=1e-3)


def test_a_terminal_is_told_the_same(validation: Validation) -> None:
    text = text_of(validation)
    assert f"{validation.errors('area').maximum:.1f} % at most" in text
    assert "area sized for speed" in text


def test_a_full_disk_leaves_no_half_file(
    validation: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target.name == "summary.md":
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"summary\.md: No space left on device"):
        write_validation(tmp_path, validation)
    assert not [path for path in tmp_path.iterdir() if path.name not in FILES]
    assert not (tmp_path / "summary.md").exists()


def test_coefficients_alone_need_a_library(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(load_technology("asap7").to_toml(), encoding="utf-8")
    with pytest.raises(TechnologyError, match=r"mine\.toml: .* give them with --liberty FILE") as caught:
        run(str(file), [], [], Sample(), 0, 1, lambda what, share: None)
    assert "\n" not in str(caught.value)
