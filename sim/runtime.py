"""What all builds share: Verilator's headers precompiled, and its run-time library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sim.cache import place, publish
from sim.compiler import CXX_FLAGS, VERILATOR_ROOT, call, compile_command, digest, toolchain
from sim.program import HERE, Program

WAVES = "verilated_fst_c"


def headers(program: Program, waves: bool, optimise: int) -> Path:
    """The precompiled ``headers.h`` for one -O level: with another g++ refuses them or crashes."""
    names = [*program.headers, *([f"{WAVES}.h"] if waves else [])]
    level = f"-O{optimise}"
    target = place(f"headers-{digest(toolchain(), *CXX_FLAGS, *names, level)}")

    def make(directory: Path) -> None:
        made = directory / "headers.h"
        text = "".join(f'#include "{VERILATOR_ROOT / "include" / name}"\n' for name in names)
        made.write_text(text, encoding="utf-8")
        command = compile_command(waves, level)
        call([*command, "-x", "c++-header", made, "-o", made.with_suffix(".h.gch")], directory)

    return publish(target, make) / "headers.h"


def library(group: Sequence[str], optimise: str) -> Path:
    """The object of a ``group`` of sources of Verilator's run-time library."""
    target = place(f"library-{digest(toolchain(), *CXX_FLAGS, *group, optimise)}")

    def make(directory: Path) -> None:
        unit = directory / "unit.cc"
        text = "".join(f'#include "{VERILATOR_ROOT / "include" / name}.cpp"\n' for name in group)
        unit.write_text(text, encoding="utf-8")
        command = [*compile_command(WAVES in group, optimise), f"-I{HERE / 'compression'}"]
        call([*command, "-c", unit, "-o", directory / f"{group[0]}.o"], directory)
        unit.unlink()

    return publish(target, make) / f"{group[0]}.o"


class Runtime:
    """Library and headers in the making, while the caller does something else."""

    def __init__(self, program: Program, *, waves: bool = False) -> None:
        toolchain()  # A missing compiler is told here, once.
        self._program, self._waves = program, waves
        groups = [*program.library, *([(WAVES,)] if waves else [])]
        self._pool = ThreadPoolExecutor(os.cpu_count())
        self._library = [self._pool.submit(library, group, program.library_optimise) for group in groups]

    def headers(self, optimise: int) -> Future[Path]:
        """The headers for one -O level, begun now."""
        return self._pool.submit(headers, self._program, self._waves, optimise)

    @property
    def library(self) -> list[Path]:
        return [group.result() for group in self._library]
