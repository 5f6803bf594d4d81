"""What other tools read of a run: activity as SAIF, one lane's waveforms as VCD."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from costmodel.power.circuit import Circuit
from costmodel.power.simulator import LANES, Simulation

_FS = 1000
"""Femtoseconds in a ps."""
_PRINTABLE = [chr(code) for code in range(33, 127)]


def net_names(module: Mapping[str, Any], circuit: Circuit) -> dict[str, int]:
    """The nets of a module, a name for each bit as its Verilog has it, and their numbers."""
    names: dict[str, int] = {}
    for entries in (module["ports"], module.get("netnames", {})):
        for name, entry in entries.items():
            bits = entry["bits"]
            for i, bit in enumerate(bits):
                if not isinstance(bit, str) and bit in circuit.numbers:
                    offset = int(entry.get("offset", 0))
                    names.setdefault(name if len(bits) == 1 else f"{name}[{i + offset}]", circuit.net(bit))
    return names


def saif(simulation: Simulation, module: Mapping[str, Any], top: str, clock_ps: float) -> str:
    """The activity of a run as SAIF 2.0, in femtoseconds: that of all lanes, one after the other.

    ``T1`` is how long a net is 1 by what it settles at; ``TC`` counts all its transitions, glitches included.
    A clock toggles twice a cycle in which it is not gated.
    """
    circuit = simulation.circuit
    period = round(clock_ps * _FS)
    total = simulation.cycles * LANES
    clocks = {domain.net: int(simulation.pulses[i]) for i, domain in enumerate(circuit.domains)}
    lines = [
        "(SAIFILE",
        '  (SAIFVERSION "2.0")',
        '  (DIRECTION "backward")',
        "  (DIVIDER / )",
        "  (TIMESCALE 1 fs)",
        f"  (DURATION {total * period})",
        f"  (INSTANCE {_escaped(top)}",
        "    (NET",
    ]
    for name, net in net_names(module, circuit).items():
        if net in clocks:
            ones, toggles = clocks[net] * period // 2, 2 * clocks[net]
        else:
            ones = int(simulation.ones[net]) * period
            toggles = int(simulation.rises[net] + simulation.falls[net])
        lines.append(
            f"      ({_escaped(name)} (T0 {total * period - ones}) (T1 {ones}) (TX 0) (TC {toggles}) (IG 0))"
        )
    return "\n".join([*lines, "    )", "  )", ")", ""])


def _escaped(name: str) -> str:
    """A name with what is no letter, digit or underscore escaped, as SAIF has it."""
    return re.sub(r"[^A-Za-z0-9_]", lambda match: "\\" + match[0], name)


class Waves:
    """Writes one lane of a run as VCD, in femtoseconds, cycle by cycle; the clock is left out."""

    def __init__(
        self, file: TextIO, module: Mapping[str, Any], circuit: Circuit, top: str, clock_ps: float
    ) -> None:
        self._file, self._period = file, round(clock_ps * _FS)
        self._nets: dict[int, str] = {}
        file.write(f"$timescale 1 fs $end\n$scope module {top} $end\n")
        for name, net in net_names(module, circuit).items():
            code = self._nets.setdefault(net, _code(len(self._nets)))
            file.write(f"$var wire 1 {code} {name} $end\n")
        file.write("$upscope $end\n$enddefinitions $end\n")
        self._values = dict.fromkeys(self._nets, 0)

    def watch(self, simulation: Simulation, lane: int = 0) -> Callable[[int], None]:
        """What is to be called after every cycle of a run."""

        def after(cycle: int) -> None:
            changes = sorted(self._changes(simulation, cycle, lane))
            now = -1
            for time, net, value in changes:
                if time != now:
                    self._file.write(f"#{time}\n")
                    now = time
                self._file.write(f"{value}{self._nets[net]}\n")

        return after

    def _changes(self, simulation: Simulation, cycle: int, lane: int) -> Iterator[tuple[int, int, int]]:
        """Time, net and value; in the first cycle every net has one."""
        for net in self._nets:
            times = simulation.changes(net, lane)
            value = self._values[net]
            if not cycle:
                yield 0, net, int(simulation.values[net]) >> lane & 1
            for time in times if cycle else ():
                value ^= 1
                yield cycle * self._period + round(time * _FS), net, value
            self._values[net] = int(simulation.values[net]) >> lane & 1


def _code(number: int) -> str:
    """A short identifier of printable characters."""
    digits = ""
    while True:
        number, digit = divmod(number, len(_PRINTABLE))
        digits += _PRINTABLE[digit]
        if not number:
            return digits
        number -= 1
