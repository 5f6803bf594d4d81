"""What a core is estimated to cost in every technology that ships and that a flow of the hand-off may use."""

from __future__ import annotations

from typing import NamedTuple

from costmodel.price.estimate import estimate, sized_costs
from costmodel.price.technology import load_technology
from generator.config import CoreConfig

TECHNOLOGIES = {
    "asap7": "ASAP7, predictive 7 nm",
    "sg13g2": "IHP SG13G2, 130 nm",
    "sky130hd": "SkyWater 130 nm, high density",
}
"""Names of technologies, and what they are."""


class Price(NamedTuple):
    """Area in µm² sized for least area, for the shortest clock period, and for the clock where one is known.

    ``delay_ps``: the shortest clock period.
    """

    technology: str
    relaxed_um2: float
    tight_um2: float
    delay_ps: float
    clock_um2: float | None


def prices(config: CoreConfig, clock_mhz: float | None) -> dict[str, Price]:
    """Name of each technology → price of ``config`` in it."""
    priced = {}
    for name, title in TECHNOLOGIES.items():
        technology = load_technology(name)
        areas, delay_ps = sized_costs(config, technology), estimate(config, technology).delay_ps
        at_clock = None if clock_mhz is None else estimate(config, technology, clock_mhz=clock_mhz).cost
        priced[name] = Price(title, areas["relaxed"], areas["tight"], delay_ps, at_clock)
    return priced
