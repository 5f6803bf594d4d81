"""Seconds of commands that a person waits for: the median of seven runs, beside a bare interpreter."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

TERNLUT = str(Path(sys.executable).with_name("ternlut"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "ternlut --help": [TERNLUT, "--help"],
    "ternlut estimate": [TERNLUT, "estimate", "examples/core.toml"],
}


def seconds(command: list[str]) -> float:
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    for name, command in COMMANDS.items():
        print(f"{name:18} {seconds(command):.2f} s")


if __name__ == "__main__":
    main()
