"""Synthesis of Verilog to a cell library with Yosys: the measured truth that the cost model is fitted to.

Every synthesis runs in a process of its own (``costmodel.flow.yosys_worker``), because a mapper's results
depend on what ran before it. Results are cached by a hash of everything that they depend on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeVar

from costmodel.cells.liberty import Library
from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.answers import answer_of
from costmodel.flow.clock_gating import ATTRIBUTE
from generator.errors import TernlutError
from generator.files import cache_directory, write_text

# Bumped whenever the flow changes what comes out of a synthesis, so that older cached results are not used.
FLOW_VERSION = 23

WORKER = "costmodel.flow.yosys_worker"
_TECHNOLOGIES = Path(__file__).parents[1] / "technologies"


Adders = Literal["cells", "generic"]

Work = TypeVar("Work")
Done = TypeVar("Done")


class SynthesisError(TernlutError):
    """A synthesis that failed; the message is one line."""


@dataclass(frozen=True)
class Flow:
    """How to synthesize.

    Parameters
    ----------
    adders : "cells" maps adders to the library's full-adder cells if it has any, "generic" to plain gates.
    hierarchical : synthesize each module once and multiply by its instances, instead of flattening.
    clock_ps : a clock period to size and buffer for; None maps for least area.
    speeds : learn also what sizing and buffering for speed makes of the design: for the shortest clock period
        that pays (``tight``), for twice that period (``medium``), and as fast as can be while carries ripple
        (``rippling``). Not together with a clock.
    netlist : keep the mapped netlist, sized if a clock is given.

    Only flattened designs are sized.
    """

    adders: Adders = "cells"
    hierarchical: bool = False
    clock_ps: float | None = None
    speeds: bool = False
    netlist: bool = False


@dataclass(frozen=True)
class SizedFigures:
    """A design sized and buffered for a clock: area in µm², longest path in ps."""

    area_um2: float
    delay_ps: float


@dataclass(frozen=True)
class ModuleArea:
    """One module of a hierarchical synthesis: its area without its instances, and how often it is used."""

    area_um2: float
    instances: int


@dataclass(frozen=True)
class SynthesisResult:
    """What a synthesis gave. Areas in µm².

    ``delay_ps`` is the longest path by static timing, sized for the flow's clock or the shortest that pays;
    None for a design that was not sized. ``sized`` holds ``tight``, ``medium`` and ``rippling`` if the flow
    asks for speeds, and ``shortest_ps`` is that clock's period then.
    ``carries`` are the design's adders at that clock: how many words ``ripple`` in full-adder cells, of how
    many the carries are chosen by ``select``, run in ``parallel``, or are ``saved`` as another adder takes
    bits and carries apart; empty without a clock. ``beyond_limits`` is how many nets exceed
    the library's max_capacitance or max_transition. ``netlist`` is the design in the library's cells as
    Verilog, if the flow asks for it. ``memory_um2`` is what memories have of the area, which are no cells.
    Of a design with gated clocks, ``gated_flip_flops`` have their clocks from as many ``clock_gates``.
    """

    area_um2: float
    sequential_um2: float
    combinational_um2: float
    cells: dict[str, int]
    delay_ps: float | None
    seconds: float
    modules: dict[str, ModuleArea]
    sized: dict[str, SizedFigures] = field(default_factory=dict)
    shortest_ps: float | None = None
    carries: dict[str, int] = field(default_factory=dict)
    beyond_limits: int = 0
    netlist: str | None = None
    memory_um2: float = 0.0
    gated_flip_flops: int = 0
    clock_gates: int = 0


@dataclass(frozen=True)
class Job:
    """One synthesis to do: the arguments of ``synthesize``."""

    verilog: str | tuple[Path, ...]
    top: str
    library: Library
    flow: Flow = Flow()


def shipped_library(name: str = "asap7", cache_dir: Path | None = None) -> Library:
    """The library of a technology whose cell table is shipped, written out as Liberty into the cache."""
    path = _TECHNOLOGIES / f"{name}.cells.json"
    if not path.exists():
        raise SynthesisError(f"no cell table is shipped for technology {name!r}")
    table = CellTable.load(path)
    # Two files, for what designs without clock gates are made of is known by the hash of the first.
    parts = {name: table.without_gates, f"{name}-gates": CellTable(table.name, table.clock_gates)}
    written = []
    for part, cells in parts.items():
        text = write_liberty(cells)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        written.append((cache_dir or cache_directory()) / f"{part}-{digest}.lib")
        if not written[-1].exists():
            write_text(written[-1], text)
    return Library.of(written[:1], name, gates=tuple(written[1:]))


def synthesize(
    verilog: str | Sequence[Path],
    top: str,
    library: Library,
    flow: Flow = Flow(),
    cache_dir: Path | None = None,
) -> SynthesisResult:
    """Synthesizes a design, given as Verilog text or as files, or takes the result from the cache.

    Raises ``SynthesisError`` when Yosys refuses the design and ``LibertyError`` when the library is unusable.
    """
    source = verilog if isinstance(verilog, str) else tuple(verilog)
    return _synthesize(Job(source, top, library, flow), cache_dir or cache_directory(), Children())


def synthesize_many(
    jobs: Iterable[Job],
    workers: int | None = None,
    cache_dir: Path | None = None,
) -> Generator[tuple[int, SynthesisResult | SynthesisError], None, None]:
    """Synthesizes many designs side by side; yields (index of the job, result or error) as they finish.

    Leaving the iterator early, or an interrupt, ends the syntheses under way.
    """
    directory = cache_dir or cache_directory()
    return side_by_side(jobs, lambda job, children: _synthesize(job, directory, children), workers)


LOOK_UP_SECONDS = 1.0
"""An interrupt just before a thread begins to wait does not wake it: what waits for minutes looks up."""


def side_by_side(
    jobs: Iterable[Work], do: Callable[[Work, Children], Done], workers: int | None = None
) -> Generator[tuple[int, Done | SynthesisError], None, None]:
    """What ``do`` makes of each of ``jobs``, or how it failed, as ``synthesize_many`` yields it."""
    workers = workers or len(os.sched_getaffinity(0))
    children = Children()
    remaining = enumerate(jobs)
    running: dict[Future[Done], int] = {}
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                while len(running) < workers and (following := next(remaining, None)) is not None:
                    index, job = following
                    running[pool.submit(do, job, children)] = index
                if not running:
                    return
                for future in wait(running, LOOK_UP_SECONDS, return_when=FIRST_COMPLETED).done:
                    index = running.pop(future)
                    try:
                        yield index, future.result()
                    except SynthesisError as error:
                        yield index, error
        finally:
            children.stop()


LEAST_SPACE = 1 << 16
"""Bytes: with less left a synthesis that failed did so for want of space, whatever it says itself."""


class Children:
    """The processes under way, so that they can all be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def run(self, job: dict[str, Any], worker: str = WORKER, what: str = "synthesis") -> str:
        """Runs one worker, a module, which does ``what``; returns its output. Raises ``SynthesisError``.

        It works in the job's directory and imports from where this process does: what happens to lie in the
        user's directory, a ``costmodel.py`` or an ``abc.rc``, is none of its business.
        """
        search_path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "TMPDIR": job["directory"], "PYTHONPATH": search_path}
        with self._lock:
            if self._stopped:
                raise SynthesisError("stopped")
            # The worker ends when the other end of this pipe closes, however this process ends.
            watched, alive = os.pipe()
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", worker],
                cwd=job["directory"],
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=(watched,),
            )
            os.close(watched)
            self._running.add(process)
        try:
            output, _ = process.communicate(json.dumps({**job, "watched": watched}))
        except BaseException:
            _kill(process)
            raise
        finally:
            os.close(alive)
            with self._lock:
                self._running.discard(process)
        if process.returncode != 0:
            folder = Path(job["directory"])
            if shutil.disk_usage(folder).free < LEAST_SPACE:
                place = f"no space is left in {folder.parent}; TMPDIR names another"
                raise SynthesisError(f"{what} of {job['top']} failed: {place}")
            complaint = _complaint(output).replace(f"{folder}{os.sep}", "")
            raise SynthesisError(f"{what} of {job['top']} failed: {complaint}")
        return output

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    """Ends a worker and the mapper it has started; they are a process group of their own."""
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        return
    process.wait()


def _complaint(output: str) -> str:
    """The one line of a worker's output that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return errors[0] if errors else (lines[-1] if lines else "the process ended without a word")


def _synthesize(job: Job, cache_dir: Path, children: Children) -> SynthesisResult:
    def stated(folder: Path) -> dict[str, Any]:
        return {
            "table": str(job.library.cached_table(cache_dir).absolute()),
            "top": job.top,
            "verilog": verilog_files(job.verilog, folder),
            **asdict(job.flow),
        }

    return answer_of("synthesis", _depends_on(job), cache_dir, stated, children.run, _result)


def _result(data: dict[str, Any]) -> SynthesisResult:
    modules = {name: ModuleArea(**module) for name, module in data.pop("modules").items()}
    sized = {name: SizedFigures(**figures) for name, figures in data.pop("sized").items()}
    return SynthesisResult(**data, modules=modules, sized=sized)


def verilog_files(verilog: str | Sequence[Path], folder: Path) -> list[str]:
    """The files of a design; text is written to one in ``folder``."""
    if isinstance(verilog, str):
        design = folder / "design.v"
        design.write_text(verilog, encoding="utf-8")
        verilog = (design,)
    return [str(path.absolute()) for path in verilog]


def verilog_bytes(verilog: str | Sequence[Path]) -> list[bytes]:
    """What a design's text or files hold. Raises ``SynthesisError`` for a file that cannot be read."""
    if isinstance(verilog, str):
        return [verilog.encode()]
    try:
        return [path.read_bytes() for path in verilog]
    except OSError as error:
        raise SynthesisError(f"{error.filename}: cannot read this Verilog file ({error.strerror})") from None


def _depends_on(job: Job) -> tuple[bytes, ...]:
    """Everything that a result depends on."""
    sources = verilog_bytes(job.verilog)
    gates = any(ATTRIBUTE.encode() in source for source in sources)
    return (
        *sources,
        job.top.encode(),
        (job.library.gates_digest if gates else job.library.digest).encode(),
        json.dumps(asdict(job.flow), sort_keys=True).encode(),
        str(FLOW_VERSION).encode(),
        yosys_version().encode(),
    )


@cache
def yosys_version() -> str:
    """The version of Yosys that synthesizes."""
    return metadata.version("pyosys")
