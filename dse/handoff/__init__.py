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
from generator.files import write_text
from generator.verilog import Emission

__all__ = ["companions", "write_handoff"]


def companions(emission: Emission) -> dict[str, str]:
    """Path → text of everything that goes with the Verilog; the same for the same configuration."""
    plan, top, modules, manifest = emission.plan, emission.top, list(emission.modules), emission.manifest()
    priced, regression = prices(emission.config), regression_files(plan)
    return {
        "README.md": datasheet(plan, manifest, priced),
        "interface.svg": interface_svg(plan),
        f"{top}.core": core_file(top, manifest["versions"]["ternlut"], modules, list(regression)),
        "config.json": librelane(top, modules, priced),
        **{f"synth/{name}": text for name, text in script_files(top).items()},
        **{f"regression/{name}": text for name, text in regression.items()},
    }


def write_handoff(emission: Emission, directory: Path) -> list[Path]:
    """Writes the Verilog and its companions into ``directory``; the paths written.

    Each file appears whole or not at all. ``OutputError`` where the directory cannot be written.
    """
    texts = companions(emission)
    written = emission.write(directory)
    for name, text in texts.items():
        write_text(directory / name, text)
    return [*written, *(directory / name for name in texts)]
