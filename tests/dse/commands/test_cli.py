"""The command line: what each command prints, and one line with status 2 for whatever is wrong."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from dse import cli
from generator.config import load_core
from tests.dse.running import Run
from tests.dse.specs import TECHNOLOGY, spec_file
from tests.dse.sweep.test_sweep import FILES


@pytest.fixture
def technology(tmp_path: Path) -> Path:
    path = tmp_path / "invented.toml"
    path.write_text(TECHNOLOGY.to_toml())
    return path


def test_help_names_every_command(ternlut: Run) -> None:
    result = ternlut("--help")
    assert result.status == 0
    commands = "generate simulate inspect pack synth estimate calibrate sweep report"
    for command in commands.split():
        assert f"\n  {command} " in result.out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['ternlut', '--help']; import dse.cli\n"
        "try: dse.cli.main()\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pyarrow', 'plotly', 'matplotlib', 'pydantic', 'amaranth'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_generate_writes_verilog(ternlut: Run, core: Path, tmp_path: Path) -> None:
    figures = ternlut("generate", core, "-o", tmp_path / "rtl", "--json").figures
    assert {"top", "files", "modules", "seconds"} <= set(figures)
    assert all(Path(file).exists() for file in figures["files"])
    assert figures["top"] in figures["modules"]
    assert f"module {figures['top']}" in (tmp_path / "rtl" / f"{figures['top']}.v").read_text()


def test_simulate_compares_with_numpy(ternlut: Run, core: Path) -> None:
    figures = ternlut("simulate", core, "--layer", "13x7", "--tokens", 2, "--seed", 5, "--json").figures
    assert figures["passed"] is True
    assert figures["mismatches"] == 0
    assert figures["results"] == 14
    assert figures["cycles"] == figures["expected_cycles"] > 0
    assert figures["seconds"] > 0


def test_simulate_takes_weights_of_a_file(ternlut: Run, core: Path, tmp_path: Path) -> None:
    weights = np.random.default_rng(0).integers(-1, 2, size=(5, 12))
    np.savez(tmp_path / "w.npz", first=weights, second=weights[:, :4])
    result = ternlut("simulate", core, "--weights", tmp_path / "w.npz", "--tensor", "first")
    assert result.status == 0
    assert result.out.startswith("simulated 12 → 5, one token: 5 results in ")
    assert "bit-exact" in result.out
    assert "it holds first, second" in ternlut("simulate", core, "--weights", tmp_path / "w.npz").complaint


def test_a_core_that_computes_wrongly_is_status_1(
    ternlut: Run, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sim.harness

    real = sim.harness.simulate

    def wrong(config: Any, activations: Any, weights: Any, *scales: Any, **options: Any) -> Any:
        wrong = {"expected": activations @ weights.T + 1}
        return real(config, activations, weights, *scales, **options | wrong)

    monkeypatch.setattr(sim.harness, "simulate", wrong)
    result = ternlut("simulate", core, "--layer", "13x7", "--json")
    assert result.status == 1
    assert result.figures["passed"] is False
    assert result.figures["mismatches"] == 7


def test_synth_gives_area(ternlut: Run, core: Path) -> None:
    figures = ternlut("synth", core, "--json").figures
    assert {"area_um2", "cells", "delay_ps", "seconds"} <= set(figures)
    assert figures["area_um2"] == pytest.approx(
        figures["sequential_um2"] + figures["combinational_um2"], rel=1e-3
    )
    assert "µm² least area, without a clock and buffers (" in ternlut("synth", core).out
    assert "µm² sized for 900 ps (" in ternlut("synth", core, "--clock-ps", "900").out


def test_synth_sizes_for_the_clock_of_the_core_file(ternlut: Run, core: Path) -> None:
    core.write_text(core.read_text() + "\n[target]\nclock_mhz = 1250\n")
    stated = ternlut("synth", core, "--json")
    given = ternlut("synth", core, "--clock-ps", "800", "--json")
    assert stated.figures | {"seconds": 0} == given.figures | {"seconds": 0}
    assert (stated.figures["clock_ps"], stated.figures["meets_clock"]) == (800, True)
    # A period that is stated beside it counts; a design whose modules are kept is not sized.
    assert "sized for 900 ps (" in ternlut("synth", core, "--clock-ps", "900").out
    assert ternlut("synth", core, "--hierarchical", "--json").figures["clock_ps"] is None
    core.write_text(core.read_text().replace("1250", "100000"))
    assert ternlut("synth", core).status == 1


def test_synth_counts_clock_gates(ternlut: Run, core: Path) -> None:
    gated = ("synth", core, "--set", "clock_gating=true")
    figures = ternlut(*gated, "--json").figures
    assert figures["gated_flip_flops"] > 4 * figures["clock_gates"] > 0
    counted = f"{figures['clock_gates']} clock gates clock {figures['gated_flip_flops']} flip-flops."
    assert counted in ternlut(*gated).out
    assert "No clock gates: the library has none" in ternlut(*gated, "--dont-use", "ICGx*").out
    assert "clock gates" not in ternlut("synth", core).out


def test_cells_are_left_out_of_a_synthesis(ternlut: Run, core: Path) -> None:
    cells = ternlut("synth", core, "--json").figures["cells"]
    left_out = next(name for name in cells if name.startswith("NAND2"))
    assert left_out not in ternlut("synth", core, "--dont-use", "NAND2x*", "--json").figures["cells"]
    wrong = ternlut("synth", core, "--dont-use", "NAMD2*")
    assert wrong.status == 2
    assert "--dont-use NAMD2*: no cell of " in wrong.complaint


def test_a_technology_without_cells_says_how_to_give_them(ternlut: Run, core: Path) -> None:
    result = ternlut("synth", core, "--tech", "sky130hd")
    assert result.status == 2
    assert "--liberty FILE" in result.complaint


def test_estimate_breaks_the_area_down(ternlut: Run, core: Path, technology: Path) -> None:
    figures = ternlut("estimate", core, "--tech", technology, "--json").figures
    assert {
        "area_um2",
        "breakdown",
        "delay_ps",
        "macs_per_cycle",
        "latency_cycles",
        "bits_per_weight",
    } <= set(figures)
    assert sum(figures["breakdown"].values()) == pytest.approx(figures["area_um2"])
    assert figures["macs_per_cycle"] == 12
    more = ternlut("estimate", core, "--tech", technology, "--json", "--set", "columns=6").figures
    assert more["macs_per_cycle"] == 24


def test_an_estimate_of_a_core_that_takes_entries_states_their_maker_apart(
    ternlut: Run, core: Path, technology: Path
) -> None:
    given = ("estimate", core, "--tech", technology, "--set", "group_size=2")
    port = (*given, "--set", "table_store=port")
    figures, with_tables = (ternlut(*each, "--json").figures for each in (port, given))
    assert figures["table_maker_um2"] > 0
    assert "table_maker_um2" not in with_tables
    assert figures["breakdown"]["tables"] < with_tables["breakdown"]["tables"]
    assert "Not included: the maker of the tables, " in ternlut(*port).out


LEAST = "least area, without a clock and buffers"


def test_an_area_without_a_clock_is_called_so_and_one_at_a_clock_comes_first(
    ternlut: Run, core: Path, technology: Path
) -> None:
    without = ternlut("estimate", core, "--tech", technology).out
    assert without.startswith(LEAST)
    medium, tight = (
        ternlut("estimate", core, "--tech", technology, "--speed", speed, "--json").figures
        for speed in ("medium", "tight")
    )
    fastest = 1e6 / tight["delay_ps"]
    for clock, expected in [(fastest / 2, medium), (fastest * 0.999, tight)]:
        run = ternlut("estimate", core, "--tech", technology, "--clock-mhz", clock)
        assert run.status == 0
        assert run.out.startswith(f"area at {clock:g} MHz")
        assert run.out.index(f"{clock:g} MHz") < run.out.index(LEAST)
        figures = ternlut("estimate", core, "--tech", technology, "--clock-mhz", clock, "--json").figures
        assert figures["area_um2"] == pytest.approx(expected["area_um2"], rel=0.01)
        assert sum(figures["breakdown"].values()) == pytest.approx(figures["area_um2"])
        assert figures["meets_clock"] is True
    slow = ternlut("estimate", core, "--tech", technology, "--clock-mhz", 2 * fastest, "--json")
    assert (slow.status, slow.figures["meets_clock"]) == (1, False)


def test_sweep_reports_and_report_rewrites(ternlut: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    figures = ternlut("sweep", spec_file(tmp_path), "-o", out, "--json").figures
    assert {"points", "feasible", "pareto", "seconds", "points_per_second", "report"} <= set(figures)
    assert figures["points"] == 4608
    assert {path.name for path in out.iterdir()} == FILES
    (out / "report.html").unlink()
    assert ternlut("report", out, "--json").figures == {"report": str(out / "report.html")}
    assert (out / "report.html").exists()


def test_sweep_ends_with_the_best_designs_and_the_report(ternlut: Run, tmp_path: Path) -> None:
    result = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out")
    assert result.status == 0
    assert result.err == ""
    assert "\nrecommended  " in result.out
    assert result.out.splitlines()[-1] == f"report: {tmp_path / 'out' / 'report.html'}"


def test_sweep_builds_the_best_design_and_runs_a_layer_on_it(ternlut: Run, tmp_path: Path) -> None:
    result = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out", "--emit-best")
    assert result.status == 0
    assert "simulated 96 → 250, 3 tokens: 750 results in " in result.out
    assert "bit-exact" in result.out
    assert list((tmp_path / "out" / "best").glob("*.v"))
    # The clock that it was judged at is that of the hand-off, and of one made from best.toml.
    _, target = load_core(tmp_path / "out" / "best.toml")
    again = ternlut("generate", tmp_path / "out" / "best.toml", "-o", tmp_path / "again", "--json").figures
    assert again["clock_mhz"] == target.clock_mhz is not None
    constraints = [path / "constraints.sdc" for path in (tmp_path / "out" / "best", tmp_path / "again")]
    assert constraints[0].read_text() == constraints[1].read_text()
    period = float(re.findall("^set clock_period (.*)$", constraints[0].read_text(), re.M)[0])
    assert period == pytest.approx(1000 / target.clock_mhz, abs=0.0011)


@pytest.mark.parametrize("more", [(), ("--emit-best",), ("--emit-best", "--json")])
def test_a_budget_that_no_design_keeps_is_status_1_and_says_what_is_not_done(
    ternlut: Run, tmp_path: Path, more: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = ternlut("sweep", spec_file(tmp_path, budget={"area_um2": 3}), "-o", out, *more)
    assert result.status == 1
    assert not (out / "best").exists()
    assert not (out / "best.toml").exists()
    areas = pq.read_table(out / "points.parquet", columns=["area_um2", "feasible"]).to_pandas()
    least = areas[areas["feasible"]]["area_um2"].min()
    why = f"no design of this space stays within 3 µm²: the least is area {least:.3g} µm²"
    emitted = "no core is emitted: " if more else ""
    assert result.err == f"ternlut: {emitted}{why}\n"
    if "--json" in more:
        figures = json.loads(result.out)
        assert figures["best"] is None
        assert figures["simulation"] is None
    else:
        assert f"N{why[1:]}." in result.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("table=3", "unknown key 'table': did you mean 'tables'?"),
        (
            "pipeline.depth=3",
            "unknown key 'pipeline.depth': table, fetch, reduction_every, float_stages are known",
        ),
        ("tables=two", "tables = 'two': a valid integer is expected"),
        ("tables=2.5", "tables = 2.5: a valid integer is expected"),
        ("group_size=0", "group_size = 0: greater than or equal to 1 is expected"),
        ("group_size=7", "group_size = 7: less than or equal to 6 is expected"),
        ("tables=33", "a tile of 66 activations is longer than max_reduction = 64"),
        ("activation=int1", "activation = 'int1' is not a number format"),
        ("tables", "--set tables: key=value is expected"),
    ],
)
@pytest.mark.parametrize("command", ["estimate", "generate", "simulate", "synth"])
def test_a_core_that_is_not_allowed_is_one_line(
    ternlut: Run, core: Path, tmp_path: Path, command: str, change: str, said: str
) -> None:
    out = ["-o", tmp_path / "rtl"] if command == "generate" else []
    assert said in ternlut(command, core, *out, "--set", change).complaint
    assert not (tmp_path / "rtl").exists()


def test_a_core_file_that_cannot_be_read_is_one_line(ternlut: Run, tmp_path: Path) -> None:
    assert "none.toml: No such file" in ternlut("estimate", tmp_path / "none.toml").complaint
    (tmp_path / "bad.toml").write_text("tables = ")
    assert "bad.toml: not TOML" in ternlut("estimate", tmp_path / "bad.toml").complaint
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "binary.toml: not a text file" in ternlut("estimate", tmp_path / "binary.toml").complaint
    assert "Is a directory" in ternlut("estimate", tmp_path).complaint


def test_a_layer_beyond_the_core_is_one_line(ternlut: Run, core: Path) -> None:
    said = ternlut("simulate", core, "--layer", "65x3").complaint
    assert "N = 65 is beyond the core's max_reduction = 64" in said
    assert "--layer 65: NxM is expected" in ternlut("simulate", core, "--layer", "65").complaint


def test_weights_that_are_none_are_one_line(ternlut: Run, core: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.npy"
    np.save(path, np.full((2, 4), 3))
    assert "is not ternary: it holds 3" in ternlut("simulate", core, "--weights", path).complaint
    path.write_text("weights")
    assert "w.npy: not a file of weights" in ternlut("simulate", core, "--weights", path).complaint


def test_a_liberty_file_that_cannot_be_used_is_one_line(ternlut: Run, core: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.lib"
    assert "none.lib" in ternlut("synth", core, "--liberty", missing).complaint
    truncated = tmp_path / "half.lib"
    truncated.write_text(
        "library (half) {\n  cell (INV) {\n    area : 1.0;\n    pin (Y) { direction : output; func"
    )
    assert "half.lib" in ternlut("synth", core, "--liberty", truncated).complaint
    packed = tmp_path / "half.lib.gz"
    packed.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02")
    assert "half.lib.gz" in ternlut("synth", core, "--liberty", packed).complaint


def test_an_unknown_technology_lists_those_shipped(ternlut: Run, core: Path) -> None:
    assert "technology 'tsmc3' is unknown: asap7" in ternlut("estimate", core, "--tech", "tsmc3").complaint


def test_options_that_do_not_exist_are_one_line(ternlut: Run, core: Path) -> None:
    assert "No such option: --fast" in ternlut("estimate", core, "--fast").complaint
    assert "No such command 'guess'" in ternlut("guess").complaint
    assert "Missing argument 'CORE'" in ternlut("estimate").complaint


def test_generate_refuses_a_directory_that_is_a_file(ternlut: Run, core: Path, tmp_path: Path) -> None:
    (tmp_path / "rtl").write_text("mine")
    assert "rtl: is a file, a directory" in ternlut("generate", core, "-o", tmp_path / "rtl").complaint
    assert (tmp_path / "rtl").read_text() == "mine"


def test_generate_on_a_full_disk_leaves_no_half_file(
    ternlut: Run, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.write_text

    def full(self: Path, text: str, **options: Any) -> int:
        if "manifest" in self.name:
            real(self, text[:100], **options)
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, text, **options)

    monkeypatch.setattr(Path, "write_text", full)
    said = ternlut("generate", core, "-o", tmp_path / "rtl").complaint
    assert "manifest.json: No space left on device" in said
    assert not (tmp_path / "rtl").exists()


def test_an_error_of_ours_that_is_none_of_the_users_is_not_hidden(
    ternlut: Run, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, overrides: list[str]) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("generator.config.load_core", broken)
    with pytest.raises(ZeroDivisionError):
        ternlut("estimate", core)


def test_help_is_shown_without_a_command_and_by_either_option(ternlut: Run) -> None:
    shown = ternlut("--help")
    assert (shown.status, shown.err) == (0, "")
    assert ternlut() == ternlut("-h") == shown
    assert ternlut("synth", "-h") == ternlut("synth", "--help")


def test_help_has_whole_sentences(ternlut: Run) -> None:
    words = " ".join(ternlut("--help").out.partition("Commands:")[2].split())
    assert "..." not in words
    for command in cli.COMMANDS.values():
        assert (command.__doc__ or "").splitlines()[0] in words


def test_the_version_is_that_of_the_package(ternlut: Run) -> None:
    assert ternlut("--version").out == f"ternlut {metadata.version('ternlut')}\n"
