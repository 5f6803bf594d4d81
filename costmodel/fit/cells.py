"""The measurer of a cell library: Yosys maps to its cells, and sizes and buffers for speed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from costmodel.cells.liberty import Library
from costmodel.fit.measurer import Design, Figures, Origin
from costmodel.flow.synthesis import FLOW_VERSION, Flow, Job, SynthesisError, SynthesisResult, synthesize_many
from costmodel.price.quantity import (
    AREA,
    CELL_QUANTITIES,
    DELAY,
    MEDIUM_AREA,
    RIPPLING_DELAY,
    TIGHT_AREA,
    Quantity,
)
from costmodel.price.technology import CELL_COST, Cost
from generator.errors import TernlutError
from generator.files import cache_directory
from generator.verilog import Emission

KIND = "cells"
FLOW = Flow(speeds=True)
"""One synthesis gives the least area, and areas and delay sized for speed."""


@dataclass(frozen=True)
class Cells:
    """Measures area (µm²) without a clock, at ease and for speed, and the longest path (ps)."""

    library: Library

    @property
    def kind(self) -> str:
        return KIND

    @property
    def quantities(self) -> Sequence[Quantity]:
        return CELL_QUANTITIES

    @property
    def cost(self) -> Cost:
        return CELL_COST

    @property
    def origin(self) -> Origin:
        library = self.library
        return Origin(
            library=library.name,
            corner=", ".join(path.name for path in library.files),
            flow=f"Yosys, flattened, adders in {FLOW.adders}, flow {FLOW_VERSION}",
            tools=("pyosys",),
            files=library.files,
            digest=library.digest,
            dont_use=library.dont_use,
        )

    def prepare(self) -> None:
        self.library.cached_table(cache_directory())

    def measure(
        self, designs: Iterable[Design], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        def jobs() -> Iterator[Job]:
            for design in designs:
                flow = FLOW if design.clock_ps is None else Flow(clock_ps=design.clock_ps)
                yield Job(design.verilog, design.top, self.library, flow)

        with closing(synthesize_many(jobs(), workers)) as finished:
            for index, result in finished:
                yield index, result if isinstance(result, SynthesisError) else _figures(result)

    def modules(
        self, emissions: Iterable[Emission], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        def jobs() -> Iterator[Job]:
            for emission in emissions:
                yield Job(emission.verilog, emission.top, self.library, Flow(FLOW.adders, hierarchical=True))

        with closing(synthesize_many(jobs(), workers)) as finished:
            for index, result in finished:
                if isinstance(result, SynthesisError):
                    yield index, result
                else:
                    yield index, {name: module.area_um2 for name, module in result.modules.items()}


def _figures(result: SynthesisResult) -> Figures:
    """What a synthesis found; a design that was sized for a clock has one area."""
    if not result.sized:
        return {AREA.name: result.area_um2, DELAY.name: result.delay_ps or 0.0}
    return {
        AREA.name: result.area_um2,
        MEDIUM_AREA.name: result.sized["medium"].area_um2,
        TIGHT_AREA.name: result.sized["tight"].area_um2,
        DELAY.name: result.shortest_ps or 0.0,
        RIPPLING_DELAY.name: result.sized["rippling"].delay_ps,
    }
