"""Simulators and their parts in the user's cache: whole or not there, and not ever more of them."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from generator.files import cache_directory
from sim.compiler import SimulationError

KEPT_MODELS = 256
"""Models of half a megabyte to a few that the cache keeps."""

SHARED_BY_ALL = ("headers-", "library-")


def place(name: str) -> Path:
    """Where ``name`` is in the cache, or would be."""
    return cache_directory() / "simulation" / name


def publish(target: Path, make: Callable[[Path], None]) -> Path:
    """``target``, which ``make`` fills if it is not there yet; others that want it wait until it is."""
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_cache(target, error) from None
    with _alone(target):
        if not target.exists():
            _publish(target, make)
    return target


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Lock ``target``. Where files cannot be locked more than one may make it, which is only slower."""
    lock = target.with_name(f".{target.name}.lock")
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            fcntl.flock(held.enter_context(lock.open("w")), fcntl.LOCK_EX)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                lock.unlink()


def _publish(target: Path, make: Callable[[Path], None]) -> None:
    """Have ``make`` fill a directory beside ``target`` and rename it: a half-made one is never seen."""
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _no_cache(target, error) from None
    try:
        make(beside)
        beside.chmod(0o755)
        try:
            beside.rename(target)
        except OSError:
            if not target.exists():
                raise
    except OSError as error:
        raise SimulationError(f"{target.parent}: {error.strerror}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _no_cache(target: Path, error: OSError) -> SimulationError:
    return SimulationError(f"{target.parent}: {error.strerror}; TERNLUT_CACHE chooses another")


def forget_old_models(directory: Path) -> None:
    """Delete the models that were not used for longest, and what killed builds left, to bound the cache."""
    by_age: list[tuple[float, Path]] = []
    for path in directory.iterdir():
        if path.name.startswith(SHARED_BY_ALL):
            continue
        with contextlib.suppress(OSError):
            by_age.append((path.stat().st_mtime, path))
    for _, path in sorted(by_age)[:-KEPT_MODELS]:
        shutil.rmtree(path, ignore_errors=True)
