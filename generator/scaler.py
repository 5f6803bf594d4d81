"""Scales of groups: sums of groups are scaled and added, while the columns sum the next groups.

In the cycle after a group's last tile all its sums are captured. Then every unit scales and adds those of its
columns, one a cycle. Scales come with the keys of their group, in the order in which they are needed, and
wait in registers. Nothing has to wait for the scaler: it is done when the next group's sums are there, and
while a result waits to be taken, all of the core stands still.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import assert_never

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, add_signed, copy_out, delayed, enables_of, slices, update
from generator.column import control_ports
from generator.floating.adder import FloatAdder
from generator.floating.bits import is_special, unpack, wire
from generator.floating.fixed import FixedToFloat, negate_if
from generator.operators import clocking
from generator.plan import CorePlan, FloatScaling, IntegerScaling, ScalerPlan, beat_bits, core_name
from generator.products import product


class ScaleUnit(Block):
    """A multiplier and an adder that serve some columns of a row, and what they add up.

    Members
    -------
    going : In(1)
        Registers move.
    capture : In(1)
        The ``sums`` are taken.
    scale : In(b)
        That of the column that is served: column s, s cycles after the sums were taken.
    adds, writes : In(S)
        Which column's sum the adder takes up, and which column's it has made.
    opens : In(1)
        What is taken up is zero.
    sums : In(S·w), totals : Out(S·t)
        Column 0 in the low bits; where sums are marked, the mark above each.
    """

    kind = "scale_unit"

    def __init__(self, plan: CorePlan, scaler: ScalerPlan) -> None:
        self.scaler = scaler
        steps = scaler.steps
        super().__init__(
            f"scale_unit_{core_name(plan.config)}",
            f"scales sums of groups of {steps} column(s) and adds them up",
            {
                "clk": In(1),
                "going": In(1),
                "capture": In(1),
                "scale": In(scaler.number.bits),
                "adds": In(steps),
                "writes": In(steps),
                "opens": In(1),
                "sums": In(steps * scaler.sums.bits),
                "totals": Out(steps * scaler.total_width),
            },
        )
        self.to_float: FixedToFloat | None = None
        self.adder: FloatAdder | None = None
        match scaler.scaling:
            case IntegerScaling():
                pass
            case FloatScaling(to_float=to_float, add=add):
                self.to_float, self.adder = FixedToFloat(to_float), FloatAdder(add)
                self.blocks = (self.to_float, self.adder)
            case unknown:
                assert_never(unknown)

    def elaborate(self, platform: object) -> Module:
        m, scaler = self.clocked(), self.scaler
        width = scaler.total_width
        addend = self._scaled(m, self._served(m))
        totals = [Signal(width, name=f"total{column}") for column in range(scaler.steps)]
        operand = Signal(width, name="operand")
        taken = [total & adds.replicate(width) for total, adds in zip(totals, self.adds, strict=True)]
        whole = reduce(or_, taken)
        m.d.comb += operand.eq(whole & (~self.opens).replicate(width))
        following = self._added(m, operand, addend)
        for total, writes in zip(totals, self.writes, strict=True):
            update(m, total, (self.going & writes, following))
        copy_out(m, Cat(totals), self.totals)
        return m

    def _served(self, m: Module) -> Value:
        """The captured sum of the column that is served: they move on by one in each cycle."""
        sums = slices(self.sums, [self.scaler.sums.bits] * self.scaler.steps)
        held = [Signal(len(value), name=f"held{column}") for column, value in enumerate(sums)]
        for column, register in enumerate(held):
            following: Value = sums[column]
            if column + 1 < len(held):
                following = Mux(self.capture, following, held[column + 1])
            # Behind the last nothing follows that counts.
            update(m, register, (self.going, following))
        return held[0]

    def _scaled(self, m: Module, served: Value) -> Value:
        """The sum that is served times its scale."""
        match self.scaler.scaling:
            case IntegerScaling(product_width=width):
                return product(m, "product", served, self.scale, width, signed=True)
            case FloatScaling() as scaling:
                return self._rounded(m, served, scaling)
            case unknown:
                assert_never(unknown)

    def _rounded(self, m: Module, served: Value, scaling: FloatScaling) -> Value:
        """The product as a float; of an infinity or a NaN what IEEE 754 has, and NaN of a marked sum."""
        number, fmt = scaling.number, scaling.to_float.fmt
        marked: Value = Const(0, 0)
        if self.scaler.sums.marked:
            served, marked = served[:-1], served[-1]
        assert self.to_float is not None
        sign, field, fraction = (
            self.scale[-1],
            self.scale[number.mantissa : -1],
            self.scale[: number.mantissa],
        )
        unpacked = unpack(m, "scale", number, field, fraction)
        weight = negate_if(m, "significand", unpacked.significand, sign)
        exact: Value = product(m, "product", served, weight, scaling.product_width, signed=True)
        special = wire(m, "special", is_special(number, self.scale[:-1]))
        undefined = fraction.any() | ~served.any() if number.infinities else Const(1, 1)
        if len(marked):
            special, undefined = special | marked, undefined | marked
        marks: Value = Cat(special, wire(m, "undefined", undefined), sign ^ served[-1])
        exponent = unpacked.exponent
        stages = int(self.scaler.float_stages > 0)
        exact = delayed(m, exact, "product_held", stages, self.going)
        exponent = delayed(m, exponent, "exponent_held", stages, self.going)
        marks = delayed(m, marks, "marks_held", stages, self.going)
        value = Signal(fmt.bits, name="rounded")
        m.submodules.round = self.to_float.instance(
            **clocking(self.to_float, self.going),
            fixed=exact,
            exponent=Cat(exponent, Const(0, len(self.to_float.exponent) - len(exponent))),
            value=value,
        )
        marks = delayed(m, marks, "marks_rounded", self.scaler.float_stages, self.going)
        infinity = ((1 << fmt.exponent) - 1) << fmt.mantissa
        infinite = Cat(Const(infinity, fmt.bits - 1), marks[2])
        strange = Mux(marks[1], Const(fmt.canonical_nan, fmt.bits), infinite)
        return wire(m, "addend", Mux(marks[0], strange, value))

    def _added(self, m: Module, operand: Value, addend: Value) -> Value:
        """The next total of the column that is served."""
        if self.adder is None:
            return add_signed(m, "following", operand, addend, self.scaler.total_width)
        total = Signal(self.scaler.total_width, name="following")
        m.submodules.add = self.adder.instance(
            **clocking(self.adder, self.going), a=operand, b=addend, sum=total
        )
        return total


class Scaler(Block):
    """The scaling units of all rows, the scales that wait for them, and the results' handshake.

    Members
    -------
    accept, keep, advance : In
        As ``control_ports`` says: a tile's, of which ``scales`` are those that came with its keys.
    sums : In(R·K·w)
        The accumulators; row 0, column 0 in the low bits.
    group_valid, group_opens, group_closes, group_last : In(1)
        They are a group's sums; the first or the last of its results; the last of a block of tokens.
    going : Out(1)
        The core moves: no result waits to be taken.
    result_valid, result_last : Out(1), result_ready : In(1), totals : Out(R·K·t)
    """

    kind = "scaler"

    def __init__(self, plan: CorePlan, scaler: ScalerPlan) -> None:
        self.plan, self.scaler = plan, scaler
        self.controls = [port for port in ("accept", "keep", "advance") if port in control_ports(plan)]
        widths = control_ports(plan)
        super().__init__(
            f"scaler_{core_name(plan.config)}",
            f"scales of groups of {plan.config.scale_group} weights",
            {
                "clk": In(1),
                "rst": In(1),
                **{port: In(widths[port]) for port in self.controls},
                "scales": In(scaler.beat_bits),
                "sums": In(plan.config.rows * plan.config.columns * scaler.sums.bits),
                **{f"group_{port}": In(1) for port in ("valid", "opens", "closes", "last")},
                "going": Out(1),
                "result_valid": Out(1),
                "result_ready": In(1),
                "result_last": Out(1),
                "totals": Out(beat_bits(plan).result),
            },
        )
        self.unit = ScaleUnit(plan, scaler)
        self.blocks = (self.unit,)

    def elaborate(self, platform: object) -> Module:
        m, plan, scaler = self.clocked(), self.plan, self.scaler
        steps, going = scaler.steps, Signal(name="moving")
        m.d.comb += [going.eq(~self.result_valid | self.result_ready), self.going.eq(going)]
        capture = Signal(name="captures")
        m.d.comb += capture.eq(self.group_valid & going)
        adding, writing = scaler.product_stages, scaler.product_stages + scaler.add_stages
        served = self._steps(m, going, steps + writing)
        flags: Value = Cat(self.group_opens, self.group_closes, self.group_last)
        flags = self._held(m, flags, "group", capture)
        if adding:
            flags = self._held(m, flags, "adding", going & served[adding - 1])
        opens = flags[0]
        if writing > adding:
            flags = self._held(m, flags, "writing", going & served[writing - 1])
        done = served[-1] & flags[1]
        update(m, self.result_valid, (self.rst, 0), (going, done))
        update(m, self.result_last, (going, flags[2]))

        scales = slices(self._waiting(m, going, served[:steps]), [scaler.number.bits] * scaler.units)
        width = scaler.sums.bits
        by_row = slices(self.sums, [plan.config.columns * width] * plan.config.rows)
        totals: list[Value] = []
        for row, sums in enumerate(by_row):
            missing = Const(0, scaler.units * steps * width - len(sums))
            parts = slices(Cat(sums, missing), [steps * width] * scaler.units)
            made = [Signal(steps * scaler.total_width, name=f"totals{row}_{u}") for u in range(scaler.units)]
            for number, (part, scale) in enumerate(zip(parts, scales, strict=True)):
                m.submodules[f"unit{row}_{number}"] = self.unit.instance(
                    clk=self.clk,
                    going=going,
                    capture=capture,
                    scale=scale,
                    adds=served[adding : adding + steps],
                    writes=served[writing:],
                    opens=opens,
                    sums=part,
                    totals=made[number],
                )
            totals.append(Cat(made)[: plan.config.columns * scaler.total_width])
        copy_out(m, Cat(totals), self.totals)
        return m

    def _steps(self, m: Module, going: Value, count: int) -> Signal:
        """A bit for each of ``count`` cycles behind the one in which sums are captured."""
        served = Signal(count, name="served")
        following = Cat(self.group_valid, served[:-1])
        update(m, served, (self.rst, 0), (going, following))
        return served

    def _held(self, m: Module, flags: Value, name: str, enable: Value) -> Signal:
        """A group's ``flags`` until those of the next take their place."""
        register = Signal(len(flags), name=f"flags_{name}")
        update(m, register, (enable, flags))
        return register

    def _waiting(self, m: Module, going: Value, served: Value) -> Value:
        """The scales of the columns that are served.

        Those that come with a group's s-th tile are written one cycle after it is accepted, so not before
        those in the same place, of the group before, are read.
        """
        plan, width = self.plan, self.scaler.beat_bits
        stages = plan.pipeline_stages
        enables = enables_of(self.advance, 0, stages) if stages else going
        arriving = delayed(m, self.scales, "scales", stages, enables)
        latest = Signal(width, name="latest")
        place = Signal(len(served), name="place")
        fresh = Signal(name="fresh")
        update(m, latest, (self.accept, arriving))
        following = Cat(~self.keep, place[:-1] & self.keep.replicate(len(place) - 1))
        update(m, place, (self.accept, following))
        update(m, fresh, (self.rst, 0), (going, self.accept))
        chosen: Value = Const(0, width)
        for column in range(len(served)):
            waits = Signal(width, name=f"scales{column}")
            update(m, waits, (going & fresh & place[column], latest))
            chosen = chosen | waits & served[column].replicate(width)
        return chosen
