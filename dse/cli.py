"""The command line: its commands in the order of its help, and every error one line.

Results go to stdout, as text or with ``--json`` as one object; progress and complaints go to stderr. Exit
status: 0 done, 1 the answer is no, 2 the input is wrong, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

from dse.commands.cores import estimate, generate, synth
from dse.commands.group import group_of
from dse.commands.listing import list_names
from dse.commands.place import place
from dse.commands.power import power
from dse.commands.simulation import simulate
from dse.commands.start import init
from dse.commands.sweep import report, sweep
from dse.commands.technology import calibrate, validate
from dse.commands.weights import inspect, pack
from dse.presentation.answers import answering, claim_standard_streams, complain, discard, quieten
from generator.files import describe

NAME = "ternlut"
COMMANDS = {
    command.__name__.removesuffix("_names"): answering(command)
    for command in (
        init,
        generate,
        simulate,
        inspect,
        pack,
        synth,
        place,
        power,
        estimate,
        calibrate,
        validate,
        sweep,
        report,
        list_names,
    )
}
"""All commands by their names, in the order in which help lists them."""

app = typer.Typer(
    cls=group_of(COMMANDS),
    help="Explore and generate lookup-table hardware for ternary neural networks.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def show_version(wanted: bool) -> None:
    """Prints the version and ends the program."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=show_version)
    ] = False,
) -> None:
    """Explore and generate lookup-table hardware for ternary neural networks."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


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
    if hasattr(error, "format_message"):
        return " ".join(_of_command_line(error).split())
    return " ".join(str(error).split()) or type(error).__name__


def _of_command_line(error: Any) -> str:
    """What typer says of options and arguments, as we say things."""
    message = str(error.format_message()).partition(" (Possible options:")[0].removesuffix(".")
    if possible := getattr(error, "possibilities", None):
        message += f", did you mean {' or '.join(sorted(possible))}?"
    option, separator, wanted = message.removeprefix("Invalid value for ").partition(": Input should be ")
    if not separator:
        return message
    wanted = wanted.partition(", unable to parse")[0].replace("a valid", "a")
    return f"{option}: {wanted} is expected".replace("'", "")


def start_quickly() -> None:
    """Leaves out what takes a quarter of a short command and is of no use to any.

    Threads for linear algebra, which is never more than a few small matrices here, spin when they start; a
    processor that is used fully has a process of its own for work. Processes that are started inherit that.
    And what is imported is no garbage, so that it is seldom looked through for some.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(50_000)


def main() -> NoReturn:
    """The process: runs the command line and exits with its status."""
    start_quickly()
    claim_standard_streams()
    quieten()
    try:
        run()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        discard(sys.stdout)


def run() -> NoReturn:
    """Runs the command line and exits with its status."""
    status: Any = 0
    try:
        status = app(standalone_mode=False, prog_name=NAME)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except SystemExit as ended:
        # Typer's answer to a reader that left while it printed help.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
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
