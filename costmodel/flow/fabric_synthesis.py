"""Synthesis of Verilog to an FPGA's fabric with Yosys, and its placement on a device with nextpnr.

Each runs in a process of its own, and results are cached by a hash of everything that they depend on.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from costmodel.cells.fabrics import Device, Fabric
from costmodel.flow.answers import answer_of
from costmodel.flow.synthesis import (
    Children,
    SynthesisError,
    verilog_bytes,
    verilog_files,
    yosys_version,
)
from generator.files import cache_directory

FLOW_VERSION = 4
"""Raised whenever the flow changes what comes out of it, so that older cached results are not used."""
AIM_MHZ = 200.0
"""The clock that the placer works towards: more than any core reaches, so that it does what it can."""


@dataclass(frozen=True)
class FabricJob:
    """One design to synthesize to a fabric: Verilog text or files, and its top module.

    ``netlist``: keep it, in the fabric's cells. ``clock_ps``: the period that logic is mapped for; without
    one it is mapped to few tables, however many are behind each other.
    """

    verilog: str | tuple[Path, ...]
    top: str
    fabric: Fabric
    netlist: bool = False
    clock_ps: float | None = None

    @property
    def mapping(self) -> tuple[bytes, ...]:
        """What the mapping depends on beside sources and tools."""
        clock = () if self.clock_ps is None else (_text([self.clock_ps]),)
        return (_text(self.fabric.flow), *clock)


@dataclass(frozen=True)
class FabricResult:
    """What a synthesis gave: how many cells of each kind.

    ``delay_ps`` is an estimate before placement, None of a fabric that has a placer. ``netlist`` is Verilog
    and ``json`` what nextpnr reads, packed, where a job asks for them.
    """

    cells: dict[str, int]
    delay_ps: float | None
    seconds: float
    netlist: str | None = None
    json: str | None = None


@dataclass(frozen=True)
class PlacedOnDevice:
    """A design that nextpnr has placed and routed: its fastest clock, and what it takes up of each resource.

    ``used`` are nextpnr's own counts, in its own names.
    """

    fmax_mhz: float
    used: dict[str, int]
    seconds: float


def synthesize_to(
    job: FabricJob, children: Children | None = None, cache_dir: Path | None = None
) -> FabricResult:
    """Synthesizes a design, or takes the result from the cache. Raises ``SynthesisError`` in one line."""

    def stated(folder: Path) -> dict[str, Any]:
        return {
            "top": job.top,
            "verilog": verilog_files(job.verilog, folder),
            "fabric": job.fabric.name,
            "netlist": job.netlist,
            "clock_ps": job.clock_ps,
        }

    def run(stated: dict[str, Any]) -> str:
        return (children or Children()).run(stated, "costmodel.flow.fabric_worker")

    depends_on = (*_sources(job), *job.mapping, _text([job.netlist, FLOW_VERSION]))
    return answer_of(
        "fabric",
        (*depends_on, yosys_version().encode()),
        cache_dir or cache_directory(),
        stated,
        run,
        lambda data: FabricResult(**data),
    )


def place_on(
    job: FabricJob,
    device: Device,
    seed: int = 1,
    children: Children | None = None,
    cache_dir: Path | None = None,
) -> PlacedOnDevice:
    """Places and routes a design by itself on a device, without pins, or takes the result from the cache.

    Raises ``SynthesisError`` in one line, where nextpnr is not installed, too.
    """
    package = require_placer(job.fabric)
    children = children or Children()

    def stated(folder: Path) -> dict[str, Any]:
        synthesized = synthesize_to(replace(job, netlist=True), children, cache_dir)
        assert synthesized.json is not None
        (folder / "netlist.json").write_bytes(zlib.decompress(base64.b64decode(synthesized.json)))
        return {"top": job.top, "package": package, "device": list(device.placer), "seed": seed}

    def run(stated: dict[str, Any]) -> str:
        stated |= {"aim_mhz": AIM_MHZ}
        return children.run(stated, "costmodel.flow.nextpnr_worker", f"placement on {device.name}")

    placing = _text([device.placer, seed, AIM_MHZ, FLOW_VERSION])
    depends_on = (*_sources(job), *job.mapping, placing)
    versions = (yosys_version().encode(), metadata.version(package).encode())
    return answer_of(
        "placed-on-device",
        (*depends_on, *versions),
        cache_dir or cache_directory(),
        stated,
        run,
        lambda data: PlacedOnDevice(**data),
    )


def package_of(fabric: Fabric) -> str | None:
    """The package of the placer of ``fabric``, None where there is none."""
    return None if fabric.placer is None else f"yowasp-nextpnr-{fabric.placer}"


def has_placer(fabric: Fabric) -> bool:
    """Whether the placer of ``fabric`` is installed."""
    package = package_of(fabric)
    return package is not None and importlib.util.find_spec(package.replace("-", "_")) is not None


def require_placer(fabric: Fabric) -> str:
    """The package of the placer; ``SynthesisError`` that says how to install it where it is missing."""
    package = package_of(fabric)
    if package is None:
        raise SynthesisError(f"{fabric.name}: cells are counted; a clock needs {fabric.timed_by}")
    if not has_placer(fabric):
        raise SynthesisError(
            f"a clock in {fabric.name} needs {package}, which is not installed: pip install 'ternlut[fpga]'"
        )
    return package


def _sources(job: FabricJob) -> tuple[bytes, ...]:
    return (*verilog_bytes(job.verilog), job.top.encode())


def _text(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
