"""Seconds of processor time of commands that a person waits for, the least of seven runs, and their floors.

Status 1 where one takes longer than its floor: 0.15 s for ``--help``, 0.6 s for ``estimate``. On a machine
that is busy with other things processors are slower than they are; the first line tells by how much.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

TERNLUT = str(Path(sys.executable).with_name("ternlut"))
COMMANDS = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "ternlut --help": ([TERNLUT, "--help"], 0.15),
    "ternlut estimate": ([TERNLUT, "estimate", "examples/core.toml"], 0.6),
}

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Compiled modules are kept, as usual; without them every start compiles everything again."""


def processor_seconds(command: list[str]) -> float:
    """User and system time of one run of ``command`` and what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    missed = False
    for name, (command, floor) in COMMANDS.items():
        seconds = min(processor_seconds(command) for _ in range(7))
        print(f"{name:18} {seconds:.2f} s" + (f", at most {floor:.2f}" if floor else ""))
        missed |= floor is not None and seconds > floor
    sys.exit(missed)


if __name__ == "__main__":
    main()
