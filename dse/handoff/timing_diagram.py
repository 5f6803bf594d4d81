"""Timing diagrams as SVG: digital waveforms over clock cycles, long waits cut short.

A wave is a string with one character a cycle: ``0``, ``1``, ``=`` for a value (its text comes from the list
beside), ``.`` for the value before, ``x`` for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

CYCLE, LANE, HIGH, NAME, MARGIN = 44, 30, 18, 190, 16
"""Sizes in pixels: a cycle's width, a signal's height and that of its wave, names, and what is left free."""
SLOPE = 3

STYLE = """
  .paper{fill:#fff;stroke:#d0d7de} text{font:12px sans-serif;fill:#1f2328} .title{font-weight:bold}
  .mono{font:11px monospace} .small{font-size:11px} .mid{text-anchor:middle} .end{text-anchor:end}
  .wave{fill:none;stroke:#0969da;stroke-width:1.5} .value{fill:#ddf4ff;stroke:#0969da;stroke-width:1.5}
  .any{fill:url(#hatch);stroke:none} .hatch{stroke:#8c959f} .grid{stroke:#d0d7de;stroke-dasharray:2 3}
  .mark{stroke:#bc4c00;fill:none} .head{fill:#bc4c00} .said{fill:#bc4c00}
  @media (prefers-color-scheme: dark){
    .paper{fill:#0d1117;stroke:#3d444d} text{fill:#f0f6fc} .wave{stroke:#58a6ff}
    .value{fill:#12315a;stroke:#58a6ff} .hatch{stroke:#6e7681} .grid{stroke:#3d444d}
    .mark{stroke:#f0883e} .head,.said{fill:#f0883e}
  }
"""


@dataclass(frozen=True)
class Signal:
    """A signal's name and wave, and the texts of its values in turn."""

    name: str
    wave: str
    values: Sequence[str] = ()


@dataclass(frozen=True)
class Span:
    """A distance in time, from the middle of one cycle to that of another, and what it is."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Diagram:
    """Signals over the same cycles, with spans below and a title above."""

    title: str
    signals: Sequence[Signal]
    spans: Sequence[Span] = ()
    first_cycle: int = 0
    shown: Sequence[int | None] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", tuple(cut([signal.wave for signal in self.signals])))

    @property
    def height(self) -> int:
        return 2 * LANE + LANE * (len(self.signals) + 1 + len(self.spans)) + MARGIN

    @property
    def width(self) -> int:
        return NAME + CYCLE * len(self.shown) + 2 * MARGIN


def cut(waves: Sequence[str]) -> list[int | None]:
    """The cycles that are shown; None stands for a run of three or more in which nothing changes."""
    quiet = [
        cycle > 0 and all(wave[cycle] == "." or wave[cycle] == wave[cycle - 1] != "=" for wave in waves)
        for cycle in range(len(waves[0]))
    ]
    shown: list[int | None] = []
    cycle = 0
    while cycle < len(quiet):
        run = cycle
        while run < len(quiet) and quiet[run]:
            run += 1
        if run - cycle > 3:
            shown += [cycle, None, run - 1]
            cycle = run
        else:
            shown.append(cycle)
            cycle += 1
    return shown


def picture(diagrams: Sequence[Diagram]) -> str:
    """The diagrams below each other, as the text of an SVG file."""
    width = max(diagram.width for diagram in diagrams)
    height = sum(diagram.height for diagram in diagrams)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<style>{STYLE}</style>",
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>',
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>',
    ]
    top = 0
    for diagram in diagrams:
        parts += drawn(diagram, top)
        top += diagram.height
    return "\n".join([*parts, "</svg>\n"])


def drawn(diagram: Diagram, top: int) -> list[str]:
    """The elements of one diagram whose upper edge is at ``top``."""
    left, count = MARGIN + NAME, len(diagram.shown)
    y = top + 2 * LANE
    bottom = y + LANE * (len(diagram.signals) + 1)
    parts = [f'<text class="title" x="{MARGIN}" y="{top + 24}">{escape(diagram.title)}</text>']
    for column, cycle in enumerate(diagram.shown):
        x = left + column * CYCLE
        label = "⋯" if cycle is None else str(cycle + diagram.first_cycle)
        parts.append(f'<text class="small mid" x="{x + CYCLE // 2}" y="{top + 46}">{label}</text>')
        parts.append(f'<line class="grid" x1="{x}" y1="{y - 8}" x2="{x}" y2="{bottom}"/>')
    parts += lane("aclk", clock(left, y + 6, count), y)
    for number, signal in enumerate(diagram.signals, start=1):
        base = y + number * LANE
        parts += lane(signal.name, wave(signal, diagram.shown, left, base + 6), base)
    for number, span in enumerate(diagram.spans):
        parts += measured(diagram, span, left, bottom + number * LANE + LANE // 2)
    return parts


def lane(name: str, shapes: list[str], y: int) -> list[str]:
    return [f'<text class="mono end" x="{MARGIN + NAME - 10}" y="{y + 20}">{escape(name)}</text>', *shapes]


def clock(left: int, y: int, count: int) -> list[str]:
    """A clock that rises at the start of each cycle."""
    path = f"M{left} {y + HIGH}"
    for column in range(count):
        x = left + column * CYCLE
        path += f"V{y}H{x + CYCLE // 2}V{y + HIGH}H{x + CYCLE}"
    return [f'<path class="wave" d="{path}"/>']


def wave(signal: Signal, shown: Sequence[int | None], left: int, y: int) -> list[str]:
    """The wave of a signal: runs of one state, each a shape."""
    parts: list[str] = []
    line = ""
    for start, end, state, text in runs(signal, shown):
        x1, x2 = left + start * CYCLE, left + end * CYCLE
        if state in "01":
            level = y if state == "1" else y + HIGH
            line += f"L{x1 + SLOPE} {level}H{x2}" if line else f"M{x1} {level}H{x2}"
            continue
        if line:
            parts.append(f'<path class="wave" d="{line}"/>')
            line = ""
        if state == "x":
            parts.append(f'<rect class="any" x="{x1}" y="{y}" width="{x2 - x1}" height="{HIGH}"/>')
            continue
        middle = y + HIGH // 2
        parts.append(
            f'<path class="value" d="M{x1} {middle}L{x1 + SLOPE} {y}H{x2 - SLOPE}L{x2} {middle}'
            f'L{x2 - SLOPE} {y + HIGH}H{x1 + SLOPE}Z"/>'
        )
        parts.append(f'<text class="small mid" x="{(x1 + x2) // 2}" y="{y + HIGH - 5}">{escape(text)}</text>')
    if line:
        parts.append(f'<path class="wave" d="{line}"/>')
    return parts


def runs(signal: Signal, shown: Sequence[int | None]) -> list[tuple[int, int, str, str]]:
    """(first column, column after, state, text) of stretches in which the signal does not change."""
    states: list[tuple[str, str]] = []
    texts = iter(signal.values)
    for character in signal.wave:
        if character == ".":
            states.append(states[-1])
        else:
            states.append((character, next(texts) if character == "=" else ""))
    segments: list[tuple[int, int, str, str]] = []
    before = -1
    for column, cycle in enumerate(shown):
        at = before + 1 if cycle is None else cycle
        fresh = signal.wave[at] == "=" or not segments or segments[-1][2:] != states[at]
        if fresh:
            segments.append((column, column + 1, *states[at]))
        else:
            first, _, *same = segments[-1]
            segments[-1] = (first, column + 1, same[0], same[1])
        before = at
    return segments


def measured(diagram: Diagram, span: Span, left: int, y: int) -> list[str]:
    """A span as a line with arrow heads at its ends, and its text after it."""
    x1, x2 = (left + diagram.shown.index(cycle) * CYCLE + CYCLE // 2 for cycle in (span.start, span.end))
    parts = [f'<line class="mark" x1="{x1}" y1="{y}" x2="{x2}" y2="{y}"/>']
    for x, way in ((x1, 6), (x2, -6)):
        parts.append(f'<line class="mark" x1="{x}" y1="{y - 7}" x2="{x}" y2="{y + 7}"/>')
        parts.append(f'<path class="head" d="M{x} {y}l{way} -3v6z"/>')
    if x2 + 8 + 7 * len(span.text) < left + CYCLE * len(diagram.shown):
        parts.append(f'<text class="small said" x="{x2 + 8}" y="{y + 4}">{escape(span.text)}</text>')
    else:
        parts.append(f'<text class="small said end" x="{x1 - 8}" y="{y + 4}">{escape(span.text)}</text>')
    return parts
