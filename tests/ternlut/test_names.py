"""``ternlut`` hands on what other packages define, when it is used, and nothing else."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import ternlut

SOURCE = Path(ternlut.__file__)
DOCUMENTED = sorted({*ternlut.HOMES.values(), "sim.weights.arrays"})


def names_for_type_checkers() -> dict[str, str]:
    """Name → module of the imports that only a type checker makes."""
    (block,) = (
        node
        for node in ast.parse(SOURCE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_editors_and_programs_see_the_same_names() -> None:
    seen = names_for_type_checkers()
    assert seen.pop("weights") == "ternlut"
    assert seen == ternlut.HOMES
    assert sorted(ternlut.__all__) == sorted([*seen, "weights"])
    assert set(ternlut.__all__) <= set(dir(ternlut))


@pytest.mark.parametrize("name", ternlut.__all__)
def test_every_name_is_there(name: str) -> None:
    value = getattr(ternlut, name)
    if not isinstance(value, ModuleType):
        assert value is getattr(import_module(ternlut.HOMES[name]), name)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = ternlut.simulat  # type: ignore[attr-defined]


def test_importing_it_imports_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import ternlut\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - {'ternlut'}\n"
        "    - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def functions() -> list[tuple[str, Callable[..., object]]]:
    """The public functions, those of ``weights`` too."""
    places = [(name, getattr(ternlut, name)) for name in ternlut.__all__]
    places += [(f"weights.{name}", getattr(ternlut.weights, name)) for name in ternlut.weights.__all__]
    return [(name, value) for name, value in places if callable(value) and not isinstance(value, type)]


@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_of_docstrings_run(module: str) -> None:
    result = doctest.testmod(import_module(module))
    assert not result.failed


def test_every_function_has_an_example() -> None:
    without = [name for name, function in functions() if ">>>" not in (function.__doc__ or "")]
    assert without == ["weights.unpack"]  # Its example is that of ``pack``.


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "ternlut", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"ternlut {ternlut.__version__}\n"
