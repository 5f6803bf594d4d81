"""What workers answer, kept in the cache under a hash of everything that it depends on."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from generator.files import write_text

Answer = TypeVar("Answer")


def answer_of(
    kind: str,
    depends_on: Iterable[bytes],
    cache_dir: Path,
    job: Callable[[Path], dict[str, Any]],
    run: Callable[[dict[str, Any]], object],
    read: Callable[[dict[str, Any]], Answer],
) -> Answer:
    """The answer to a job: the one in the cache, or what running it leaves there.

    Parameters
    ----------
    kind : the folder of the cache that answers of this kind are in.
    depends_on : everything that the answer depends on.
    job : makes the job, in a folder of its own.
    run : has it done; the worker writes its answer to the job's ``result``.
    read : what an answer says. It raises ``ValueError``, ``KeyError`` or ``TypeError`` for one that is none.
    """
    key = _digest(depends_on)
    cached = cache_dir / kind / key[:2] / f"{key}.json"
    try:
        return read(json.loads(cached.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not ours to read
    with tempfile.TemporaryDirectory(prefix="ternlut-") as folder:
        answer = Path(folder) / "result.json"
        run({"directory": folder, "result": str(answer), **job(Path(folder))})
        text = answer.read_text(encoding="utf-8")
    write_text(cached, text)
    return read(json.loads(text))


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()
