"""What metrics are computed from, by type: prices and delays of units, figures of plans, steps in between.

Keys of a configuration and metrics are asked for by name, because specs name them; nothing of this is
named in a spec, so none of it is a name. ``str`` of a figure is what digests are made of. Figures are looked
up by what they are, so none is a tuple, which would be equal to another one of the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from costmodel.price.area import Part
from costmodel.price.energy import Reason
from dse.spec.workload import Shape


@dataclass(frozen=True)
class UnitPrice:
    """What one unit of ``AREA_TERMS[term]`` costs at the speed ``of``, or has of the quantity ``of``."""

    of: str
    term: int

    def __str__(self) -> str:
        return f"{self.of} unit {self.term}"


def energy_of(reason: Reason) -> str:
    """What a ``UnitPrice`` is ``of`` that is the fJ which cells of least area take for a reason."""
    return f"{reason} energy"


@dataclass(frozen=True)
class JoiningPrice:
    """The same of one unit of ``JOINING_TERMS[term]``, between cores that divide the inputs."""

    of: str
    term: int

    def __str__(self) -> str:
        return f"{self.of} joining {self.term}"


@dataclass(frozen=True)
class StageDelay:
    """ps of the longest path of ``DELAY_TERMS[term]``, in a core of one row and column: as fast as can be, or
    while carries ripple.
    """

    term: int
    rippling: bool = False

    def __str__(self) -> str:
        return f"{'rippling ' if self.rippling else ''}delay {self.term}"


@dataclass(frozen=True)
class StagePath:
    """The same in designs as they are, with what a stage drives and wires."""

    term: int
    rippling: bool = False

    def __str__(self) -> str:
        return f"{'rippling ' if self.rippling else ''}path {self.term}"


@dataclass(frozen=True)
class Tightness:
    """How much of the way from a design at ease to the fastest one the clock takes in one part, 0 … 1."""

    part: Part

    def __str__(self) -> str:
        return f"tightness of {self.part}"


class PlanFigure(Enum):
    """Stages (cycles) and widths (bits) of a plan; values are the plan's names for them."""

    TABLE_STAGES = "table_stages"
    ARRIVING_STAGES = "arriving_stages"
    PIPELINE_STAGES = "pipeline_stages"
    FINISHING_CYCLES = "finishing_cycles"
    ACCUMULATOR_STAGES = "accumulator_stages"
    PAUSE_CYCLES = "pause_cycles"
    FILL_CYCLES = "fill_cycles"
    KEY_WIDTH = "key_width"
    ACTIVATION_WIDTH = "activation_width"
    TABLE_INPUT_BITS = "table_input_bits"
    INPUT_EXPONENT_BITS = "input_exponent_bits"
    RESULT_WIDTH = "result_width"
    COMBINING_STAGES = "combining_stages"
    SCALE_BITS = "scale_bits"

    def __str__(self) -> str:
        return f"plan {self.value}"


class Estimate(Enum):
    """Errors of results relative to their RMS, and ps for each doubling of what a control drives."""

    ROUNDING_ERROR = "error rounding"
    ARITHMETIC_ERROR = "error arithmetic"
    LOAD_DELAY = "delay load"
    RIPPLING_LOAD_DELAY = "rippling delay load"

    def __str__(self) -> str:
        return self.value


class Step(Enum):
    """Figures of designs between keys and metrics.

    ``TARGET_CLOCK``: the MHz that are asked for, 0 for as fast as can be; the metric ``clock_mhz`` is what a
    design runs at, and ``CYCLE`` the seconds of one of its cycles. ``SIZED_PERIOD``: ps of the clock period
    that a design is sized for. ``MEMORY_RATE`` and ``ENGINE_RATE``: bits and multiply-accumulates a second of
    what is beside the cores. ``CORE_DELAY``: ps of a core's longest path, whatever memories are beside it.
    ``WIRE_SLOWDOWN``: what wires multiply paths by. ``BUFFER_AREA``: µm² of all memories on chip.
    ``RATED_SECONDS``: the time of the passes that token rates are of; ``CHIP_ENERGY`` and ``MEMORY_ENERGY``:
    pJ that cores with their memories, and the memory off chip, take for these. ``CELLS``: µm² of everything
    but memories, sized for the clock, and ``GROWN``: what that makes energies larger by. ``CLOCKED_POWER``:
    pJ a second that cores take whatever they do. ``SCALE_UNITS`` and ``SCALE_STEPS``: what scales the sums
    of groups in a row, and the turns that it takes.
    """

    TARGET_CLOCK = "clock_mhz asked"
    CYCLE = "seconds of a cycle"
    SIZED_PERIOD = "period that is sized for"
    CORE_DELAY = "delay of a core"
    WIRE_SLOWDOWN = "slowdown by wires"
    BUFFER_AREA = "area of buffers"
    MEMORY_RATE = "memory bits a second"
    ENGINE_RATE = "engine macs a second"
    RATED_SECONDS = "seconds of the rated passes"
    CHIP_ENERGY = "energy of the chip for the rated passes"
    MEMORY_ENERGY = "energy of the memory for the rated passes"
    CELLS = "area without memories"
    GROWN = "energy of cells over their least"
    CLOCKED_POWER = "power of clocks and leakage"
    SCALE_UNITS = "scale_units"
    SCALE_STEPS = "scale_steps"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class LayerSeconds:
    """Seconds of layers of some ``shapes``, one after the other."""

    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"seconds of {self.shapes}"


Use = Literal["activations", "results", "keys", "weights"]
"""What memories on chip hold."""


@dataclass(frozen=True)
class BufferFigure:
    """µm² of the memory for a use, or ps of its access; 0 of designs that have none."""

    of: Literal["area", "access"]
    use: Use

    def __str__(self) -> str:
        return f"{self.of} of the memory of {self.use}"


@dataclass(frozen=True)
class LayerEnergy:
    """pJ that cores take for the steps of layers of some ``shapes``, and to fill their tables."""

    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"energy of {self.shapes}"


@dataclass(frozen=True)
class LayerDemand:
    """What one layer of a shape asks for: ``seconds`` of computing, or ``bits`` of the shared memory.

    Neither depends on what the memory gives, so they are the same behind every memory.
    """

    of: Literal["seconds", "bits"]
    shape: Shape

    def __str__(self) -> str:
        return f"{self.of} of one {self.shape}"


@dataclass(frozen=True)
class Idle:
    """Whether ``key`` means nothing."""

    key: str

    def __str__(self) -> str:
        return f"whether {self.key} means nothing"


Figure = (
    UnitPrice
    | JoiningPrice
    | StageDelay
    | StagePath
    | Tightness
    | PlanFigure
    | Estimate
    | Step
    | BufferFigure
    | LayerSeconds
    | LayerEnergy
    | LayerDemand
    | Idle
)

Column = str | Figure
"""What a view answers: a key or a metric by its name, or a figure."""
