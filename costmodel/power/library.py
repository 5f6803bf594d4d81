"""The simulator's program, compiled once for a machine and kept in the user's cache."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

from costmodel.power.errors import PowerError
from generator.files import cache_directory, replacing

SOURCE = Path(__file__).with_name("simulator.cpp")
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC")
COUNTING = {"x86_64": ("-mpopcnt",), "AMD64": ("-mpopcnt",)}
"""Flags that let a machine count bits in one instruction, as all of these have it."""


@cache
def simulator_library() -> ctypes.CDLL:
    """The compiled simulator. Raises ``PowerError`` where there is no compiler, or it fails."""
    name = os.environ.get("CXX", "g++")
    source = SOURCE.read_bytes()
    flags = (*FLAGS, *COUNTING.get(platform.machine(), ()))
    digest = hashlib.sha256(b"\0".join([source, *map(str.encode, (name, platform.machine(), *flags))]))
    built = cache_directory() / "power" / f"simulator-{digest.hexdigest()[:24]}.so"
    if not built.exists():
        compiler = shutil.which(name)
        if compiler is None:
            raise PowerError(f"{name} is missing: the gate-level simulator is C++ (Debian: apt install g++)")
        with replacing(built) as partial:
            done = subprocess.run(
                [compiler, *flags, "-o", str(partial), str(SOURCE)], capture_output=True, text=True
            )
            if done.returncode:
                lines = [line for line in done.stderr.splitlines() if line.strip()]
                complaint = next((line for line in lines if "error" in line), "no message")
                raise PowerError(f"{name} failed on the gate-level simulator: {complaint}")
    library = ctypes.CDLL(str(built))
    library.simulation_new.restype = ctypes.c_void_p
    library.simulation_new.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.simulation_delete.argtypes = [ctypes.c_void_p]
    library.simulation_cycle.argtypes = [
        *(ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
    ]
    library.simulation_changes.restype = ctypes.c_int32
    library.simulation_changes.argtypes = [
        *(ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32)
    ]
    return library
