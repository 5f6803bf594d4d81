"""What verification found of a design: its modelled and its measured figures.

Costs and delay are measured by flattened synthesis, cycles by simulation of the same Verilog.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Figures = dict[str, int | float]
"""Figures of one core, modelled or measured, by name.

What it costs at the clock that the design runs at has the name of the metric (``area_um2``); where a
technology sizes cores there is what it costs at each speed: mapped for no clock (``relaxed_um2``), sized for
twice the shortest clock period (``medium_um2``) and for that period (``tight_um2``), ``delay_ps``.
Other quantities of the technology have theirs. ``cycles``: clock cycles of the trial.
"""


class Verified(BaseModel):
    """A design that was synthesized with ``library`` and simulated.

    ``id``: its position in the space. ``rank``: its place among the designs that the sweep would recommend,
    from 1. ``what`` it is (``recommended core``) and ``design``, it in a phrase. ``core``: its name.
    ``trial``: the layer it ran, in words, and ``results``, the outputs that were compared with numpy, of
    which ``mismatches`` were wrong; ``failures`` has a line for each thing that went wrong.
    ``error_percent``: of the model relative to what was measured, positive where it asks for more.
    ``broken``: a clause for each limit of the sweep that the measured figures do not keep.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    rank: int
    what: str
    design: str
    core: str
    library: str
    trial: str
    modelled: Figures
    measured: Figures
    error_percent: dict[str, float]
    results: int
    mismatches: int
    failures: tuple[str, ...]
    bit_exact: bool
    broken: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every result was right, and came in the cycle in which it should."""
        return self.bit_exact and not self.failures

    @property
    def holds(self) -> bool:
        """Whether it computes rightly and keeps the sweep's limits as measured."""
        return self.passed and not self.broken

    @property
    def complaint(self) -> str:
        """What went wrong in simulation, in one line; empty where nothing did."""
        if self.passed:
            return ""
        reason = self.failures[0] if self.failures else f"{self.mismatches} of {self.results} are wrong"
        return f"design {self.id}, the {self.what}, fails on {self.trial}: {reason}"


def errors(modelled: Figures, measured: Figures) -> dict[str, float]:
    """The model's errors relative to what was measured, in percent; none of what did not come to an end."""
    return {name: round(100 * (modelled[name] / value - 1), 3) for name, value in measured.items() if value}
