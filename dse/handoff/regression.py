"""The cocotb regression of a hand-off: our test programs as they are, and the core's golden vectors."""

from __future__ import annotations

from importlib import resources

from dse.handoff.lists import list_files
from dse.handoff.templates import text_of
from dse.handoff.vectors import vector_files
from generator.plan import CorePlan
from generator.plan.accelerator import AcceleratorPlan

RUNNERS = ("Makefile", "launch.py", "run.py")
PROGRAMS = (*RUNNERS, "axi_stream.py", "golden.py", "test_core.py")
BENCH = ("axi_memory.py", "axi_protocol.py")
"""What the simulation of an accelerator here is made with, too."""


def regression_files(plan: CorePlan) -> dict[str, str]:
    """Path below ``regression/`` → text, for a core with its streams."""
    files = {name: text_of(f"regression/{name}") for name in PROGRAMS}
    return files | {f"vectors/{name}": text for name, text in vector_files(plan).items()}


def accelerator_regression(axi: AcceleratorPlan) -> dict[str, str]:
    """Path below ``regression/`` → text, for an accelerator."""
    files = {name: text_of(f"regression/{name}") for name in RUNNERS}
    files |= {name: resources.files("sim").joinpath(name).read_text(encoding="utf-8") for name in BENCH}
    files["test_core.py"] = text_of("regression/test_accelerator.py")
    return files | {f"vectors/{name}": text for name, text in list_files(axi).items()}
