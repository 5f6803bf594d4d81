"""The measurer of an FPGA's fabric: Yosys counts its cells, nextpnr places and times them where it can."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from costmodel.cells.fabrics import Device, Fabric, device_of, fabric_of
from costmodel.fit.measurer import Design, Figures, Origin
from costmodel.flow.fabric_synthesis import (
    FLOW_VERSION,
    FabricJob,
    package_of,
    place_on,
    require_placer,
    synthesize_to,
)
from costmodel.flow.synthesis import Children, side_by_side
from costmodel.price.quantity import DELAY, Over, Quantity
from costmodel.price.technology import Cost
from generator.errors import TernlutError
from generator.verilog import Emission

KIND = "fabric"
LUT = Quantity(name="lut", label="LUT count", unit="LUT", over="lut4")
FF = Quantity(name="ff", label="flip-flop count", unit="FF", over="lut4")
CARRY = Quantity(name="carry", label="carry cell count", unit="carry cells", over="lut4")
COUNTED = (LUT, FF, CARRY)
"""What is priced in a technology of a fabric. Multipliers and memories are counted, not priced."""
CLOCKED_DELAY = DELAY.model_copy(update={"over": "clocked"})
"""Neither a placer by itself nor an estimate before placement times what begins or ends at a port."""
FABRIC_COST = Cost(label=LUT.label, relaxed=LUT.name, medium=LUT.name, tight=LUT.name)
MOST_PLACED = 1200
"""LUTs of the largest core that is placed to be timed: larger ones take minutes, and are counted alone."""


@dataclass(frozen=True)
class OnFabric:
    """Counts the resources of ``fabric`` that a design takes up; times it placed on ``device``.

    Without a device designs are timed before placement. Those of more than ``MOST_PLACED`` LUTs are not timed
    on one: their delay is 0.
    """

    fabric: Fabric
    device: Device | None = None

    @property
    def kind(self) -> str:
        return KIND

    @property
    def quantities(self) -> Sequence[Quantity]:
        over: Over = "lut6" if self.fabric.table_inputs == 6 else "lut4"
        return (*(quantity.model_copy(update={"over": over}) for quantity in COUNTED), CLOCKED_DELAY)

    @property
    def cost(self) -> Cost:
        return FABRIC_COST

    @property
    def origin(self) -> Origin:
        placer = package_of(self.fabric)
        flow = f"Yosys {self.fabric.synth.partition(' -top')[0]}, flow {FLOW_VERSION}; " + (
            f"delays before placement, {self.fabric.wire_ps:g} ps a wire"
            if self.device is None
            else f"nextpnr on {self.device.name}, out of context"
        )
        return Origin(
            library=self.fabric.name,
            corner=self.fabric.title if self.device is None else self.device.part,
            flow=flow,
            tools=("pyosys",) if placer is None else ("pyosys", placer),
        )

    def prepare(self) -> None:
        if self.device is not None:
            require_placer(self.fabric)

    def measure(
        self, designs: Iterable[Design], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        def figures(design: Design, children: Children) -> Figures:
            job = FabricJob(design.verilog, design.top, self.fabric, netlist=self.device is not None)
            result = synthesize_to(job, children)
            counted, delay = self.fabric.counted(result.cells), result.delay_ps
            if self.device is not None and counted[LUT.name] <= MOST_PLACED:
                delay = 1e6 / place_on(job, self.device, children=children).fmax_mhz
            return {**counted, DELAY.name: delay or 0.0}

        with closing(side_by_side(designs, figures, workers)) as finished:
            yield from finished

    def modules(
        self, emissions: Iterable[Emission], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        """Nothing: modules are mapped as one, and what one of them takes cannot be told."""
        yield from ()


TIMED_ON = {"ecp5": "ulx3s-85f"}
"""The devices that fabrics are timed on by their placers."""


def on_fabric(name: str) -> OnFabric:
    """The measurer of the fabric ``name``. Raises ``FabricError`` where there is none."""
    fabric = fabric_of(name)
    device = TIMED_ON.get(name)
    return OnFabric(fabric, None if device is None else device_of(device, name))
