"""Holds an AXI4 master to the rules of the bus, cycle by cycle, while a test bench runs.

Once ``valid`` is 1 it stays so with the same payload until ``ready`` is 1; bursts are INCR, of whole words,
aligned to them, do not cross 4 KiB and are no longer than they may be; WLAST comes with the last word of
every burst and no word comes before its address; in reset nothing is valid. Needs cocotb and nothing else.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from cocotb.triggers import RisingEdge

PAGE = 4096
INCREMENTING = 1
PAYLOADS = {
    "ar": ("id", "addr", "len", "size", "burst", "lock", "cache", "prot", "qos"),
    "aw": ("id", "addr", "len", "size", "burst", "lock", "cache", "prot", "qos"),
    "w": ("data", "strb", "last"),
}
"""The channels that a master drives, and what it says on them."""


class ProtocolChecker:
    """Watches the master ``prefix`` of ``dut``; what breaks a rule is in ``complaints``.

    ``bursts``: how many words the bursts had that were asked for, by channel. ``words``: cycles in which a
    word of data was read or written, by channel.
    """

    def __init__(self, dut: Any, prefix: str, most_words: int) -> None:
        self.dut, self.most_words = dut, most_words
        self.complaints: list[str] = []
        self.bursts: dict[str, list[int]] = {"ar": [], "aw": []}
        self.words: dict[str, list[int]] = {"r": [], "w": []}
        self.outstanding = self.most_outstanding = 0
        self._signals = {
            channel: [getattr(dut, f"{prefix}_{channel}{name}") for name in names]
            for channel, names in PAYLOADS.items()
        }
        self._valid, self._ready = (
            {channel: getattr(dut, f"{prefix}_{channel}{what}") for channel in ("ar", "aw", "w", "r", "b")}
            for what in ("valid", "ready")
        )
        self._last = getattr(dut, f"{prefix}_rlast")
        self._bus_bytes = len(getattr(dut, f"{prefix}_wdata")) // 8
        self._held: dict[str, tuple[str, ...] | None] = dict.fromkeys(PAYLOADS)
        self._to_write: deque[int] = deque()
        self._unanswered = 0
        self.cycle = 0

    async def watch(self) -> None:
        """Watches until cancelled."""
        edge = RisingEdge(self.dut.aclk)
        while True:
            await edge
            self.cycle += 1
            if self.dut.aresetn.value == 0:
                for channel in PAYLOADS:
                    if self.cycle > 2 and self._valid[channel].value == 1:
                        self._complain(channel, "is valid in reset")
                continue
            for channel in PAYLOADS:
                self._watch_channel(channel)
            self._watch_answers()

    def _watch_channel(self, channel: str) -> None:
        valid = self._valid[channel].value == 1
        held = self._held[channel]
        if not valid:
            if held is not None:
                self._complain(channel, "valid fell before ready")
                self._held[channel] = None
            return
        payload = tuple(str(signal.value) for signal in self._signals[channel])
        if held is not None and held != payload:
            self._complain(channel, "changed before ready")
        taken = self._ready[channel].value == 1
        self._held[channel] = None if taken else payload
        if not taken:
            return
        if channel == "w":
            self._take_word(payload)
        else:
            self._take_request(channel, payload)

    def _take_request(self, channel: str, payload: tuple[str, ...]) -> None:
        address, length, size, burst = (int(text, 2) for text in payload[1:5])
        words = length + 1
        self.bursts[channel].append(words)
        if burst != INCREMENTING:
            self._complain(channel, f"burst {burst}, INCR is right")
        if 1 << size != self._bus_bytes:
            self._complain(channel, f"{1 << size} bytes a word, {self._bus_bytes} are right")
        if address % self._bus_bytes:
            self._complain(channel, f"address {address:#x} is not that of a word")
        if address // PAGE != (address + words * self._bus_bytes - 1) // PAGE:
            self._complain(channel, f"{words} words from {address:#x} cross 4 KiB")
        if words > self.most_words:
            self._complain(channel, f"{words} words, {self.most_words} are the most")
        if channel == "aw":
            self._to_write.append(words)
            self._unanswered += 1
        else:
            self.outstanding += 1
            self.most_outstanding = max(self.most_outstanding, self.outstanding)

    def _take_word(self, payload: tuple[str, ...]) -> None:
        self.words["w"].append(self.cycle)
        if not self._to_write:
            self._complain("w", "a word before its address")
            return
        self._to_write[0] -= 1
        if (payload[-1] == "1") != (self._to_write[0] == 0):
            self._complain("w", f"last is {payload[-1]} with {self._to_write[0]} words to come")
        if not self._to_write[0]:
            self._to_write.popleft()

    def _watch_answers(self) -> None:
        if self._valid["r"].value == 1 and self._ready["r"].value == 1:
            self.words["r"].append(self.cycle)
            self.outstanding -= self._last.value == 1
        if self._valid["b"].value == 1 and self._ready["b"].value == 1:
            self._unanswered -= 1

    def finish(self) -> None:
        """Complains about what is still under way."""
        if self.outstanding or self._unanswered or self._to_write:
            self._complain(
                "ar", f"{self.outstanding} reads and {self._unanswered} writes are still under way"
            )

    def _complain(self, channel: str, what: str) -> None:
        self.complaints.append(f"cycle {self.cycle}: {channel} {what}")
