"""The cocotb regression of a hand-off: our test programs as they are, and the core's golden vectors."""

from __future__ import annotations

from dse.handoff.templates import text_of
from dse.handoff.vectors import vector_files
from generator.plan import CorePlan

PROGRAMS = ("Makefile", "axi_stream.py", "golden.py", "launch.py", "run.py", "test_core.py")


def regression_files(plan: CorePlan) -> dict[str, str]:
    """Path below ``regression/`` → text."""
    files = {name: text_of(f"regression/{name}") for name in PROGRAMS}
    return files | {f"vectors/{name}": text for name, text in vector_files(plan).items()}
