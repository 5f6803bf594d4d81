"""Technologies of cells with prices that a test chooses."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from costmodel.fit.cells import Cells
from costmodel.fit.measurer import Figures, Measurer
from costmodel.flow.synthesis import shipped_library
from costmodel.price.quantity import AREA, DELAY, MEDIUM_AREA, RIPPLING_DELAY, TIGHT_AREA, PricedQuantity
from costmodel.price.technology import Technology
from costmodel.speeds import MEDIUM_PERIOD

ASAP7_CELLS: Measurer = Cells(shipped_library())

Prices = Mapping[str, float]


def technology_of(area: Prices, medium: Prices, tight: Prices, delay: Prices, **more: Any) -> Technology:
    """A technology of cells with these coefficients."""
    priced = zip((AREA, MEDIUM_AREA, TIGHT_AREA, DELAY), (area, medium, tight, delay), strict=True)
    values: dict[str, Any] = {
        "name": "invented",
        "library": "none",
        "corner": "none",
        "flow": "none",
        "date": datetime.date(2000, 1, 1),
        "versions": {},
        "measured_by": "cells",
        "cost": ASAP7_CELLS.cost,
        "quantities": {
            quantity.name: PricedQuantity(**dict(quantity), coefficients=dict(prices))
            for quantity, prices in priced
        },
    }
    return Technology(**{**values, **more})


def repriced(technology: Technology, **coefficients: Prices) -> Technology:
    """``technology`` with other coefficients of the quantities that are named."""
    quantities = {
        name: quantity.model_copy(
            update={"coefficients": dict(coefficients.get(name, quantity.coefficients))}
        )
        for name, quantity in technology.quantities.items()
    }
    return technology.model_copy(update={"quantities": quantities})


def areas(
    area: float, medium: float, tight: float, delay: float = 1.0, rippling: float | None = None
) -> Figures:
    """What a core was measured at: µm² and ps; rippling carries suffice for a medium design unless stated."""
    return {
        AREA.name: area,
        MEDIUM_AREA.name: medium,
        TIGHT_AREA.name: tight,
        DELAY.name: delay,
        RIPPLING_DELAY.name: MEDIUM_PERIOD * delay if rippling is None else rippling,
    }
