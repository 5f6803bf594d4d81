"""What may be imported by whom: the contracts of ``pyproject.toml``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HDL = ("amaranth", "pyosys")


@pytest.mark.parametrize(
    "package", ["costmodel.price", "generator.plan", "generator.softfloat", "sim.reference"]
)
def test_prices_plans_and_the_reference_need_no_hardware_description(package: str) -> None:
    """In a process of its own, because other tests have imported everything."""
    program = (
        "import importlib, pkgutil, sys\n"
        f"top = importlib.import_module({package!r})\n"
        "for module in pkgutil.iter_modules(getattr(top, '__path__', ()), top.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        f"print([name for name in {HDL!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_contracts_cover_every_package() -> None:
    found = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert sorted(PACKAGES) == sorted(pattern.removesuffix("*") for pattern in found)


def test_imports_keep_the_contracts() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


BREACHES = {
    "sim/reference.py": "import generator.core",
    "costmodel/price/area.py": "from costmodel.flow import synthesis",
    "costmodel/flow/netlist.py": "from generator.plan import Range",
    "generator/keys.py": "import sim.fields",
    "dse/pricing/model.py": "from dse.sweep import run",
    "dse/handoff/scripts.py": "from dse.spec import workload",
}


def test_contracts_see_each_breach(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "data")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    for file, statement in BREACHES.items():
        source = tmp_path / file
        whole = source.read_text(encoding="utf-8")
        source.write_text(f"{whole}\n{statement}\n", encoding="utf-8")
        result = lint_imports(tmp_path)
        assert result.returncode == 1, statement
        assert "BROKEN" in result.stdout
        source.write_text(whole, encoding="utf-8")
