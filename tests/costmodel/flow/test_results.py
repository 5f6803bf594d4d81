"""Results of synthesis: kept and repeatable, side by side, ended with their caller, errors in one line."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from costmodel.cells.liberty import LibertyError, Library
from costmodel.flow import synthesis
from costmodel.flow.synthesis import (
    Children,
    Flow,
    Job,
    SynthesisError,
    shipped_library,
    side_by_side,
    synthesize,
    synthesize_many,
)
from tests.costmodel.flow.test_synthesis import ACCUMULATOR, SHIPPED

ADDER = "module top(input signed [7:0] a, b, output signed [8:0] y); assign y = a + b; endmodule"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return shipped_library(cache_dir=tmp_path_factory.mktemp("library"))


def test_areas_add_up(library: Library, tmp_path: Path) -> None:
    result = synthesize(ACCUMULATOR, "top", library, cache_dir=tmp_path)
    cells = library.table().cells
    assert result.area_um2 == pytest.approx(
        sum(cells[name].area * count for name, count in result.cells.items())
    )
    assert result.area_um2 == pytest.approx(result.sequential_um2 + result.combinational_um2)
    assert result.sequential_um2 == pytest.approx(16 * cells["DFFHQNx1_ASAP7_75t_R"].area)
    assert result.delay_ps is None


def test_a_result_comes_from_the_cache_the_second_time(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = synthesize(ADDER, "top", library, cache_dir=tmp_path)

    def refuse(*_: object) -> str:
        raise AssertionError("synthesized again")

    monkeypatch.setattr(synthesis.Children, "run", refuse)
    assert synthesize(ADDER, "top", library, cache_dir=tmp_path) == first
    with pytest.raises(AssertionError, match="synthesized again"):
        synthesize(ADDER, "top", library, Flow(adders="generic"), cache_dir=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_a_damaged_cache_file_is_synthesized_anew(library: Library, tmp_path: Path) -> None:
    first = synthesize(ADDER, "top", library, cache_dir=tmp_path)
    (cached,) = (tmp_path / "synthesis").rglob("*.json")
    cached.write_text('{"area_um2": ')
    assert synthesize(ADDER, "top", library, cache_dir=tmp_path).area_um2 == first.area_um2


def test_two_runs_give_the_same_result(library: Library, tmp_path: Path) -> None:
    flow = Flow(speeds=True)
    runs = [synthesize(ACCUMULATOR, "top", library, flow, tmp_path / str(i)) for i in range(2)]
    assert runs[0].cells == runs[1].cells
    assert runs[0].sized == runs[1].sized


def test_gzip_and_plain_libraries_share_their_results(library: Library, tmp_path: Path) -> None:
    packed = tmp_path / "packed.lib.gz"
    packed.write_bytes(gzip.compress(library.files[0].read_bytes()))
    other = Library("packed", (packed,), library.dont_use)
    assert (
        synthesize(ADDER, "top", other, cache_dir=tmp_path / "a").cells
        == synthesize(ADDER, "top", library, cache_dir=tmp_path / "b").cells
    )


def test_dont_use_cells_are_not_used(library: Library, tmp_path: Path) -> None:
    without = Library("less", library.files, (*library.dont_use, "FA*", "XOR2*"))
    used = synthesize(ADDER, "top", without, cache_dir=tmp_path).cells
    assert not [name for name in used if name.startswith(("FA", "XOR2"))]


def test_a_hierarchical_result_is_the_sum_over_instances(library: Library, tmp_path: Path) -> None:
    design = (
        ADDER.replace("top", "leaf")
        + "\n"
        + "module top(input [7:0] a, b, c, output [8:0] y, z);"
        + " leaf one(a, b, y); leaf two(b, c, z); endmodule"
    )
    result = synthesize(design, "top", library, Flow(hierarchical=True), tmp_path)
    assert result.modules["leaf"].instances == 2
    assert result.area_um2 == pytest.approx(
        sum(module.area_um2 * module.instances for module in result.modules.values())
    )
    assert result.area_um2 == pytest.approx(
        2 * synthesize(ADDER, "top", library, cache_dir=tmp_path).area_um2
    )


def test_a_design_is_sized_for_a_clock_and_the_shortest_that_pays(library: Library, tmp_path: Path) -> None:
    fan_out = "module top(input s, input [63:0] a, b, output [63:0] y); assign y = s ? a : b; endmodule"
    speeds = synthesize(fan_out, "top", library, Flow(speeds=True), cache_dir=tmp_path)
    tight, medium = speeds.sized["tight"], speeds.sized["medium"]
    assert speeds.shortest_ps is not None
    assert speeds.delay_ps == tight.delay_ps <= speeds.shortest_ps
    assert medium.delay_ps <= 2 * speeds.shortest_ps
    assert speeds.area_um2 < medium.area_um2 <= tight.area_um2
    clocked = synthesize(fan_out, "top", library, Flow(clock_ps=2 * speeds.shortest_ps), cache_dir=tmp_path)
    assert clocked.delay_ps is not None
    assert clocked.delay_ps <= 2 * speeds.shortest_ps
    assert clocked.area_um2 == medium.area_um2
    at_any_price = synthesize(fan_out, "top", library, Flow(clock_ps=1.0), cache_dir=tmp_path)
    assert at_any_price.delay_ps == pytest.approx(speeds.shortest_ps / 1.1, rel=0.02)


def test_many_syntheses_run_side_by_side(library: Library, tmp_path: Path) -> None:
    widths = (2, 3, 4)
    jobs = [
        Job(f"module top(input [{w}:0] a, b, output [{w}:0] y); assign y = a + b; endmodule", "top", library)
        for w in widths
    ]
    jobs.append(Job("module top(input a; endmodule", "top", library))
    results = dict(synthesize_many(jobs, workers=2, cache_dir=tmp_path))
    assert set(results) == {0, 1, 2, 3}
    assert isinstance(results[3], SynthesisError)
    areas = [
        result.area_um2 for _, result in sorted(results.items())[:3] if not isinstance(result, SynthesisError)
    ]
    assert areas == sorted(areas)


def test_leaving_early_ends_what_is_under_way(library: Library, tmp_path: Path) -> None:
    """The second design would take minutes."""
    large = "module top(input [255:0] a, b, output [511:0] y); assign y = a * b; endmodule"
    results = synthesize_many([Job(ADDER, "top", library), Job(large, "top", library)], 2, tmp_path)
    started = time.monotonic()
    assert next(results)[0] == 0
    results.close()
    assert time.monotonic() - started < 30
    assert len(list((tmp_path / "synthesis").rglob("*.json"))) == 1


def processes_in(directory: Path) -> list[int]:
    """Those that work in a directory of theirs below this one."""
    running = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"TMPDIR={directory}".encode() in environment:
            running.append(int(process.name))
    return running


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_ended_from_outside_its_workers_end_too(end: signal.Signals, tmp_path: Path) -> None:
    """The design would take minutes."""
    program = (
        "from pathlib import Path\n"
        "from costmodel.flow.synthesis import Job, shipped_library, synthesize_many\n"
        "large = 'module top(input [255:0] a, b, output [511:0] y); assign y = a * b; endmodule'\n"
        f"list(synthesize_many([Job(large, 'top', shipped_library())], 1, Path({str(tmp_path)!r})))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.DEVNULL)
    others = set[int]()
    deadline = time.monotonic() + 60
    while not others and time.monotonic() < deadline:
        time.sleep(0.2)
        others = {pid for pid in processes_in(tmp_path / "ternlut-") if pid != parent.pid}
    assert others
    parent.send_signal(end)
    assert parent.wait(30) != 0
    while (left := processes_in(tmp_path / "ternlut-")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


def test_an_interrupt_that_does_not_wake_who_waits_is_heard_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one that comes just before the wait begins: here it is delivered to another thread."""
    stopped = threading.Event()
    monkeypatch.setattr(Children, "stop", lambda _: stopped.set())
    heard = []

    def do(_: None, __: Children) -> None:
        time.sleep(0.5)  # The main thread waits by then.
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        heard.append(stopped.wait(20))

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side([None], do, 1))
    assert heard == [True]


@pytest.mark.parametrize(
    ("verilog", "said"),
    [
        ("module top(input a; endmodule", "syntax error"),
        ("module other(input a, output b); assign b = a; endmodule", "top"),
        ("module top(input a, output b); missing m(a, b); endmodule", "missing"),
    ],
)
def test_a_design_that_yosys_refuses_is_one_line(
    verilog: str, said: str, library: Library, tmp_path: Path
) -> None:
    with pytest.raises(SynthesisError, match=said) as caught:
        synthesize(verilog, "top", library, cache_dir=tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "synthesis").exists()


def test_a_missing_verilog_file_is_one_line(library: Library, tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match=r"nowhere\.v"):
        synthesize([tmp_path / "nowhere.v"], "top", library, cache_dir=tmp_path)


def test_an_unusable_library_is_refused_before_yosys_starts(tmp_path: Path) -> None:
    with pytest.raises(LibertyError, match=r"nowhere\.lib"):
        synthesize(ADDER, "top", Library("none", (tmp_path / "nowhere.lib",)), cache_dir=tmp_path)


def test_the_cell_table_is_small_and_says_where_it_is_from() -> None:
    data = json.loads(SHIPPED.read_text())
    assert "Arizona State University" in data["attribution"]
    assert len(data["cells"]) < 60


@pytest.fixture
def small_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of 150 kB, on a file system of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_folder_for_temporary_files_is_named(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(small_folder))
    text = "module m(input [63:0] a, b, output [127:0] y); assign y = a * b; endmodule\n"
    library = shipped_library()
    with pytest.raises(SynthesisError, match=f"no space is left in {small_folder}; TMPDIR names another"):
        synthesize(text, "m", library, cache_dir=tmp_path / "cache")
