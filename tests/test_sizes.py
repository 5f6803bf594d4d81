"""Files and functions are short enough to be read at once."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["packages"]
PROGRAMS = ("benchmarks", "docs", "examples", "tests")
"""Folders of what is in no package."""

FILE_LINES, FUNCTION_LINES = 400, 60


def too_long(source: str, where: str) -> Iterator[str]:
    """What is longer than it may be in ``source``: the file itself, functions without their decorators."""
    if (lines := len(source.splitlines())) > FILE_LINES:
        yield f"{where}: {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{where}:{node.lineno}: {node.name} has {length} lines"


def test_no_file_and_no_function_is_too_long() -> None:
    files = [file for folder in (*PACKAGES, *PROGRAMS) for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    assert [
        line for file in files for line in too_long(file.read_text("utf-8"), str(file.relative_to(ROOT)))
    ] == []


def test_what_is_too_long_is_noticed() -> None:
    body = "    pass\n" * 59
    assert list(too_long(f"def short():\n{body}", "a.py")) == []
    assert list(too_long(f"def long():\n{body}    pass\n", "a.py")) == ["a.py:1: long has 61 lines"]
    inner = "class A:\n    async def long(self):\n" + "        pass\n" * 60
    assert list(too_long(inner, "a.py")) == ["a.py:2: long has 61 lines"]
    assert list(too_long("x = 1\n" * 401, "a.py")) == ["a.py: 401 lines"]
