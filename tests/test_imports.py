"""What may be imported by whom."""

from __future__ import annotations

import subprocess
import sys

import pytest

HDL = ("amaranth", "pyosys")


@pytest.mark.parametrize(
    "package", ["costmodel.price", "generator.plan", "generator.softfloat", "sim.reference"]
)
def test_prices_plans_and_the_reference_need_no_hardware_description(package: str) -> None:
    """In a process of its own, because other tests have imported everything."""
    program = (
        "import importlib, pkgutil, sys\n"
        f"top = importlib.import_module({package!r})\n"
        "for module in pkgutil.iter_modules(getattr(top, '__path__', ()), top.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        f"print([name for name in {HDL!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
