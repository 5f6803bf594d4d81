"""Synthesis of a core to an FPGA: how much of each resource it takes up, and which clock it reaches."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.cells.fabrics import Device, device_of, fabric_of
from costmodel.fit.fabrics import TIMED_ON
from costmodel.flow.fabric_synthesis import FabricJob, has_placer, place_on, synthesize_to
from generator.config import CoreConfig
from generator.verilog import emit


@dataclass(frozen=True)
class FabricCore:
    """A core on a fabric.

    ``resources`` are counted by synthesis, by name; ``fmax_mhz`` is what nextpnr reached on ``device``, None
    where it was not placed, and ``delay_ps`` the longest path: that one, or an estimate before placement.
    ``shares`` are those of the device, where one is given, and ``netlist`` is Verilog of the fabric's cells.
    """

    resources: dict[str, float]
    cells: dict[str, int]
    fmax_mhz: float | None
    delay_ps: float | None
    seconds: float
    device: Device | None = None
    shares: dict[str, float] | None = None
    netlist: str | None = None

    @property
    def fits(self) -> bool | None:
        """Whether the device has enough of everything."""
        return None if self.shares is None else all(share <= 1 for share in self.shares.values())


def synthesize_on_fabric(
    config: CoreConfig,
    fabric: str = "xcup",
    device: str | None = None,
    *,
    place: bool = True,
    datapath: bool = False,
    netlist: bool = False,
    clock_ps: float | None = None,
) -> FabricCore:
    """What Yosys makes of the core of ``config`` in the cells of ``fabric``.

    ``device`` is the name of one, whose shares are told. Where the fabric's placer is installed and ``place``
    is not off, the core is placed and routed by itself on that device, else on the one that the fabric is
    timed on. ``datapath``: without sequencer and streams. It is mapped for the period ``clock_ps``, or to few
    tables. Buffers are in the fabric's memories. Takes seconds to minutes, and nothing when it is asked
    for again. Raises ``SynthesisError`` and ``FabricError`` in one line.
    """
    family = fabric_of(fabric)
    chosen = None if device is None else device_of(device, fabric)
    emission = emit(config)
    top = emission.datapath if datapath else emission.top
    placed_on = chosen
    if placed_on is None and fabric in TIMED_ON:
        placed_on = device_of(TIMED_ON[fabric], fabric)
    times = place and placed_on is not None and has_placer(family)
    job = FabricJob(emission.verilog, top, family, netlist=netlist or times, clock_ps=clock_ps)
    result = synthesize_to(job)
    resources = family.counted(result.cells)
    shares = None if chosen is None else chosen.shares(resources)
    fmax, delay, seconds = None, result.delay_ps, result.seconds
    if times and placed_on is not None and all(share <= 1 for share in placed_on.shares(resources).values()):
        placed = place_on(job, placed_on)
        fmax, delay, seconds = placed.fmax_mhz, 1e6 / placed.fmax_mhz, seconds + placed.seconds
    return FabricCore(
        resources, result.cells, fmax, delay, seconds, chosen, shares, result.netlist if netlist else None
    )
