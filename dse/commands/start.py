"""The command that writes files to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dse.commands.options import AsJson, UsageError
from dse.presentation.answers import say
from dse.presentation.terminal import say_json
from generator.files import output_directory, write_text

FILES = {"core.toml": "core.toml", "tiny.toml": "tiny.toml", "checkpoint.py": "checkpoint.py.txt"}
"""What is written, and the name under which it ships."""

HERE = ("examples/checkpoint/make.py", "checkpoint.py"), ("examples/", "")
"""How the files are called where they ship, and where they are written."""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write.", show_default="this folder")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a core file, a spec and a program that makes a checkpoint, to start from."""
    from importlib import resources

    for name in FILES:
        if (directory / name).exists() or (directory / name).is_symlink():
            raise UsageError(f"{directory / name}: is there already, and init replaces nothing")
    output_directory(directory)
    for name, shipped in FILES.items():
        text = resources.files("dse.commands").joinpath("data", shipped).read_text(encoding="utf-8")
        for before, after in HERE:
            text = text.replace(before, after)
        write_text(directory / name, text)
    if as_json:
        say_json({"files": [str(directory / name) for name in FILES]})
        return
    core, spec, checkpoint = (directory / name for name in FILES)
    say(
        f"{core}: a core; ternlut estimate {core} prices it\n"
        f"{spec}: a space of cores; ternlut sweep {spec} explores it\n"
        f"{checkpoint}: makes weights; python {checkpoint} block.safetensors, then ternlut inspect it"
    )
