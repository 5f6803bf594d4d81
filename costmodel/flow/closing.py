"""Closing a design at a clock: how carries are computed, which mapping, how much is buffered.

A core's area is least with ripple carries in full-adder cells and a mapper for area; that is slow. So a clock
is approached from there: where paths fail, static timing says the words on them, and the flip-flops that they
end at. Of these words those that others alone read are saved their carries, the carries of the others are
selected for a quarter or half of a word, then run in parallel, and the logic before these ends is mapped for
area, then for less and less delay; in the end all carries run in parallel, and all logic is mapped for delay.
A large design is mapped as an ordinary flow does it, too, before full adders become gates.
Where that is still too slow, all logic is balanced before.
What is late is looked at with stronger cells on all late paths: those that end elsewhere than the longest
would else count for what area saved on them.
Of all netlists made on the way the smallest that meets the clock is taken: what is sized at ease is never
larger than what is as fast as can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.carry_select import SELECTIONS
from costmodel.flow.full_adders import Carries, Carry, Statistics
from costmodel.flow.kinds import Library
from costmodel.flow.netlist import Bit
from costmodel.flow.scripts import ORDINARY
from costmodel.flow.sizing import Sized, Sizer
from costmodel.flow.static_timing import Timing
from costmodel.flow.strengthening import hastened

FOR_AREA, AT_EASE = math.inf, 10.0
"""Stretches of paths that leave a mapper free to look at area alone, or at area first."""
FASTER: tuple[tuple[Carry, float, bool, float], ...] = (
    ("increment_quarter", FOR_AREA, False, 1.2),
    ("increment_half", FOR_AREA, False, 1.4),
    ("select_half", FOR_AREA, False, 1.6),
    ("brent_kung", AT_EASE, False, 2.5),
    ("brent_kung", 1.5, False, 1.6),
    ("brent_kung", 1.35, False, 1.4),
    ("brent_kung", 1.2, True, 1.6),
    ("brent_kung", 1.1, True, 1.4),
    ("brent_kung", 1.0, True, 1.5),
)
"""How the carries of late words are computed, how much longer than need be paths through logic may take,
whether full adders that hand no carry along and wide ORs are gates, and what the netlist before may miss the
clock by for that to be worth trying; from the smallest on."""
EASE = 1.1
"""The shortest period that pays, in the shortest that there is: the last tenth takes up to a third of the
area."""
RIPPLE = Carries()


@dataclass(frozen=True)
class Mapped:
    """The top module of a mapped netlist, and what became of its adders."""

    module: dict[str, Any]
    adders: Statistics

    @property
    def carries(self) -> dict[str, int]:
        """Of how many words in full-adder cells carries ripple, are selected, run in parallel, are saved."""
        faster = self.adders.faster
        rippling = set(self.adders.words.values()) - faster.keys()
        selected = sum(carry in SELECTIONS for carry in faster.values())
        return {
            "ripple": len(rippling),
            "select": selected,
            "parallel": len(faster) - selected,
            "saved": self.adders.saved,
        }


@dataclass(frozen=True)
class Closed:
    """A sized netlist, and the mapped one that it was made of."""

    sized: Sized
    mapped: Mapped


@dataclass(frozen=True)
class Way:
    """How a design is mapped: how its carries run, and how much longer than need be paths may take that end
    at ``late`` cells; None is all paths. ``balanced``: logic has as few levels as can be before that.
    ``ordinary``: all of it as Yosys and ABC do alone, by this script of ABC's.
    """

    carries: Carries
    stretch: float
    late: frozenset[str] | None = None
    balanced: bool = False
    ordinary: str = ""


FASTEST: Carry = "sklansky"
"""Carries that are there first: Sklansky's network is 5 % faster and larger than Brent and Kung's."""

LARGE = 20_000
"""Cells of a netlist of least area beyond which ABC's mapper for large designs ends smaller."""

Mapper = Callable[[Way], Mapped]


class Closing:
    """Sizes one design for clocks; what was made for one of them serves all.

    Parameters
    ----------
    least : the netlist of least area.
    mapper : maps the design anew, in some way.
    library, logic : as of ``Sizer``.
    """

    def __init__(self, least: Mapped, mapper: Mapper, library: Library, logic: CellTable) -> None:
        self._mapper, self._library, self._logic = mapper, library, logic
        self._least = least
        self._mapped: dict[Way, Mapped] = {}
        self._closed: list[Closed] = []
        self._last: Closed | None = None
        self._rippling: Sized | None = None

    def shortest_ps(self) -> float:
        """The shortest clock period that pays: ``EASE`` times what all carries in parallel and logic that is
        mapped for speed can have.

        A netlist that meets it may take less, by how its words and cells happen to fall; the period does not
        depend on that.
        """
        self._size(self._map(self._fastest), None)
        return EASE * min(closed.sized.delay_ps for closed in self._closed)

    def rippling(self) -> Sized:
        """As fast as can be while all carries ripple."""
        self._size(self._least, None)
        assert self._rippling is not None
        return self._rippling

    def meet(self, clock_ps: float) -> Closed:
        """The smallest netlist that meets a clock period; the fastest where none does."""
        for mapped in self._candidates(clock_ps):
            if self._size(mapped, clock_ps):
                break
        else:
            self._size(self._map(self._shallow), None)
        return self._smallest(clock_ps)

    def _smallest(self, clock_ps: float) -> Closed:
        """Of what was made the smallest that meets a clock; the fastest where none does."""
        meeting = [closed for closed in self._closed if closed.sized.delay_ps <= clock_ps]
        if not meeting:
            return min(self._closed, key=lambda closed: closed.sized.delay_ps)
        return min(meeting, key=lambda closed: closed.sized.area_um2)

    def _candidates(self, clock_ps: float) -> Iterable[Mapped]:
        """Mapped netlists, by the area that is to be expected of them."""
        yield self._least
        words: frozenset[str] = frozenset()
        ends: frozenset[str] = frozenset()
        for carry, stretch, gates, reach in FASTER:
            last = self._last
            assert last is not None
            if last.sized.delay_ps > reach * clock_ps:
                continue
            if gates and self._large:
                for script in ORDINARY:
                    yield self._map(Way(RIPPLE, 1.0, ordinary=script))
                self._last = last
            timing = hastened(last.sized.timing, clock_ps)
            words |= _late_words(last, timing, clock_ps)
            ends |= timing.late_ends(clock_ps)
            faster = frozenset((word, carry) for word in words)
            carries = Carries(faster=faster, saved=words, gates=gates, plain=carry)
            yield self._map(Way(carries, stretch, ends))
        yield self._map(self._fastest)
        yield self._map(self._shallow)

    @property
    def _large(self) -> bool:
        return len(self._least.module["cells"]) > LARGE

    @property
    def _fastest(self) -> Way:
        """All carries are saved or run in parallel, and all logic, full adders too, is mapped for speed."""
        words = frozenset(self._least.adders.words.values())
        return Way(Carries(FASTEST, saved=words, gates=True), 1.0)

    @property
    def _shallow(self) -> Way:
        """The same of logic that is balanced first: up to a fifth faster, for a quarter more area."""
        return replace(self._fastest, balanced=True)

    def _map(self, way: Way) -> Mapped:
        least, carries = self._least.adders, way.carries
        if not least.plain:
            carries = replace(carries, plain="ripple")
        if not (least.words or least.plain or carries.gates):
            carries = RIPPLE
        way = replace(way, carries=carries)
        if way not in self._mapped:
            self._mapped[way] = self._mapper(way)
        return self._mapped[way]

    def _size(self, mapped: Mapped, clock_ps: float | None) -> bool:
        """Sizes a netlist; returns whether it meets the clock."""
        for sized in Sizer(mapped.module, self._library, self._logic).ladder(clock_ps):
            self._keep(Closed(sized, mapped))
            if clock_ps is not None and sized.delay_ps <= clock_ps:
                return True
        return False

    def _keep(self, closed: Closed) -> None:
        self._closed = best_with(self._closed, closed)
        self._last = closed
        if closed.mapped is self._least:
            self._rippling = min(
                (one for one in (self._rippling, closed.sized) if one), key=lambda sized: sized.delay_ps
            )


def best_with(best: list[Closed], new: Closed) -> list[Closed]:
    """The best of some netlists and a ``new`` one: none of them is larger than another that is no slower.

    A large core has a hundred netlists on the way to a clock, more than memories hold.
    """
    area, delay = new.sized.area_um2, new.sized.delay_ps
    if any(one.sized.area_um2 < area and one.sized.delay_ps <= delay for one in best):
        return best
    return [*(one for one in best if one.sized.area_um2 <= area or one.sized.delay_ps < delay), new]


def _late_words(closed: Closed, timing: Timing, clock_ps: float) -> frozenset[str]:
    """The words with full-adder cells on paths that fail a clock."""
    slacks, cells = timing.slacks(clock_ps), closed.sized.module["cells"]
    return frozenset(
        word
        for name, word in closed.mapped.adders.words.items()
        if name in cells and any(slacks.get(bit, 0.0) < 0 for bit in _outputs(cells[name]))
    )


def _outputs(cell: dict[str, Any]) -> Iterator[Bit]:
    directions = cell["port_directions"]
    return (bit for pin, bits in cell["connections"].items() if directions[pin] == "output" for bit in bits)
