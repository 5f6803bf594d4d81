"""Seconds, memory and rate of five sweeps: the shipped ones, two of all architectures and formats with five
objectives (5 million points a second are wanted, 4 million where one is energy), and one of 50 million points
(60 s and 3 GB at most)."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPECS = Path(__file__).with_name("specs")
SWEEPS = {
    "request": Path("examples/bitnet-2b4t.toml"),
    "datapath": Path("examples/datapath.toml"),
    "five objectives": SPECS / "five-objectives.toml",
    "energy": SPECS / "energy.toml",
    "50 million": SPECS / "fifty-million.toml",
}


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before we start")
    for name, spec in SWEEPS.items():
        with tempfile.TemporaryDirectory() as directory:
            command = [sys.executable, "-m", "dse.cli", "sweep", str(spec), "-o", directory, "--json"]
            before, started = used(), time.perf_counter()
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            seconds, spent = time.perf_counter() - started, used() - before
        figures = json.loads(answer)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        print(
            f"{name}: {figures['points']:,} points, {figures['pareto']:,} on the front; {seconds:.1f} s, "
            f"{spent:.0f} s of processor, {peak:.0f} MB in the largest process so far; judged at "
            f"{figures['points_per_second'] / 1e6:.1f} million points a second, pricing and report aside",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.1f} at the end")


def used() -> float:
    """Processor seconds of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
