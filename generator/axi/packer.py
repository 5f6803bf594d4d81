"""Beats of results as words of the bus, one behind the other without a gap."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, extend, keep_low, slices, update
from generator.formats import Integer
from generator.plan.accelerator import AcceleratorPlan


class Packer(Block):
    """Widens results to their containers and packs their bytes; a block's last word is cut short.

    Members
    -------
    beat_valid, beat_last : In(1), beat_ready : Out(1), beat_data : In(R*K*result_width)
    word_valid, word_data, word_keep : Out, word_ready : In(1)
        ``word_keep`` says which bytes count.
    """

    kind = "packer"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "pack_results",
            "results as words of the bus",
            {
                "clk": In(1),
                "rst": In(1),
                "beat_valid": In(1),
                "beat_last": In(1),
                "beat_ready": Out(1),
                "beat_data": In(plan.beats.result),
                "word_valid": Out(1),
                "word_ready": In(1),
                "word_data": Out(plan.bus_bits),
                "word_keep": Out(plan.bus_bytes),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m, gear = self.clocked(), self.plan.results
        beat, word, unit = gear.beat_units, gear.word_units, gear.unit
        most = word + beat - 1
        count = Signal(range(most + 1))
        ending = Signal()
        full = Signal(name="word_full")
        rest = Signal(len(count))
        given, taken = Signal(name="given"), Signal(name="taken")
        m.d.comb += [
            full.eq(count >= word),
            self.word_valid.eq(full | ending),
            given.eq(self.word_valid & self.word_ready),
            # What is left behind the word that goes now, of a block that ends nothing.
            rest.eq(Mux(given, Mux(full, keep_low(m, "beyond", count - word, len(count)), 0), count)),
            # A beat fits behind less than a word; the next block begins with a word of its own.
            self.beat_ready.eq(~ending & (rest < word)),
            taken.eq(self.beat_valid & self.beat_ready),
            self.word_keep.eq(Cat((full | (count > place)).replicate(unit) for place in range(word))),
        ]
        more = keep_low(m, "more", rest + Const(beat), len(count))
        update(m, count, (self.rst, 0), (taken, more), (given, rest))
        update(m, ending, (self.rst, 0), (taken & self.beat_last, 1), (given & (count <= word), 0))
        held = Signal(8 * unit * most)
        beyond = 8 * unit * word
        kept, joined = Signal(len(held), name="kept"), Signal(len(held), name="joined")
        m.d.comb += [
            kept.eq(Mux(given, Cat(held[beyond:], Const(0, beyond)), held)),
            joined.eq(self._joined(m, kept, rest)),
            self.word_data.eq(held[: len(self.word_data)]),
        ]
        update(m, held, (taken, joined), (given, kept))
        return m

    def _joined(self, m: Module, kept: Value, rest: Value) -> Value:
        """The ``rest`` units that are ``kept``, fewer than a word, and behind them the results of a beat."""
        gear = self.plan.results
        bits = 8 * gear.unit
        results = Cat(self._containers())
        width = len(kept)
        placed: Value = Cat(results, Const(0, width - len(results)))
        for level in range((gear.word_units - 1).bit_length()):
            moved = Signal(width, name=f"placed{level}")
            apart = bits << level
            m.d.comb += moved.eq(Mux(rest[level], Cat(Const(0, apart), placed[: width - apart]), placed))
            placed = moved
        units = zip(
            slices(kept, [bits] * (len(kept) // bits)),
            slices(placed, [bits] * (len(kept) // bits)),
            strict=True,
        )
        return Cat(Mux(rest > place, old, new) for place, (old, new) in enumerate(units))

    def _containers(self) -> list[Value]:
        plan = self.plan
        fields = slices(self.beat_data, [plan.core.result_width] * plan.results_of_a_beat)
        if isinstance(plan.core.config.format, Integer):
            return [extend(field, plan.container_bits) for field in fields]
        return [Cat(field, Const(0, plan.container_bits - len(field))) for field in fields]
