"""A small core under a stimulus that is the same in all lanes, so that one lane tells all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from costmodel.fit.powered import powered_core
from costmodel.power.measure import Meter
from costmodel.power.stimulus import Stimulus
from dse.measuring.workload import Windows, stimulus_of, typical_layer, windows_of
from generator.config import CoreConfig

CORE = CoreConfig(activation="int4", group_size=2, tables=2, columns=3, max_reduction=64)
CYCLES, CLOCK_PS = 40, 4000.0


@dataclass(frozen=True)
class Bench:
    """A core's netlist made ready, windows of a layer, and the stimulus that they are."""

    meter: Meter
    windows: Windows
    stimulus: Stimulus

    @property
    def alike(self) -> Stimulus:
        """The stimulus of the first lane, in all of them."""
        streams = [replace(stream, beats=stream.beats[:1]) for stream in self.stimulus.streams]
        return replace(self.stimulus, streams=streams)


@pytest.fixture(scope="session")
def bench() -> Bench:
    windows = windows_of(CORE, typical_layer(CORE), CYCLES)
    return Bench(Meter(powered_core(CORE)), windows, stimulus_of(windows, CYCLES))
