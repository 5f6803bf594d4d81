"""Verilog to an executable, by Verilator and the C++ compiler, kept in the user's cache.

Of a model for cocotb only the top's ports are visible: a design whose every signal is public can hardly be
optimised. A block with many instances is Verilated once, on its own, where the design is wide: a 64 × 64 core
takes Verilator then a half second instead of four to nine.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sim.cache import forget_old_models, place, publish
from sim.compiler import (
    VERILATOR_ROOT,
    SimulationError,
    call,
    compile_command,
    digest,
    side_by_side,
    toolchain,
)
from sim.program import COCOTB, Program
from sim.runtime import Runtime

__all__ = ["BuildOptions", "SimulationError", "build"]

MODEL_FLAGS = ("--cc", "--x-initial", "unique", "-Wno-fatal", "-Wno-lint", "-Wno-MODDUP")
"""Registers start at random values, so that a design that needs no reset in simulation alone is found out."""

SHARED_FLAGS = ("-fno-gate", "-fno-dfg")
"""Without these two passes the instances of a block stay alike, and Verilator makes one function for all."""

WAVE_FLAGS = ("--trace-fst",)
SPLIT = 20_000
"""Size (in Verilator's nodes) above which a model is cut into files that compile side by side."""

PIECE = 1_000_000
"""Bytes of C++ that are worth a compiler of their own, which takes a half second whatever it compiles; with
optimisation half as many."""


@dataclass(frozen=True)
class BuildOptions:
    """How a model is built.

    ``shared`` names modules with many instances that are to share their code, which makes a wide design
    quick to build and slower to run. ``apart`` names modules that are made on their own, each with one
    model an instance, behind Verilator's library interface: quicker still to build. ``optimise`` is the
    compiler's -O level of the model.
    """

    shared: Sequence[str] = ()
    apart: Sequence[str] = ()
    waves: bool = False
    optimise: int = 0


def build(
    verilog: str,
    top: str,
    recipe: BuildOptions = BuildOptions(),
    program: Program = COCOTB,
    runtime: Runtime | None = None,
) -> Path:
    """The executable of ``program`` around ``top`` in ``verilog``, from the cache if it was made before.

    ``runtime`` is one that was begun earlier with the same ``program``. Raises
    ``SimulationError`` where a tool is missing or refuses the design.
    """
    parts = "\0".join([*recipe.shared, "", *recipe.apart])
    flags = f"{recipe.waves}{recipe.optimise}"
    key = digest(toolchain(), verilog, parts, flags, program.text, *MODEL_FLAGS, *SHARED_FLAGS)
    target = place(f"{top}-{key}")
    executable = target / top
    if not executable.exists():
        ready = runtime or Runtime(program, waves=recipe.waves)
        publish(target, lambda directory: _build(directory, verilog, top, recipe, program, ready))
        forget_old_models(target.parent)
    with contextlib.suppress(OSError):
        os.utime(target)
    return executable


def _build(
    directory: Path, verilog: str, top: str, recipe: BuildOptions, program: Program, runtime: Runtime
) -> None:
    """Make the executable, and nothing else, in ``directory``."""
    with tempfile.TemporaryDirectory(prefix="model-", dir=directory.parent) as scratch:
        work, headers = Path(scratch), runtime.headers(recipe.optimise)
        models = _verilate(work, verilog, top, recipe, program)
        units = [unit for model in models for unit in _units(model, PIECE >> recipe.optimise)]
        units[0].write_text(f'#include "{program.main}"\n' + units[0].read_text(), encoding="utf-8")
        objects = [unit.with_suffix(".o") for unit in units]
        command = compile_command(recipe.waves, f"-O{recipe.optimise}")
        command += ["-include", headers.result(), *(f"-I{model}" for model in models)]
        side_by_side(
            [*command, f"-I{program.main.parent}", "-c", unit, "-o", made]
            for unit, made in zip(units, objects, strict=True)
        )
        linker: list[str | Path] = [*compile_command(recipe.waves, "-O0")[:1], "-o", directory / top]
        call([*linker, *objects, *runtime.library, "-pthread", *program.link], work)


def _verilate(work: Path, verilog: str, top: str, recipe: BuildOptions, program: Program) -> list[Path]:
    """The directories with the C++ of the top, and of the modules that are made apart."""
    source, settings = work / f"{top}.v", work / "settings.vlt"
    source.write_text(verilog, encoding="utf-8")
    lines = ["`verilator_config", *(f'no_inline -module "{module}"' for module in recipe.shared)]
    public = f'public_flat_rw -module "{top}" -port "*"'
    settings.write_text("\n".join([*lines, *([public] if program.public else []), ""]), encoding="utf-8")
    flags: list[str | Path] = [VERILATOR_ROOT / "bin" / "verilator_bin", *MODEL_FLAGS]
    flags += ["--output-split", str(SPLIT), "--output-split-cfuncs", str(SPLIT)]

    def apart(module: str) -> Path:
        model = work / module
        options = ["--prefix", f"V{module}", "--lib-create", module, "--top-module", module]
        call([*flags, *options, "-Mdir", model, source], work)
        return model

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        libraries = list(pool.map(apart, recipe.apart))
    # Their interfaces come first: of modules with the same name Verilator takes the first.
    interfaces = [model / f"{model.name}.sv" for model in libraries]
    flags += [
        *program.verilate,
        *(SHARED_FLAGS if recipe.shared else ()),
        *(WAVE_FLAGS if recipe.waves else ()),
    ]
    model = work / "model"
    call(
        [*flags, "--prefix", "Vtop", "--top-module", top, "-Mdir", model, settings, *interfaces, source], work
    )
    return [model, *libraries]


def _units(model: Path, piece: int) -> list[Path]:
    """What is to be compiled: a small model in one piece, a large one in pieces of some ``piece`` bytes."""
    sources = sorted(model.glob("*.cpp"), key=lambda path: -path.stat().st_size)
    total = sum(path.stat().st_size for path in sources)
    bins = max(1, min(total // piece, os.cpu_count() or 1))
    lots: list[list[Path]] = [[] for _ in range(bins)]
    for path in sources:
        min(lots, key=lambda lot: sum(p.stat().st_size for p in lot)).append(path)
    units = []
    # The smallest first: it is where the program is added.
    for number, lot in enumerate(reversed(lots)):
        unit = model / f"unit{number}.cc"
        unit.write_text("".join(f'#include "{path}"\n' for path in lot), encoding="utf-8")
        units.append(unit)
    return units
