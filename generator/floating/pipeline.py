"""A block that may be pipelined: it is written step by step, and has registers where its plan says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib.wiring import In

from generator.block import Block
from generator.plan.unit import UnitPlan


class PipelinedBlock(Block):
    """The block of a unit's ``plan``; without stages it is combinational.

    With stages it has the ports ``clk`` and ``enable``: the registers advance when ``enable`` is 1. They have
    no reset.
    """

    def __init__(self, name: str, summary: str, ports: Mapping[str, Any], plan: UnitPlan) -> None:
        stages = plan.stages
        clocked = {"clk": In(1), "enable": In(1)} if stages else {}
        latency = f"{stages} cycle{'s' if stages > 1 else ''} latency" if stages else "combinational"
        name = f"{name}_s{stages}" if stages else name
        super().__init__(name, f"{summary}; {latency}", {**clocked, **ports})
        self.stages = stages
        self._unit = plan

    def pipelined(self) -> tuple[Module, Pipeline]:
        """The module to write the block into, and its registers."""
        m = self.clocked() if self.stages else Module()
        return m, Pipeline(m, self._unit, self.enable if self.stages else None)


class Pipeline:
    """Adds the registers of a ``plan`` while its block is being written, step by step."""

    def __init__(self, m: Module, plan: UnitPlan, enable: Any) -> None:
        self._m = m
        self._plan = plan
        self._enable = enable

    def after(self, step: str, *values: Value) -> tuple[Value, ...]:
        """All the ``values`` that are still needed after ``step``, registered if a stage ends there.

        They must be as many bits as the plan has there: that is what the registers are priced by.
        """
        m, bits = self._m, sum(map(len, values))
        planned = self._plan.steps[step].bits
        assert bits == planned, f"{bits} bits are alive after step {step!r}, {planned} in {self._plan}"
        for depth in range(self._plan.registers[step]):
            held = []
            for i, value in enumerate(values):
                name = value.name if isinstance(value, Signal) else f"value{i}"
                held.append(Signal(len(value), name=f"{name}_{step}{depth or ''}", reset_less=True))
            with m.If(self._enable):
                m.d.sync += [register.eq(value) for register, value in zip(held, values, strict=True)]
            values = tuple(held)
        return values
