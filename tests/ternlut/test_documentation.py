"""What the documentation shows of Python works as it is shown; the example notebook runs."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "explore.ipynb"


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page in ``language``."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_somewhere_else")
def test_examples_of_the_page_give_what_it_says() -> None:
    text = "\n".join(blocks(ROOT / "docs" / "python.md", "pycon"))
    example = doctest.DocTestParser().get_doctest(text, {}, "python.md", None, 0)
    assert len(example.examples) > 20
    complaints: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(example, out=complaints.append)
    assert not complaints, "".join(complaints)


@pytest.mark.usefixtures("_somewhere_else")
def test_the_readmes_example_runs() -> None:
    texts = blocks(ROOT / "README.md", "python")
    assert texts
    for text in texts:
        exec(compile(text, "README.md", "exec"), {})


def cells() -> list[dict[str, Any]]:
    """The notebook's code."""
    return [cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_is_kept_without_outputs() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells())


@pytest.mark.usefixtures("_somewhere_else")
def test_the_notebook_runs_from_its_first_cell_to_its_last() -> None:
    world: dict[str, Any] = {}
    for number, cell in enumerate(cells()):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), world)
    assert Path("best-core", "README.md").is_file()
    assert world["result"].passed
    assert len(world["axes"].collections) + len(world["axes"].lines) > 1
