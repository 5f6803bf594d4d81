"""One run of nextpnr in a process of its own: ``python -m costmodel.flow.nextpnr_worker``.

The job comes as JSON on standard input; its netlist lies in the job's directory, which is the current one.
"""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import Any

from costmodel.flow.serving import serve


def place(job: dict[str, Any]) -> dict[str, Any]:
    """Places and routes a netlist, and says which clock it reaches and what it takes up."""
    started = time.monotonic()
    package = job["package"].replace("-", "_")
    run = getattr(importlib.import_module(package), f"run_{package.removeprefix('yowasp_')}")
    status = run(
        [
            *job["device"],
            *("--json", "netlist.json", "--top", job["top"], "--out-of-context"),
            *("--freq", str(job["aim_mhz"]), "--timing-allow-fail", "--seed", str(job["seed"])),
            *("--report", "report.json", "--threads", "1"),
        ]
    )
    if status:
        raise ValueError(f"nextpnr ended with status {status}")
    report = json.loads(Path("report.json").read_text())
    clocks = [clock["achieved"] for clock in report["fmax"].values()]
    if not clocks:
        raise ValueError("the design has no path between registers")
    used = {name: each["used"] for name, each in report["utilization"].items() if each["used"]}
    return {"fmax_mhz": min(clocks), "used": used, "seconds": time.monotonic() - started}


if __name__ == "__main__":
    serve(place)
