"""Seconds and peak memory of the shipped sweep of BitNet b1.58 2B4T (2.9 million points), report included."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TERNLUT = str(Path(sys.executable).with_name("ternlut"))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        command = [TERNLUT, "sweep", "examples/bitnet-2b4t.toml", "-o", directory, "--json"]
        started = time.perf_counter()
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = time.perf_counter() - started
    figures = json.loads(answer)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    rate = figures["points_per_second"] / 1e6
    print(f"{figures['points']:,} points: {seconds:.1f} s, {peak:.0f} MB, {figures['pareto']:,} on the front")
    print(f"judged at {rate:.1f} million points a second, pricing and report aside")


if __name__ == "__main__":
    main()
