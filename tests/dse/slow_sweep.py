"""The command line with small chunks that take a while, so that a signal meets a sweep in the middle.

The number of every chunk that is judged, by whatever process, is added to the file ``$JUDGED``. Processes
that ``multiprocessing`` spawns import this file too and are as slow.
"""

import os
import time
from pathlib import Path
from typing import Any

from dse import engine


def slow_save(self: Any, chunk: int, result: Any, real: Any = engine.Checkpoint.save) -> None:
    real(self, chunk, result)
    time.sleep(0.05)


def noted_judge(model: Any, grid: Any, chunk: int, real: Any = engine.judge_chunk) -> Any:
    with Path(os.environ["JUDGED"]).open("a") as file:
        file.write(f"{chunk}\n")
    return real(model, grid, chunk)


if __name__ != "tests.dse.slow_sweep":
    engine.BLOCK_POINTS, engine.CHUNK_POINTS = 50, 100
    engine.Checkpoint.save = slow_save  # type: ignore[method-assign]
    engine.judge_chunk = noted_judge

if __name__ == "__main__":
    from dse.cli import main

    main()
