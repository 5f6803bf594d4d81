"""The command line with small chunks that take a while, so that a signal meets a sweep in the middle.

The number of every chunk that is judged, by whatever process, is added to the file ``$JUDGED``. Processes
that ``multiprocessing`` spawns import this file too and are as slow.
"""

import os
import time
from pathlib import Path
from typing import Any

from dse.engine import judging, processes


def slow_save(self: Any, chunk: int, result: Any, real: Any = judging.Checkpoint.save) -> None:
    real(self, chunk, result)
    time.sleep(0.05)


def noted_judge(model: Any, grid: Any, chunk: int, real: Any = judging.judge_chunk) -> Any:
    with Path(os.environ["JUDGED"]).open("a") as file:
        file.write(f"{chunk}\n")
    return real(model, grid, chunk)


if __name__ != "tests.dse.sweep.slow_sweep":
    judging.BLOCK_POINTS, judging.CHUNK_POINTS = 50, 100
    processes.START_SECONDS = 0.0
    judging.Checkpoint.save = slow_save  # type: ignore[method-assign]
    judging.judge_chunk = noted_judge

if __name__ == "__main__":
    from dse.cli import main
    from tests.dse.pictures import sketched

    with sketched():
        main()
