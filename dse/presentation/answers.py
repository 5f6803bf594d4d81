"""Standard output carries a command's answer and nothing else, whoever else writes there.

Libraries print, native code has buffers of its own, and processes that are started inherit descriptors. So
the process keeps a copy of standard output for itself, and what others print goes to standard error.
"""

from __future__ import annotations

import codecs
import functools
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import ParamSpec, TextIO, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PLAIN = {
    "→": "->", "×": "x", "·": "*", "µ": "u", "²": "2", "−": "-", "–": "-", "—": "-", "…": "...",
    "≤": "<=", "≥": ">=", "‘": "'", "’": "'", "“": '"', "”": '"',
}  # fmt: skip
"""What stands for characters that a terminal does not have."""

_answers: TextIO | None = None
"""Where a command's answer goes while it runs."""


def say(text: str) -> None:
    """Prints ``text`` on standard output. When nobody reads it any more the command still does its work."""
    stream = _answers or sys.stdout
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        discard(stream)
    except OSError as error:
        discard(stream)
        raise OSError(error.errno, error.strerror, "standard output") from None


def complain(line: str) -> None:
    """Says on standard error what is wrong, and who says it."""
    try:
        print(f"ternlut: {line}", file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """``command``, during which ``say`` alone writes to standard output."""

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        import logging

        global _answers
        _answers = sys.stdout
        logging.basicConfig(handlers=[logging.NullHandler()])
        try:
            with redirect_stdout(sys.stderr):
                return command(*arguments, **options)
        finally:
            _answers = None

    return run


def discard(stream: TextIO) -> None:
    """Sends what is still written to ``stream``, its buffer included, nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)


def claim_standard_streams() -> None:
    """Gives ``sys.stdout`` a descriptor of its own and points that of native code at standard error.

    Streams that are closed are opened to nowhere, lest a file of ours gets their number, and characters that
    a stream's encoding lacks are written as others.
    """
    codecs.register_error("plain", _plain)
    for number in (1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    by_line = sys.stdout is not None and sys.stdout.isatty()
    sys.stdout, sys.stderr = _copy(1, sys.stdout, by_line), _copy(2, sys.stderr, True)
    os.dup2(2, 1)


def _copy(descriptor: int, stream: TextIO | None, by_line: bool) -> TextIO:
    """A stream to where ``descriptor`` leads, in the encoding of ``stream``, which Python opened."""
    encoding = stream.encoding if stream is not None else "utf-8"
    return os.fdopen(os.dup(descriptor), "w", 1 if by_line else -1, encoding=encoding, errors="plain")


def quieten() -> None:
    """Keeps libraries' warnings, which are for programmers, from users, unless ``PYTHONWARNINGS`` wants them.

    Processes that are started inherit that, and look for nothing in the working directory.
    """
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    os.environ["PYTHONSAFEPATH"] = "1"
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: other characters that say the same, else a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in characters), error.end
