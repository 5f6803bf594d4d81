"""How a design answers its requests: the time and the traffic of every phase, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dse.pricing import passes
from dse.pricing.design_view import DesignView
from dse.pricing.limits import LIMITS, Limit
from dse.pricing.metric import percent
from dse.pricing.pieces import PARTS, Part, pieces_of
from dse.spec.request import PHASES, Phase
from dse.spec.workload import Workload
from generator.config import CoreConfig

HEAD = ("phase", "part", "time, ms", "share", "memory, MB", "limited by")

NAMES: dict[Phase, str] = {"prompt": "reading the prompt", "generate": "making further tokens"}
WORDS: dict[Limit, str] = {
    "compute": "computing",
    "weights": "the key stream",
    "activations": "the activation stream",
    "memory": "the memory",
    "engine": "the engine",
}


@dataclass(frozen=True)
class RequestPart:
    """One part of one phase of a request, the mean of several by their weights.

    ``waits`` are the seconds that each of what may limit it does; ``traffic`` are bits by kind.
    """

    phase: Phase
    part: Part
    seconds: float
    share: float
    waits: dict[Limit, float]
    traffic: dict[passes.Traffic, float]

    @property
    def megabytes(self) -> float:
        return sum(self.traffic.values()) / 8e6

    @property
    def limited(self) -> str:
        """What limits it, the longest first: ``the memory 80.0 %, computing``."""
        if not self.seconds:
            return "nothing"
        ordered = sorted(self.waits.items(), key=lambda item: -item[1])
        shares = [(WORDS[limit], time / self.seconds) for limit, time in ordered if time > 0]
        if len(shares) == 1:
            return shares[0][0]
        return ", ".join(f"{word} {percent(share)}" for word, share in shares)

    @property
    def cells(self) -> list[str]:
        """A row of a table under ``HEAD``."""
        return [
            NAMES[self.phase],
            self.part,
            _number(1e3 * self.seconds),
            f"{self.share:.1%}",
            _number(self.megabytes),
            self.limited,
        ]


def _number(value: float) -> str:
    """Three digits, or the whole number."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def request_parts(config: CoreConfig, row: dict[str, Any], workload: Workload) -> list[RequestPart]:
    """How the design at ``row``, with cores of ``config``, answers the requests of ``workload``."""
    view = DesignView(row, config, workload)
    total = float(passes.time_of(view, passes.everything(workload)))
    parts = []
    for phase in PHASES:
        chosen = [each for each in passes.everything(workload) if each[1].phase == phase]
        pieces = pieces_of(workload, chosen)
        for part in PARTS:
            mine = [piece for piece in pieces if piece.part == part]
            if not mine:
                continue
            seconds = float(passes.seconds(view, mine))
            waits = {limit: float(passes.waiting(view, mine, limit)) for limit in LIMITS}
            traffic = {kind: float(bits) for kind, bits in passes.traffic(view, mine).items()}
            parts.append(RequestPart(phase, part, seconds, seconds / total, waits, traffic))
    return parts
