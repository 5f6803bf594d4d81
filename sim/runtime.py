"""What all builds share: Verilator's headers precompiled, and its run-time library."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sim.cache import place, publish
from sim.compiler import CXX_FLAGS, VERILATOR_ROOT, call, compile_command, digest, side_by_side, toolchain
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

    if not target.exists():
        publish(target, make)
    return target / "headers.h"


def library(program: Program, waves: bool) -> Path:
    """Verilator's run-time library ``runtime.a``."""
    groups = [*program.library, *([(WAVES,)] if waves else [])]
    target = place(f"library-{digest(toolchain(), *CXX_FLAGS, str(groups), program.library_optimise)}")

    def make(directory: Path) -> None:
        command = [*compile_command(waves, program.library_optimise), f"-I{HERE / 'compression'}"]
        units = [directory / f"{group[0]}.cc" for group in groups]
        for unit, group in zip(units, groups, strict=True):
            text = "".join(f'#include "{VERILATOR_ROOT / "include" / name}.cpp"\n' for name in group)
            unit.write_text(text, encoding="utf-8")
        objects = [unit.with_suffix(".o") for unit in units]
        side_by_side([*command, "-c", unit, "-o", made] for unit, made in zip(units, objects, strict=True))
        call(["ar", "-rcs", directory / "runtime.a", *objects], directory)
        for made in (*units, *objects):
            made.unlink()

    if not target.exists():
        publish(target, make)
    return target / "runtime.a"


class Runtime:
    """Headers and library in the making, while the caller does something else."""

    def __init__(self, program: Program, *, waves: bool = False, optimise: int = 0) -> None:
        toolchain()  # A missing compiler is told here, once.
        pool = ThreadPoolExecutor(2)
        self._headers: Future[Path] = pool.submit(headers, program, waves, optimise)
        self._library: Future[Path] = pool.submit(library, program, waves)
        pool.shutdown(wait=False)

    @property
    def headers(self) -> Path:
        return self._headers.result()

    @property
    def library(self) -> Path:
        return self._library.result()
