"""The golden vectors: what goes into the core and, bit for bit, what has to come out.

``vectors/cases.json`` lists the cases; of each, ``vectors/CASE.STREAM.hex`` holds the beats of a stream, one
a line, as ``$readmemh`` reads them: the highest digit first, bit 0 of ``tdata`` in the last digit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from axi_stream import Beat

VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Case:
    """``blocks`` blocks of tokens, each of ``n_tiles`` × ``m_tiles`` tiles.

    ``cycles``: clock cycles from the first activation taken to the last result taken, both counted, when no
    stream pauses. ``masked``: whether some bits of the results mean nothing. ``packets``: of streams that
    come as words of a bus, the words of a block, and how many bytes of its last word count.
    """

    name: str
    about: str
    n_tiles: int
    m_tiles: int
    blocks: int
    cycles: int
    masked: bool
    packets: dict[str, dict[str, int]] = field(default_factory=dict)

    def _end(self, stream: str, at: int) -> dict[str, int]:
        """What goes with a word of a bus: whether it ends a packet, and which of its bytes count."""
        if stream not in self.packets:
            return {}
        packet = self.packets[stream]
        last = (at + 1) % packet["words"] == 0
        keep = (1 << packet["last_bytes"]) - 1 if last else -1
        return {f"s_axis_{stream}_tlast": int(last), f"s_axis_{stream}_tkeep": keep}

    def _beats(self, stream: str) -> list[int]:
        return [int(line, 16) for line in (VECTORS / f"{self.name}.{stream}.hex").read_text().split()]

    @cached_property
    def activations(self) -> list[Beat]:
        """Activation beats; the first of a block brings the block's tile counts."""
        beats, tiles = self._beats("activation"), {"n_tiles": self.n_tiles, "m_tiles": self.m_tiles}
        first = range(0, len(beats), len(beats) // self.blocks)
        return [
            Beat(data, {**(tiles if at in first else {}), **self._end("activation", at)})
            for at, data in enumerate(beats)
        ]

    @cached_property
    def keys(self) -> list[Beat]:
        """Key beats."""
        return [Beat(data, self._end("key", at)) for at, data in enumerate(self._beats("key"))]

    @cached_property
    def results(self) -> list[int]:
        """Result beats."""
        return self._beats("result")

    @cached_property
    def masks(self) -> list[int]:
        """Which bits of the result beats count: the value beside a set ``invalid`` means nothing."""
        return self._beats("result_mask") if self.masked else [-1] * len(self.results)

    def last(self, beat: int) -> bool:
        """Whether ``tlast`` comes with a result beat: at the end of a block."""
        return (beat + 1) % self.m_tiles == 0


@dataclass(frozen=True)
class Core:
    """The core: ``latency_cycles`` from an activation taken to its result offered; a result beat holds
    ``rows`` × ``columns`` elements of ``result_bits`` bits, row 0, column 0 in the lowest bits."""

    top: str
    latency_cycles: int
    rows: int
    columns: int
    result_bits: int

    def differences(self, seen: int, right: int, mask: int) -> Iterator[str]:
        """Where a result beat is wrong, an element each."""
        digits, ones = -(-self.result_bits // 4), (1 << self.result_bits) - 1
        for element in range(self.rows * self.columns):
            low = element * self.result_bits
            a, b, care = (bits >> low & ones for bits in (seen, right, mask))
            if (a ^ b) & care:
                row, column = divmod(element, self.columns)
                yield f"row {row}, column {column} is 0x{a:0{digits}x}, 0x{b:0{digits}x} is right"
        above = self.rows * self.columns * self.result_bits
        if seen >> above:
            yield "the padding above the last element is not zero"


def _read() -> dict[str, Any]:
    cases: dict[str, Any] = json.loads((VECTORS / "cases.json").read_text())
    return cases


CORE = Core(**_read()["core"])
CASES = {case["name"]: Case(**case) for case in _read()["cases"]}
"""Every case by its name."""
