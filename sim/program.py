"""The two programs that drive a Verilated core: cocotb's, with a testbench in Python, and ours in C++.

``COCOTB`` judges every wire in every cycle; ``DRIVER`` (``sim/verilated``) is for long runs. A model is built
for one of them, because VPI access to its ports costs code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cocotb_tools.config

HERE = Path(__file__).parent
LIBRARIES = cocotb_tools.config.libs_dir


@dataclass(frozen=True)
class Program:
    """A ``main`` around a model, and what it asks of Verilator, the compiler and the linker.

    ``sources``: all that belongs to it, ``main`` first. ``headers``: Verilator's, to be precompiled.
    ``library``: Verilator's run-time sources, those of a group compiled as one, with ``library_optimise``.
    ``public``: whether the top's ports are reached by name.
    """

    sources: tuple[Path, ...]
    headers: tuple[str, ...]
    library: tuple[tuple[str, ...], ...]
    library_optimise: str
    verilate: tuple[str, ...]
    link: tuple[str, ...]
    public: bool

    @property
    def main(self) -> Path:
        return self.sources[0]

    @cached_property
    def text(self) -> str:
        """The sources as one text, which a cached build depends on."""
        return "\n".join(path.read_text(encoding="utf-8") for path in self.sources)


COCOTB = Program(
    sources=(cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp",),
    headers=("verilated.h", "verilated_vpi.h"),
    library=(("verilated", "verilated_threads"), ("verilated_vpi",)),
    library_optimise="-Os",
    verilate=("--vpi",),
    link=(f"-L{LIBRARIES}", f"-Wl,-rpath,{LIBRARIES}", "-lcocotbvpi_verilator"),
    public=True,
)

VERILATED = HERE / "verilated"
DRIVER = Program(
    sources=(VERILATED / "driver.cpp", *sorted(VERILATED.glob("*.h"))),
    headers=("verilated.h", "verilated_dpi.h"),
    library=(("verilated", "verilated_threads"),),
    # It sets up the model and is hardly called afterwards.
    library_optimise="-O0",
    verilate=(),
    link=(),
    public=False,
)
