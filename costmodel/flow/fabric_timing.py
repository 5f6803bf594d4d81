"""The longest path of a netlist in an FPGA's cells before it is placed: arcs of Yosys' models, a wire each.

Every net but those of carry chains takes the same time. That says which of two cores is faster and roughly by
how much; what a device reaches, only its own placer says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyosys import libyosys

_MODULE = re.compile(r"^module (\w+)\b(.*?)^endmodule", re.MULTILINE | re.DOTALL)
_ARC = re.compile(r"\((?:posedge |negedge )?(\w+)(?:\[(\d+)\])? *=> *\(?(\w+)(?:\[(\d+)\])?.*\) = (\d+);")
_SETUP = re.compile(r"\$setup\((\w+) *, posedge \w+ &&&.*, (?:/\*.*\*/ )?(\d+)\);")
_CARRY = re.compile(r"CI|CYINIT|CIN|COUT|CO")


class Arcs(NamedTuple):
    """ps through cells by kind: from an input's bit to an output's, and the setup of a flip-flop's input."""

    through: Mapping[str, Mapping[tuple[str, int], Mapping[tuple[str, int], float]]]
    setup: Mapping[str, Mapping[str, float]]


def arcs_of(models: str) -> Arcs:
    """The arcs in a file of Yosys' models of cells, a path below its shared files."""
    text = (Path(libyosys.__file__).parent / "share" / models).read_text(encoding="utf-8")
    through: dict[str, Any] = {}
    setup: dict[str, Any] = {}
    for name, body in _MODULE.findall(text):
        arcs: defaultdict[tuple[str, int], dict[tuple[str, int], int]] = defaultdict(dict)
        for source, i, target, j, delay in _ARC.findall(body):
            start, end = (source, int(i or 0)), (target, int(j or 0))
            arcs[start][end] = max(int(delay), arcs[start].get(end, 0))
        through[name] = dict(arcs)
        setup[name] = {pin: int(delay) for pin, delay in _SETUP.findall(body)}
    return Arcs(through, setup)


def longest_path(module: Mapping[str, Any], arcs: Arcs, wire_ps: float) -> float:
    """ps of the longest path between registers of a ``module`` as Yosys writes it to JSON."""
    edges: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    waiting: defaultdict[int, int] = defaultdict(int)
    arrival: dict[int, float] = {}
    ends: list[tuple[int, float]] = []
    for cell in module["cells"].values():
        kind, pins = cell["type"], cell["connections"]
        through, setup = arcs.through.get(kind, {}), arcs.setup.get(kind, {})
        ends += [(pins[pin][0], delay) for pin, delay in setup.items() if pin in pins]
        for (pin, i), targets in through.items():
            if len(pins.get(pin, ())) <= i:
                continue
            start = pins[pin][i]
            for (out, j), delay in targets.items():
                end = pins[out][j] if len(pins.get(out, ())) > j else None
                if not isinstance(end, int):
                    continue
                if setup:  # From the clock: where paths begin.
                    arrival[end] = max(arrival.get(end, 0.0), float(delay))
                elif isinstance(start, int):
                    wire = 0.0 if _CARRY.fullmatch(pin) else wire_ps
                    edges[start].append((end, delay + wire))
                    waiting[end] += 1
    ready = [net for net in {*edges, *arrival} if not waiting[net]]
    while ready:
        net = ready.pop()
        for end, delay in edges[net]:
            if net in arrival:
                arrival[end] = max(arrival.get(end, 0.0), arrival[net] + delay)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return max((arrival[net] + wire_ps + setup for net, setup in ends if net in arrival), default=0.0)
