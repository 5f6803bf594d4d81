"""The FuseSoC core file of a hand-off: file sets, and targets to lint, simulate and synthesize.

Everything is copied to ``core/`` in FuseSoC's work root, arranged as in the hand-off, so that our programs
find their files. The regression runs as a hook: Edalize starts simulators itself for cocotb up to 2.0 alone,
and takes a simulation with failed tests for a good one.
"""

from __future__ import annotations

from collections.abc import Sequence

from dse.handoff.templates import text_of


def core_file(top: str, version: str, modules: Sequence[str], regression: Sequence[str]) -> str:
    """The core file (CAPI 2) of ``top`` with its ``modules`` in order, and of files below ``regression/``."""
    return text_of(
        "core.yaml",
        TOP=top,
        VERSION=version,
        VERILOG=listed([f"{name}.v" for name in modules]),
        TESTS=listed([f"{top}.f", *(f"regression/{name}" for name in sorted(regression))]),
    )


def listed(names: Sequence[str]) -> str:
    """Files of a file set, a line each."""
    return "\n".join(f"      - {name}: {{copyto: core/{name}}}" for name in names)
