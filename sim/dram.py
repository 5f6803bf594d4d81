"""A memory off chip in time: so many bytes a cycle for all who share it, each burst after a latency.

Bursts are served in the order in which they are asked for. ``sim/verilated/dram.h`` is the same in C++, so
that a run can be held cycle by cycle against one by the other driver.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

TICKS = 1 << 24
"""Parts of a cycle that times are counted in."""


@dataclass(frozen=True)
class Dram:
    """``ticks_per_byte``: parts of a cycle that a byte takes; ``latency``: cycles before a burst begins to
    come; ``burst``: bytes that are asked for at once."""

    ticks_per_byte: int
    latency: int
    burst: int = 256

    @classmethod
    def of(cls, gb_per_s: float, latency_ns: float, clock_mhz: float, burst: int = 256) -> Dram:
        """A memory seen by a core at a clock."""
        return cls(round(TICKS * clock_mhz / (gb_per_s * 1e3)), round(latency_ns * clock_mhz / 1e3), burst)

    @property
    def octets_per_cycle(self) -> float:
        return TICKS / self.ticks_per_byte


class Channel:
    """What a ``Dram`` is busy with."""

    def __init__(self, dram: Dram) -> None:
        self.dram = dram
        self._free = 0

    def read(self, cycle: int, octets: int) -> int:
        """Asks for so many bytes; when (ticks) the first begins to come."""
        begin = max(self._free, (cycle + self.dram.latency) * TICKS)
        self._free = begin + octets * self.dram.ticks_per_byte
        return begin

    def write(self, cycle: int, octets: int) -> None:
        """Takes so many bytes, which others then wait for."""
        self._free = max(self._free, cycle * TICKS) + octets * self.dram.ticks_per_byte


class Reader:
    """A stream's transfers, read ahead: no more than ``window`` bytes are on their way, but always a burst.

    ``size`` bytes a transfer, ``packet`` transfers that lie together, ``total`` in all.
    """

    def __init__(self, channel: Channel, size: int, packet: int, total: int, window: int) -> None:
        self._channel, self._size, self._packet, self._left = channel, size, packet, total
        self._most = max(1, channel.dram.burst // size)
        self._window = max(window // size, self._most)
        self._in_packet = packet
        self._under_way = 0
        self._bursts: deque[list[int]] = deque()

    def ask(self, cycle: int) -> None:
        """Asks for as many bursts as may be on their way."""
        while self._left:
            count = min(self._most, self._in_packet)
            if self._under_way + count > self._window:
                return
            begin = self._channel.read(cycle, count * self._size)
            self._bursts.append([begin, count, 0])
            self._under_way += count
            self._left -= count
            self._in_packet = self._in_packet - count or self._packet

    def there(self, cycle: int) -> bool:
        """Whether the next transfer is there in a cycle."""
        if not self._bursts:
            return False
        begin, _, handed = self._bursts[0]
        due = begin + (handed + 1) * self._size * self._channel.dram.ticks_per_byte
        return due <= cycle * TICKS

    def hand(self) -> None:
        """The next transfer is offered to the core."""
        burst = self._bursts[0]
        burst[2] += 1
        self._under_way -= 1
        if burst[1] == burst[2]:
            self._bursts.popleft()
