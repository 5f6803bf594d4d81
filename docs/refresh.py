"""Makes what the documentation shows: outputs of its commands, and tables that follow from data or code.

    python docs/refresh.py            runs everything and rewrites the pages
    python docs/refresh.py --check    changes nothing; status 1 and a diff where a page is out of date
    python docs/refresh.py --quick    leaves out what is marked slow

Two kinds of blocks in a page are made here. A fence of the language ``console`` holds commands after ``$``,
each followed by what it prints; ``console slow`` marks those that take longer than a test may. What stands
between ``<!-- table: NAME -->`` (or ``NAME slow``) and ``<!-- end -->`` is a table of ``docs/tables.py``.
Commands run in an empty folder that has the repository's ``examples``, as the pages say.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

FENCE = re.compile(r"(?P<open>^```console(?P<mark>[^\n]*)\n)(?P<body>.*?)(?P<close>^```$)", re.M | re.S)
TABLE = re.compile(
    r"(?P<open><!-- table: (?P<name>\w+)(?P<mark>[^\n]*) -->\n)(?P<body>.*?)(?P<close><!-- end -->)", re.S
)

VARIES = re.compile(r"\d[\d,.]*(?= (s|ms|minutes)\b)|\d[\d,.]*(?= million points/s)")
"""Figures that no two runs share: times and rates."""


def commands_of(body: str) -> Iterator[str]:
    """The commands of a console block, in their order."""
    for line in body.splitlines():
        if line.startswith("$ "):
            yield line.removeprefix("$ ")


def run(command: str, folder: Path) -> str:
    """What ``command`` prints in ``folder``, complaints included, to a pipe."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    environment.pop("PYTHONUNBUFFERED", None)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def refreshed(page: Path, text: str, folder: Path, quick: bool) -> str:
    """A page's text with its blocks made anew."""
    root = Path(os.path.relpath(ROOT, page.parent))

    def console(block: re.Match[str]) -> str:
        if quick and "slow" in block["mark"]:
            return block[0]
        shown = "".join(f"$ {command}\n{run(command, folder)}" for command in commands_of(block["body"]))
        return block["open"] + shown + ("" if shown.endswith("\n") else "\n") + block["close"]

    def table(block: re.Match[str]) -> str:
        from docs import tables

        if quick and "slow" in block["mark"]:
            return block[0]
        return f"{block['open']}\n{tables.MAKERS[block['name']](root)}\n\n{block['close']}"

    return FENCE.sub(console, TABLE.sub(table, text))


def differences(name: str, before: str, after: str) -> list[str]:
    """A diff of two texts of a page; times and rates do not count."""
    lines = ([VARIES.sub("#", line) for line in text.splitlines()] for text in (before, after))
    return list(difflib.unified_diff(*lines, f"{name} (as it is)", f"{name} (as made)", lineterm="", n=1))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the outputs and tables that the documentation shows.")
    parser.add_argument("--check", action="store_true", help="change nothing, show what is out of date")
    parser.add_argument("--quick", action="store_true", help="leave out commands that are marked slow")
    parser.add_argument("pages", nargs="*", type=Path, help="pages; all unless given")
    asked = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    stale = 0
    for page in asked.pages or PAGES:
        before = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "examples").symlink_to(ROOT / "examples")
            after = refreshed(page.resolve(), before, folder, asked.quick)
        differs = differences(page.name, before, after)
        stale += bool(differs)
        print(*differs, sep="\n", end="\n" if differs else "")
        if differs and not asked.check:
            page.write_text(after, encoding="utf-8")
    return 1 if asked.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
