"""Finished chunks on disk, each file whole or absent, so that a killed sweep goes on where it was."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.engine.pareto import Front
from generator.files import OutputError, output_directory, replacing, write_text


@dataclass(frozen=True)
class ChunkResult:
    """What is kept of a chunk: how many points passed each test, fronts by number, and what was reached.

    ``reach``: for each value of each axis, one after the other, the least cost of the aim (``Model.aim``).
    """

    passed: tuple[int, ...]
    fronts: Mapping[int, Front]
    reach: NDArray[np.float64]


class Checkpoint:
    """The chunks in ``directory`` that belong to the sweep ``digest`` names.

    With ``resume`` those of an interrupted run are kept; ``OutputError`` when they are another sweep's.
    """

    def __init__(self, directory: Path, digest: str, resume: bool) -> None:
        self.directory = directory
        header = directory / "sweep.json"
        if resume and header.exists():
            try:
                stored = json.loads(header.read_text(encoding="utf-8")).get("digest")
            except (OSError, ValueError, AttributeError):
                stored = None
            if stored != digest:
                raise OutputError(
                    f"{directory}: holds the chunks of another spec or version; "
                    "run without --resume to start anew, or choose another directory with -o"
                )
            return
        self.remove()
        output_directory(directory)
        write_text(header, json.dumps({"digest": digest}))

    def save(self, chunk: int, result: ChunkResult) -> None:
        """Keeps a finished chunk."""
        fronts = list(result.fronts.values())
        with replacing(self.directory / f"chunk-{chunk:08d}.npz") as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                passed=np.array(result.passed, dtype=np.int64),
                reach=result.reach,
                groups=np.array(list(result.fronts), dtype=np.int64),
                lengths=np.array([len(front) for front in fronts], dtype=np.int64),
                ids=np.concatenate([front.ids for front in fronts] or [np.empty(0, np.int64)]),
                objectives=np.array([front.costs.shape[1] for front in fronts], dtype=np.int64),
                costs=np.concatenate([front.costs.ravel() for front in fronts] or [np.empty(0)]),
            )

    def load(self) -> dict[int, ChunkResult]:
        """The finished chunks; a file that cannot be read counts as unfinished."""
        results = {}
        for path in sorted(self.directory.glob("chunk-*.npz")):
            try:
                with np.load(path) as data:
                    results[int(path.stem.partition("-")[2])] = ChunkResult(
                        tuple(data["passed"].tolist()), _fronts(data), data["reach"]
                    )
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                path.unlink(missing_ok=True)
        return results

    def remove(self) -> None:
        """Forgets all chunks."""
        shutil.rmtree(self.directory, ignore_errors=True)


def _fronts(data: Mapping[str, NDArray[Any]]) -> dict[int, Front]:
    """The fronts in a file, which need not be of equally many objectives."""
    lengths, objectives = data["lengths"], data["objectives"]
    ids = np.split(data["ids"], np.cumsum(lengths)[:-1])
    costs = np.split(data["costs"], np.cumsum(lengths * objectives)[:-1])
    return {
        int(number): Front(ids[i], costs[i].reshape(len(ids[i]), objectives[i]))
        for i, number in enumerate(data["groups"])
    }
