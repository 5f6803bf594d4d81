"""A directory of emitted files, with a manifest by which the next run knows which of them are its own.

What was not written by us, or was changed since, is never replaced and never removed. Files are made in a
directory beside the target and moved when all of them are there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from generator.files import OutputError, claimed, describe, remove_partial_files, writer

MANIFEST = "manifest.json"
MADE_BY = "ternlut"
"""Every manifest of ours states the version of this among its ``versions``."""


def write_directory(directory: Path, facts: Mapping[str, Any], texts: Mapping[str, str]) -> list[Path]:
    """Writes ``texts`` (path below ``directory`` → text) and a manifest: ``facts`` and the files' hashes.

    Files that an earlier call left there are replaced or removed. Raises ``OutputError`` where a file is in
    the way or the directory cannot be written; everything is then as it was.
    """
    hashes = {name: digest(text.encode()) for name, text in texts.items()}
    manifest = json.dumps({**facts, "files": hashes}, indent=2) + "\n"
    everything = {**texts, MANIFEST: manifest}
    with claimed(directory):
        return _write(directory, everything)


def _write(directory: Path, everything: Mapping[str, str]) -> list[Path]:
    try:
        stale = check_place(directory, everything) - set(everything)
        ancestor = next(path for path in directory.absolute().parents if path.is_dir())
        remove_partial_files(ancestor)
        prefix = f".{directory.absolute().name}.{writer()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, suffix=".partial", dir=ancestor) as scratch:
            made = Path(scratch) / "made"
            for name, text in everything.items():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                (made / name).write_text(text, encoding="utf-8")
            move(made, directory, list(everything), stale)
    except OSError as error:
        raise OutputError(describe(error)) from None
    return [directory / name for name in everything]


def check_place(directory: Path, names: Mapping[str, str]) -> set[str]:
    """What earlier calls left in ``directory``; ``OutputError`` where something else is in the way."""
    if directory.exists() and not directory.is_dir():
        raise OutputError(f"{directory}: is a file, a directory to write into is expected")
    before = files_before(directory)
    for name in [*names, *(set(before) - set(names))]:
        path = directory / name
        for parent in [directory / above for above in PurePosixPath(name).parents][:-1]:
            if parent.exists() and not parent.is_dir():
                raise OutputError(f"{parent}: is a file, a directory to write into is expected")
        if not path.exists() and not path.is_symlink():
            continue
        if name not in before or not path.is_file():
            raise OutputError(f"{path}: was there before and is not ours to replace; name another directory")
        if before[name] and digest(path.read_bytes()) != before[name]:
            raise OutputError(f"{path}: was changed since it was written; move it or name another directory")
    return set(before)


def files_before(directory: Path) -> dict[str, str]:
    """Path → hash of the files that an earlier call wrote, the manifest with an empty one."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        files, ours = manifest["files"], MADE_BY in manifest["versions"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not ours or not isinstance(files, dict):
        return {}
    inside = {
        name: str(value)
        for name, value in files.items()
        if not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    }
    return {**inside, MANIFEST: ""}


def move(made: Path, directory: Path, names: list[str], stale: set[str]) -> None:
    """Puts the files ``names`` from ``made`` into ``directory``, the manifest last, without the ``stale``."""
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, directory)
        return
    for name in stale:
        (directory / name).unlink(missing_ok=True)
        for folder in [directory / above for above in PurePosixPath(name).parents][:-1]:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made / name, directory / name)


def digest(octets: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(octets).hexdigest()
