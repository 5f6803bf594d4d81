"""What measures a core: an interface that calibration, validation, verification and claims use.

Which tool it is, and what it measures, they do not know: Yosys with a cell library measures area and delay
(``costmodel.fit.cells``), a flow for an FPGA would count lookup tables and flip-flops.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from costmodel.price.quantity import Quantity
from costmodel.price.technology import Cost
from generator.config import CoreConfig
from generator.errors import TernlutError
from generator.verilog import Emission, emit

Figures = Mapping[str, float]
"""What was measured, by the names of quantities."""


@dataclass(frozen=True)
class Design:
    """A design to measure: Verilog and its top module.

    ``clock_ps``: the clock period that it is to be sized for; None for all speeds that there are.
    """

    verilog: str
    top: str
    clock_ps: float | None = None

    @classmethod
    def of(cls, core: CoreConfig, clock_ps: float | None = None) -> Design:
        """The whole of ``core``."""
        emission = emit(core)
        return cls(emission.verilog, emission.top, clock_ps)


@dataclass(frozen=True)
class Origin:
    """Where a measurer's figures come from, as a technology and a validation state it.

    ``library`` is what designs are mapped to and ``corner`` which variant of it, ``flow`` how, by which
    ``tools`` (Python packages). ``files`` are what the library was read from, ``digest`` tells it from
    others, ``dont_use`` are patterns of its cells that are left out.
    """

    library: str
    corner: str
    flow: str
    tools: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    digest: str = ""
    dont_use: tuple[str, ...] = ()


class Measurer(Protocol):
    """What measures designs.

    ``kind`` is its name in technologies, ``quantities`` are what it measures, ``cost`` which of them is what
    a core costs.
    """

    @property
    def kind(self) -> str: ...

    @property
    def quantities(self) -> Sequence[Quantity]: ...

    @property
    def cost(self) -> Cost: ...

    @property
    def origin(self) -> Origin: ...

    def prepare(self) -> None:
        """Reads what it needs, so that what is wrong with it shows; ``TernlutError`` says what."""

    def measure(
        self, designs: Iterable[Design], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        """Measures designs side by side; yields (index, figures or what went wrong) as they are finished.

        The figures are of all quantities. Of a design with a clock those of the cost, by its name at least
        speed, and of ``delay`` are for that clock.
        """

    def modules(
        self, emissions: Iterable[Emission], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        """What each module of each emission costs by itself, by their names, without its instances.

        Yields nothing where it cannot be told.
        """
