"""A core as it is handed to who integrates it: Verilog, and all that goes with it.

The only package that may use the Verilog, the reference's golden vectors and the cost model's estimates
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from dse.handoff.accelerator import accelerator_datasheet
from dse.handoff.datasheet import datasheet
from dse.handoff.fpga import fpga_files
from dse.handoff.fusesoc import core_file
from dse.handoff.interface import interface_svg
from dse.handoff.maker import MAKER, maker_files
from dse.handoff.prices import prices
from dse.handoff.regression import accelerator_regression, regression_files
from dse.handoff.scripts import librelane, script_files
from dse.handoff.software import software_files
from dse.handoff.tinytapeout import generate_project, project_name
from generator.config import CoreConfig
from generator.directory import write_directory
from generator.plan.accelerator import accelerator_plan
from generator.target import Target
from generator.verilog import Emission, emit

__all__ = ["HandOff", "companions", "generate", "generate_tinytapeout", "write_handoff"]


@dataclass(frozen=True)
class HandOff:
    """What was written of a core: ``top`` is the name of its top module, ``modules`` name → Verilog text.

    ``files`` are the paths of all that is in ``directory``: Verilog, datasheet, regression, scripts.
    """

    top: str
    directory: Path
    files: Sequence[Path] = field(repr=False)
    modules: Mapping[str, str] = field(repr=False)

    @property
    def verilog(self) -> str:
        """All modules as one text."""
        return "\n".join(self.modules.values())


def generate(config: CoreConfig, directory: Path | str, *, clock_mhz: float | None = None) -> HandOff:
    """Writes the hand-off of the core of ``config`` into ``directory``: the same files for the same core.

    Verilog, one file a module, datasheet, regression, FuseSoC core file and synthesis scripts, these for a
    clock of ``clock_mhz`` (MHz) if one is stated. What an earlier call wrote there is replaced, nothing else:
    ``OutputError`` where something is in the way, ``ConfigError`` for a core whose wires no tool would take,
    or a clock that none can have.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     handoff = generate(CoreConfig(tables=2, columns=2), folder, clock_mhz=500)
    >>> handoff.top in handoff.verilog, "README.md" in {path.name for path in handoff.files}
    (True, True)
    """
    target, emission, place = Target(clock_mhz=clock_mhz), emit(config), Path(directory)
    files = write_handoff(emission, place, target.clock_mhz)
    return HandOff(emission.top, place, tuple(files), dict(emission.modules))


def generate_tinytapeout(
    config: CoreConfig, directory: Path | str, *, clock_mhz: float | None = None
) -> HandOff:
    """Writes the core of ``config`` as a project of Tiny Tapeout into ``directory``.

    Behind its 8-bit pins, with a test that goes through them; for 50 MHz unless ``clock_mhz`` is stated.
    Raises ``ConfigError`` where it is too large for the largest block of tiles, and ``OutputError`` as
    ``generate`` does.
    """
    emission, place = emit(config), Path(directory)
    files = generate_project(emission, place, Target(clock_mhz=clock_mhz).clock_mhz)
    return HandOff(project_name(emission), place, tuple(files), dict(emission.modules))


def companions(emission: Emission, clock_mhz: float | None = None) -> dict[str, str]:
    """Path → text of everything that goes with the Verilog; the same for the same configuration and clock."""
    plan, top, modules = emission.plan, emission.top, list(emission.modules)
    manifest = emission.manifest(clock_mhz)
    priced = prices(emission.config, clock_mhz)
    match emission.config.wrapper:
        case "stream":
            about = {"README.md": datasheet(plan, manifest, priced), "interface.svg": interface_svg(plan)}
            regression = regression_files(plan)
        case "axi":
            axi = accelerator_plan(plan)
            about = {"README.md": accelerator_datasheet(axi, manifest, priced)}
            about |= {f"software/{name}": text for name, text in software_files(axi).items()}
            regression = accelerator_regression(axi)
        case unknown:
            assert_never(unknown)
    if plan.receives_entries:
        made = maker_files(emission.config)
        about |= {f"{MAKER}/{name}": text for name, text in made.items()}
    return {
        **about,
        f"{top}.core": core_file(top, manifest["versions"]["ternlut"], modules, list(regression)),
        "config.json": librelane(top, modules, priced, clock_mhz),
        **{
            f"synth/{name}": text
            for name, text in script_files(top, clock_mhz, emission.config.clock_gating).items()
        },
        **{f"fpga/{name}": text for name, text in fpga_files(top, manifest["ports"], clock_mhz).items()},
        **{f"regression/{name}": text for name, text in regression.items()},
    }


def write_handoff(emission: Emission, directory: Path, clock_mhz: float | None = None) -> list[Path]:
    """Writes the Verilog and its companions, for a clock if one is stated, into ``directory``; the paths.

    Raises ``OutputError`` as ``write_directory`` does.
    """
    texts = {**emission.texts(clock_mhz), **companions(emission, clock_mhz)}
    return write_directory(directory, emission.manifest(clock_mhz), texts)
