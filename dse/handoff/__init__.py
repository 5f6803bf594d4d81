"""A core as it is handed to who integrates it: Verilog, and all that goes with it.

Needs of the other packages what none of them may have of another: the emitted Verilog, golden vectors of the
reference, estimates of the cost model.
"""

from __future__ import annotations

from pathlib import Path

from dse.handoff.datasheet import datasheet
from dse.handoff.fusesoc import core_file
from dse.handoff.interface import interface_svg
from dse.handoff.prices import prices
from dse.handoff.regression import regression_files
from dse.handoff.scripts import librelane, script_files
from generator.directory import write_directory
from generator.verilog import Emission

__all__ = ["companions", "write_handoff"]


def companions(emission: Emission, clock_mhz: float | None = None) -> dict[str, str]:
    """Path → text of everything that goes with the Verilog; the same for the same configuration and clock."""
    plan, top, modules = emission.plan, emission.top, list(emission.modules)
    manifest = emission.manifest(clock_mhz)
    priced, regression = prices(emission.config, clock_mhz), regression_files(plan)
    return {
        "README.md": datasheet(plan, manifest, priced),
        "interface.svg": interface_svg(plan),
        f"{top}.core": core_file(top, manifest["versions"]["ternlut"], modules, list(regression)),
        "config.json": librelane(top, modules, priced, clock_mhz),
        **{f"synth/{name}": text for name, text in script_files(top, clock_mhz).items()},
        **{f"regression/{name}": text for name, text in regression.items()},
    }


def write_handoff(emission: Emission, directory: Path, clock_mhz: float | None = None) -> list[Path]:
    """Writes the Verilog and its companions, for a clock if one is stated, into ``directory``; the paths.

    Raises ``OutputError`` as ``write_directory`` does.
    """
    texts = {**emission.texts(clock_mhz), **companions(emission, clock_mhz)}
    return write_directory(directory, emission.manifest(clock_mhz), texts)
