"""Files that are either whole or absent, and where results that are expensive to make live between runs."""

from __future__ import annotations

import os
import platform
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from generator.errors import TernlutError


class OutputError(TernlutError):
    """Results cannot be written where they were asked for."""


def describe(error: OSError) -> str:
    """An operating-system error as one line: where, what."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def cache_directory() -> Path:
    """``$TERNLUT_CACHE``, else ``ternlut`` in ``$XDG_CACHE_HOME``, else in ``~/.cache``; not created here."""
    if chosen := os.environ.get("TERNLUT_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "ternlut"
    return Path.home() / ".cache" / "ternlut"


def output_directory(path: Path) -> Path:
    """``path`` as a directory that exists; ``OutputError`` where it cannot be one."""
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path}: is a file, a directory to write into is expected")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(describe(error)) from None
    return path


@contextmanager
def prepared(path: Path) -> Iterator[Path]:
    """``path`` as a directory that exists, known to be one before long work begins.

    What was made of it is gone again where the work fails before anything is written. Raises ``OutputError``
    where there can be no such directory.
    """
    made = [each for each in (path, *path.parents) if not each.exists()]
    try:
        yield output_directory(path)
    except BaseException:
        for each in made:
            with suppress(OSError):  # something is in it
                each.rmdir()
        raise


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Keeps other processes from writing results into ``directory`` meanwhile: it is itself locked.

    Raises ``OutputError`` where another has claimed it. The lock ends with the process, however that ends.
    """
    import fcntl

    if not directory.is_dir():
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{directory}: another run of ternlut is writing there, wait for its end or choose another "
                "directory with -o"
            ) from None
        except OSError:
            pass  # A file system without locks.
        yield
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes its place when the block succeeds, else it is removed.

    Raises ``OutputError`` where writing fails, a full disk for example; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.{writer()}-{threading.get_ident()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_partial_files(path.parent.absolute())
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def writer() -> str:
    """This process in the name of what it has not finished writing: machine and number."""
    return f"{platform.node()}-{os.getpid()}"


@cache
def remove_partial_files(directory: Path) -> None:
    """Removes what processes of this machine that were killed left half written; looks once."""
    for path in directory.glob(".*.partial"):
        host, _, process = path.name.rpartition("-")[0].rpartition("-")
        if host.endswith(f".{platform.node()}") and process.isdigit() and not _runs(int(process)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def write_text(path: Path, text: str) -> None:
    """Writes ``text`` to ``path`` whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table whole or not at all: cells with commas, quotes or line ends are quoted."""
    import csv

    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
