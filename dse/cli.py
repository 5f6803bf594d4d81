"""The command line: its commands in the order of its help, and every error one line.

Results go to stdout, as text or with ``--json`` as one object; progress and complaints go to stderr. Exit
status: 0 done, 1 the answer is no, 2 the input is wrong, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import typer

from dse.commands.cores import estimate, generate, synth
from dse.commands.simulation import simulate
from dse.commands.sweep import report, sweep
from dse.commands.technology import calibrate, validate
from dse.commands.weights import inspect, pack
from dse.presentation.terminal import complain
from generator.files import describe

app = typer.Typer(
    help="Explore and generate lookup-table hardware for ternary neural networks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for command in (generate, simulate, inspect, pack, synth, estimate, calibrate, validate, sweep, report):
    app.command()(command)

INTERRUPTED = 130
OURS = ("generator", "costmodel", "sim", "dse")


def is_users(error: Exception) -> bool:
    """Whether an error is the input's fault: ours by kind, the system's, or the command line's."""
    ours = any(base.__module__.partition(".")[0] in OURS for base in type(error).__mro__)
    system = isinstance(error, OSError) and error.errno is not None
    return (ours and not isinstance(error, AssertionError)) or system or hasattr(error, "format_message")


def one_line(error: Exception) -> str:
    """What to tell the user: what, where, what would be right."""
    if isinstance(error, OSError):
        return describe(error)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(message.split()) or type(error).__name__


def main() -> NoReturn:
    """Runs the command line and exits with its status."""
    status: Any = 0
    try:
        status = app(standalone_mode=False, prog_name="ternlut")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if not is_users(error):
            raise
        complain(one_line(error))
        status = 2
    if status == INTERRUPTED:
        complain("interrupted")
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
