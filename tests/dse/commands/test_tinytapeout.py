"""A project of Tiny Tapeout: its files, its test through the pins, and cores that are too large for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dse.handoff.tinytapeout import SG13G2, SKY130, Tiles
from generator.config import load_core
from generator.verilog import emit
from tests.dse.conftest import CORE
from tests.dse.running import Run

icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")


def asked(folder: Path, core: str = CORE, target: str = "tinytapeout") -> list[object]:
    """The arguments that write the project of ``core`` into ``tt`` in a folder."""
    (folder / "core.toml").write_text(core)
    return ["generate", folder / "core.toml", "--target", target, "-o", folder / "tt"]


@pytest.fixture
def project(ternlut: Run, tmp_path: Path) -> Path:
    found = ternlut(*asked(tmp_path), "--json").figures
    assert found["top"].startswith("tt_um_ternlut_lut_mu2_int4_2x3_")
    return tmp_path / "tt"


def test_the_project_lists_what_it_has(project: Path) -> None:
    info = yaml.safe_load((project / "info.yaml").read_text())
    assert info["yaml_version"] == 6
    core, _ = load_core(project.parent / "core.toml")
    assert info["project"]["top_module"] == f"tt_um_{emit(core).top}"
    assert info["project"]["tiles"] in SKY130.blocks
    assert info["project"]["clock_hz"] == 50_000_000
    sources = info["project"]["source_files"]
    assert sorted(sources) == sorted(path.name for path in (project / "src").iterdir())
    assert {f"{pin}[{bit}]" for pin in ("ui", "uo", "uio") for bit in range(8)} == set(info["pinout"])
    for name in sources:
        assert name in (project / "test" / "Makefile").read_text()
    assert "## How it works" in (project / "docs" / "info.md").read_text()


def run(project: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    return subprocess.run(
        ["make", "-C", project / "test"], env=environment, capture_output=True, text=True, check=False
    )


@icarus
def test_golden_layers_go_through_the_pins(project: Path) -> None:
    done = run(project)
    assert "TESTS=4 PASS=4 FAIL=0" in done.stdout, done.stdout + done.stderr


@icarus
def test_a_wrong_core_is_noticed_at_the_pins(project: Path) -> None:
    (table,) = (project / "src").glob("table_*.v")
    text = table.read_text()
    assert " + " in text
    table.write_text(text.replace(" + ", " - "))
    assert "bytes are wrong" in run(project).stdout


def test_the_smallest_block_that_is_large_enough_is_taken() -> None:
    tiles = Tiles("sky130hd", {"1x1": (100.0, 100.0), "1x2": (100.0, 200.0)})
    assert [tiles.fitting(area) for area in (6000, 6001, 12_000, 12_001)] == ["1x1", "1x2", "1x2", None]
    # A tile of SG13G2 is larger than one of sky130 by 1.7, its cells are by about as much.
    assert SG13G2.fitting(17_000) == "1x1"
    assert SKY130.fitting(17_000) == "1x2"


@pytest.mark.parametrize(
    ("core", "target", "said"),
    [
        (
            CORE.replace("columns = 3", "columns = 300"),
            "tinytapeout",
            r"µm² in sky130 are \d+ tiles with 60% of them filled, 16 are the most: fewer columns",
        ),
        (f'{CORE}\nwrapper = "axi"', "tinytapeout", "wrapper = 'axi' with --target tinytapeout: 'stream'"),
        (CORE, "mpw", "--target mpw: tinytapeout is expected, or none for the whole hand-off"),
    ],
)
def test_what_cannot_be_a_project_is_refused_in_a_line(
    core: str, target: str, said: str, ternlut: Run, tmp_path: Path
) -> None:
    assert re.search(said, ternlut(*asked(tmp_path, core, target)).complaint)
    assert not (tmp_path / "tt").exists()
