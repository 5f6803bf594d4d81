"""A worker's side of a job: read as JSON, done, its result written as JSON, and gone when nobody waits."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def serve(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Does the job that standard input holds, and writes what comes of it to the file that it names.

    What goes wrong with the design is one line on standard output, and status 1.
    """
    # Netlists are many objects without cycles, which a collector would walk again and again.
    gc.disable()
    job = json.load(sys.stdin)
    end_with(job.pop("watched"))
    try:
        result = work(job)
    except (RuntimeError, ValueError) as error:
        print(f"ERROR: {error}")
        sys.exit(1)
    Path(job["result"]).write_text(json.dumps(result))


def end_with(pipe: int) -> None:
    """Ends this process group when the other end of a pipe is closed: its parent's end, or its own work's.

    A process of its own looks after that, for a mapper at work lets no thread of Python run.
    """
    if os.fork():
        os.close(pipe)
        return
    for stream in range(3):
        os.close(stream)
    os.read(pipe, 1)
    os.killpg(0, signal.SIGKILL)
