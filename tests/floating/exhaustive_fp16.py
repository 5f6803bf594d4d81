"""All 2^32 pairs of fp16 through the Verilated combinational adder, against the processor's own conversion.

``python -m tests.floating.exhaustive_fp16 [--threads T]``. It can be stopped at any time and continues
where it was; what is finished is kept in ``build/``, under the hash of the adder's Verilog.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.floating import FloatAdder
from generator.formats import FLOATS
from generator.plan import FloatAdderPlan
from generator.verilog import to_verilog
from sim.compiler import compile_command
from tests.floating.rtl import runtime, verilate

SOURCE = Path(__file__).with_suffix(".cpp")
BUILD = Path(__file__).parents[2] / "build" / "exhaustive_fp16"


def run(threads: int) -> int:
    """0 if every sum is right, 1 if not. Prints the first wrong sum of each block."""
    adder = FloatAdder(FloatAdderPlan(FLOATS["fp16"]))
    directory = BUILD / hashlib.sha256(to_verilog(adder).text.encode()).hexdigest()[:16]
    program = directory / "exhaustive"
    if not program.exists():
        directory.mkdir(parents=True, exist_ok=True)
        sources = [SOURCE, *verilate(adder, directory), *runtime()]
        unfinished = directory / "unfinished"
        flags = ["-march=native", f"-I{directory}", "-pthread"]
        subprocess.run([*compile_command(False, "-O3"), *flags, "-o", unfinished, *sources], check=True)
        unfinished.replace(program)
    return subprocess.run([program, directory / "state", str(threads)], check=False).returncode


@pytest.mark.exhaustive
def test_all_fp16_sums_are_the_processors() -> None:
    assert run(len(os.sched_getaffinity(0))) == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return run(parser.parse_args().threads)


if __name__ == "__main__":
    sys.exit(main())
