"""A block that may be pipelined: its steps in order, with their delays, cut into stages that take equally
long."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib.wiring import In

from generator.block import Block
from generator.errors import ConfigError


def registers_after(delays: Mapping[str, int], stages: int) -> dict[str, int]:
    """How many registers follow each step of a block that is cut into ``stages`` stages.

    ``delays`` names the steps in order and says how long each takes (any unit). The last step always ends
    in a register, and the other cuts make the slowest stage as fast as they can. A block has no more useful
    stages than steps: what is asked beyond that becomes further registers at the output, for a tool that
    retimes.
    """
    names, times = list(delays), list(delays.values())
    registers = dict.fromkeys(names, 0)
    if stages == 0:
        return registers

    def slowest(cuts: tuple[int, ...]) -> int:
        edges = (0, *cuts, len(names))
        return max(sum(times[a:b]) for a, b in pairwise(edges))

    inner = min(stages, len(names)) - 1
    for cut in min(combinations(range(1, len(names)), inner), key=slowest):
        registers[names[cut - 1]] = 1
    registers[names[-1]] = stages - inner
    return registers


def stages_of(registers: Mapping[str, int]) -> list[list[str]]:
    """The steps of each stage of a block that is cut by ``registers`` after its steps."""
    stages: list[list[str]] = [[]]
    for step, count in registers.items():
        stages[-1].append(step)
        if count:
            stages.append([])
    return [stage for stage in stages if stage]


class PipelinedBlock(Block):
    """A block of ``stages`` cycles latency; 0 is combinational.

    With ``stages`` > 0 it has the ports ``clk`` and ``enable``: the registers advance when ``enable`` is 1.
    They have no reset.
    """

    def __init__(self, name: str, summary: str, ports: Mapping[str, Any], stages: int) -> None:
        clocked = {"clk": In(1), "enable": In(1)} if stages else {}
        latency = f"{stages} cycle{'s' if stages > 1 else ''} latency" if stages else "combinational"
        name = f"{name}_s{stages}" if stages else name
        super().__init__(name, f"{summary}; {latency}", {**clocked, **ports})
        self.stages = stages
        if stages < 0:
            raise ConfigError(f"stages = {stages} is not possible: 0 (combinational) or more is")

    def steps(self, delays: Mapping[str, int]) -> tuple[Module, Pipeline]:
        """The module to write the block into, and the pipeline that cuts it. ``delays`` as for
        registers_after."""
        m = self.clocked() if self.stages else Module()
        enable = self.enable if self.stages else None
        self.pipeline = Pipeline(m, delays, self.stages, enable)
        return m, self.pipeline


class Pipeline:
    """Adds the registers of a block while the block is being written, and counts their bits after each step.

    ``delays`` are the steps' times in full adders, ``stages`` the steps of each stage.
    """

    def __init__(self, m: Module, delays: Mapping[str, int], stages: int, enable: Any) -> None:
        self._m = m
        self._registers = registers_after(delays, stages)
        self._enable = enable
        self.delays = delays
        self.stages = stages_of(self._registers)
        self.bits_after = dict.fromkeys(delays, 0)

    def after(self, step: str, *values: Value) -> tuple[Value, ...]:
        """All the ``values`` that are still needed after ``step``, registered if a stage ends there."""
        m = self._m
        for depth in range(self._registers[step]):
            held = []
            for i, value in enumerate(values):
                name = value.name if isinstance(value, Signal) else f"value{i}"
                held.append(Signal(len(value), name=f"{name}_{step}{depth or ''}", reset_less=True))
            self.bits_after[step] += sum(map(len, held))
            with m.If(self._enable):
                m.d.sync += [register.eq(value) for register, value in zip(held, values, strict=True)]
            values = tuple(held)
        return values
