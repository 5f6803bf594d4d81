"""Options that several commands have, and what is read from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.errors import TernlutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.price.wires import Wiring
    from generator.config import CoreConfig
    from generator.target import Target
    from sim.weights.reading import Rule
    from sim.weights.tensors import TensorFile
    from sim.weights.ternary import Per

CoreFile = Annotated[Path, typer.Argument(metavar="CORE", help="Core file, TOML.", show_default=False)]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a key of the core file; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def _priced(tech: str) -> str:
    """The technology ``tech``; ``UsageError`` for a fabric that there is none of yet."""
    if Path(tech).suffix != ".toml":
        from costmodel.cells.fabrics import FABRICS
        from costmodel.price.technology import shipped_technologies

        if tech in FABRICS and tech not in shipped_technologies():
            raise UsageError(
                f"--tech {tech}: an FPGA's fabric that cores are counted in by `ternlut synth`, not priced; "
                f"`ternlut calibrate --fabric {tech} --name {tech} -o {tech}.toml` fits a technology to it"
            )
    return tech


Tech = Annotated[
    str,
    typer.Option("--tech", metavar="NAME", help="Technology, shipped or a TOML file.", callback=_priced),
]
LibertyFiles = Annotated[
    list[Path],
    typer.Option(
        "--liberty",
        metavar="FILE",
        help="Liberty file, plain or gzip; repeatable.",
        exists=True,
        dir_okay=False,
    ),
]
DontUse = Annotated[
    list[str],
    typer.Option(
        "--dont-use",
        metavar="PATTERN",
        help="Leave cells of such names out, * and ? stand for any characters; repeatable. Those that open "
        "flows leave out are left out anyway.",
    ),
]
TernaryRule = Annotated[
    str,
    typer.Option(
        "--ternary",
        metavar="RULE",
        help="How tensors become ternary: auto, absmean, threshold, exact, packed or codes.",
    ),
]
PerScale = Annotated[
    str, typer.Option("--per", metavar="tensor|row", help="Scale a tensor as a whole, or each row.")
]
TensorPatterns = Annotated[
    list[str],
    typer.Option(
        "--tensor",
        metavar="PATTERN",
        help="Tensors to read: a name, NAME[3] for one of a stack of experts, or a pattern with * and ?; "
        "may be repeated.",
        show_default="the only one",
    ),
]
I2SLayout = Annotated[
    str,
    typer.Option("--i2s", metavar="x86|arm|rows", help="Layout of I2_S in GGUF files.", show_default="x86"),
]
Activations = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="x[B, N] for --weights, .npy.", show_default="normal ones"),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="W", help="How many processes to work with.", min=1, show_default="one a processor core"
    ),
]


RESULTS = Path("ternlut-out")
"""The folder for results of commands that were told none."""


class UsageError(TernlutError):
    """Options that do not go together or cannot be read."""


def out_path(text: str) -> Path:
    """The value of ``-o``."""
    if not text.strip():
        raise UsageError("-o is empty: a path is expected, . for this directory")
    return Path(text)


def load_core(path: Path, overrides: list[str]) -> CoreConfig:
    """The core file with its overrides."""
    from generator.config import CoreConfig

    return CoreConfig.load(path, overrides)


def load_core_and_target(
    path: Path, overrides: list[str], clock_mhz: float | None = None
) -> tuple[CoreConfig, Target]:
    """The core file with its overrides, and its target, whose clock ``clock_mhz`` replaces if given."""
    from generator.config import load_core

    stated = [] if clock_mhz is None else [f"target.clock_mhz={clock_mhz}"]
    return load_core(path, [*overrides, *stated])


def read_rule(ternary: str, per: str) -> tuple[Rule, Per]:
    """``--ternary`` and ``--per``."""
    from sim.weights.reading import RULES

    for rule in RULES:
        if rule == ternary:
            break
    else:
        raise UsageError(f"--ternary {ternary}: {', '.join(RULES[:-1])} or {RULES[-1]} is expected")
    if per not in ("tensor", "row"):
        raise UsageError(f"--per {per}: tensor or row is expected")
    return rule, "row" if per == "row" else "tensor"


def how_read(tensor: list[str], layout: str, ternary: str, per: str) -> dict[str, bool]:
    """Whether each option is stated that says how ``--weights`` are read."""
    return {
        "--tensor": bool(tensor),
        "--i2s": bool(layout),
        "--ternary": ternary != "auto",
        "--per": per != "tensor",
    }


def refuse_without_weights(options: Mapping[str, bool]) -> None:
    """``UsageError`` for the first of ``options`` that is stated: they are for ``--weights``."""
    for option, stated in options.items():
        if stated:
            raise UsageError(f"{option}: is for --weights")


def read_wires(text: str) -> Wiring:
    """``--wires``."""
    from costmodel.price.wires import WIRINGS

    wiring = next((each for each in WIRINGS if each == text), None)
    if wiring is None:
        raise UsageError(f"--wires {text}: {' or '.join(WIRINGS)} is expected")
    return wiring


def open_weights(path: Path, layout: str) -> TensorFile:
    """The tensors of a file of weights, I2_S in the layout that ``--i2s`` names."""
    from sim.weights.files import open_tensors
    from sim.weights.i2_s import LAYOUTS

    for known in LAYOUTS:
        if known == (layout or LAYOUTS[0]):
            break
    else:
        raise UsageError(f"--i2s {layout}: {', '.join(LAYOUTS[:-1])} or {LAYOUTS[-1]} is expected")
    file = open_tensors(path, known)
    if layout and all(tensor.kind != "I2_S" for tensor in file.tensors.values()):
        raise UsageError(f"--i2s {layout}: {path} holds no tensor of type I2_S")
    return file


def processors() -> int:
    """Processor cores we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
