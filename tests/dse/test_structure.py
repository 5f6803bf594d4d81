"""How the sub-packages rest on each other: imports run one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import dse

FOLDER = Path(dse.__file__).parent

RESTS_ON = {
    "spec": set(),
    "pricing": {"spec"},
    "engine": {"pricing"},
    "results": {"spec", "pricing", "engine", "presentation"},
    "presentation": {"pricing"},
    "summary": {"spec", "pricing", "results", "presentation"},
    "verification": {"spec", "pricing", "results", "presentation", "summary"},
    "report": {"spec", "pricing", "results", "presentation", "summary"},
    "validation": {"presentation"},
    "claims": {"spec", "pricing", "results", "presentation"},
    "handoff": set(),
}
"""What may be imported by each package; ``sweep`` and then the command line may use all of these."""


def imported(package: Path) -> Iterator[str]:
    """Other packages of ours that one imports, inside functions too."""
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                if name.startswith("dse.") and name.split(".")[1] != package.name:
                    yield name.split(".")[1]


def test_every_package_imports_only_what_it_rests_on() -> None:
    above = {"sweep": set(RESTS_ON), "commands": {*RESTS_ON, "sweep"}}
    allowed = RESTS_ON | above
    packages = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert packages == set(allowed)
    for name in packages:
        assert set(imported(FOLDER / name)) <= allowed[name], name


def test_what_a_package_rests_on_does_not_rest_on_it() -> None:
    def below(name: str) -> set[str]:
        return RESTS_ON[name].union(*map(below, RESTS_ON[name]))

    assert all(name not in below(name) for name in RESTS_ON)
