"""The documentation: what it shows is what its programs make, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from dse.spec.sweep_spec import SweepSpec
from generator.config import load_core

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
FOLDERS = ("generator", "costmodel", "sim", "dse", "ternlut")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    """``docs/refresh.py``, which is a program and in no package."""
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_its_commands_print(
    refresh: ModuleType, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    shown = page.read_text(encoding="utf-8")
    made = refresh.refreshed(page, shown, tmp_path, quick=True)
    assert refresh.differences(page.name, shown, made) == []


def test_a_page_that_is_out_of_date_is_noticed(refresh: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    shown = "```console\n$ echo 384\n383\n```\n"
    made = refresh.refreshed(page, shown, tmp_path, quick=False)
    assert made == "```console\n$ echo 384\n384\n```\n"
    assert refresh.differences("page.md", shown, made)
    # Times differ from run to run, and do not count.
    assert not refresh.differences("page.md", "took 1.2 s\n", "took 3.4 s\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_or_a_heading(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in LINK.findall(text):
        file = page.parent / target if target else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor.removeprefix("#") in anchors(file), f"{page.name}: {target}{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_folder_and_file_of_the_sources_that_a_page_names_exists(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_room_in_the_table_of_folders_exists() -> None:
    text = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    rows = dict(re.findall(rf"^\| `({'|'.join(FOLDERS)})/` \| (.*) \|$", text, re.M))
    assert rows.keys() == set(FOLDERS)
    rooms = [f"{folder}/{room}" for folder, row in rows.items() for room in re.findall(r"`([\w/]+/)`", row)]
    assert len(rooms) > 15
    assert [room for room in rooms if not (ROOT / room).is_dir()] == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as sites make them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_sites_navigation() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert set(re.findall(r"[\w-]+\.md", str(site["nav"]))) == {
        page.name for page in (ROOT / "docs").glob("*.md")
    }


OF_CORES = ("generate", "synth", "estimate", "power", "place", "simulate")
WITH_EXAMPLE = re.compile(r"^(?:\$ )?ternlut (\w+) (examples/\S+\.toml)", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_get_examples_of_their_kind(page: Path) -> None:
    """Whether it is run here or not: a core file where a core is asked for, a spec for a sweep."""
    for command, example in WITH_EXAMPLE.findall(page.read_text(encoding="utf-8")):
        if command in OF_CORES:
            load_core(ROOT / example)
        elif command == "sweep":
            SweepSpec.load(ROOT / example)
