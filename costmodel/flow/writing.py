"""Mapped netlists as Verilog, by Yosys' own writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyosys import libyosys


def write_verilog(netlist: dict[str, Any], path: Path) -> None:
    """Writes a mapped netlist as Verilog; nets that are still there keep their names, if need be by bit."""
    modules = {}
    for name, module in netlist["modules"].items():
        used = {
            bit for cell in module["cells"].values() for bits in cell["connections"].values() for bit in bits
        }
        names: dict[str, Any] = {}
        for net, entry in module.get("netnames", {}).items():
            if net in module["ports"]:
                continue
            if used.issuperset(entry["bits"]):
                names[net] = entry
            else:
                left = {f"{net}[{i}]": bit for i, bit in enumerate(entry["bits"]) if bit in used}
                names |= {bit_name: {**entry, "bits": [bit]} for bit_name, bit in left.items()}
        modules[name] = {**module, "netnames": names}
    source = path.with_suffix(".json")
    source.write_text(json.dumps({"creator": "", "modules": modules}))
    design = libyosys.Design()
    for command in (f"read_json {source}", f"write_verilog -noattr -noexpr {path}"):
        libyosys.run_pass(command, design)
