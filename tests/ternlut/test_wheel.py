"""The wheel has everything, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = [name.removesuffix("*") for name in SETUPTOOLS["packages"]["find"]["include"]]


def data_files() -> set[Path]:
    """What the packages hold besides Python's own files, as the repository has it."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {path for path in files if path.suffix not in (".py", ".pyc") and ".mypy_cache" not in path.parts}


def test_all_data_of_the_packages_is_packed() -> None:
    patterns = SETUPTOOLS["package-data"]
    packed = {path for name, globs in patterns.items() for glob in globs for path in (ROOT / name).glob(glob)}
    assert len(data_files()) > 20
    assert data_files() - packed == set()


@pytest.mark.exhaustive
def test_the_wheel_works_from_any_folder(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    copy = tmp_path / "source"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split():
        if name.partition("/")[0] in (*PACKAGES, "examples", "pyproject.toml", "README.md", "LICENSE"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, check=True)
    (wheel,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    user = tmp_path / "user"
    user.mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}

    def ternlut(*arguments: str) -> str:
        command = [sys.executable, "-m", "ternlut", *arguments]
        return subprocess.run(
            command, cwd=user, env=environment, capture_output=True, text=True, check=True
        ).stdout

    where = [sys.executable, "-c", "import ternlut; print(ternlut.__file__)"]
    done = subprocess.run(where, cwd=user, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path / "installed"))
    ternlut("init")
    ternlut("generate", "core.toml", "-o", "core")
    ternlut("simulate", "core.toml", "--fast")
    assert "report: ternlut-out/tiny/report.html" in ternlut("sweep", "tiny.toml")
    assert (user / "core" / "regression" / "run.py").is_file()
