"""How far a technology of few cores is off on others: each fold of them is priced by a fit to the rest.

Where a core takes minutes to measure, none is left for validation alone. ``python -m costmodel.fit.crossed``
says it of an FPGA's fabric.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.fit.calibration import Observation, bills_of, fit_quantity, observe
from costmodel.fit.calibration_cores import fabric_cores
from costmodel.fit.fabrics import on_fabric
from costmodel.price.quantity import Quantity
from costmodel.price.representative import plan_to_price
from generator.formats import Integer

FOLDS = 8


@dataclass(frozen=True)
class Crossed:
    """Errors (percent) of one quantity on cores that were not fitted to, of integers or floats."""

    quantity: str
    numbers: str
    cores: int
    median: float
    maximum: float


def cross_validate(
    observations: Sequence[Observation], quantity: Quantity, folds: int = FOLDS
) -> dict[int, float]:
    """The signed relative error of each observation that has some of ``quantity``, by its place.

    Every fold has its share of integer and of floating-point cores, small and large ones.
    """
    kinds = [isinstance(seen.core.format, Integer) for seen in observations]
    fold_of = [kinds[:place].count(kind) % folds for place, kind in enumerate(kinds)]
    errors: dict[int, float] = {}
    for fold in range(folds):
        others = [seen for seen, of in zip(observations, fold_of, strict=True) if of != fold]
        prices = fit_quantity(others, quantity)
        for place, seen in enumerate(observations):
            if fold_of[place] == fold and (measured := seen.figures[quantity.name]):
                bills = bills_of(plan_to_price(seen.core), quantity.over)
                errors[place] = max(bill.price(prices) for bill in bills) / measured - 1
    return errors


def crossed(observations: Sequence[Observation], quantities: Sequence[Quantity]) -> list[Crossed]:
    """Errors of each of ``quantities`` on integers and on floats."""
    rows = []
    for quantity in quantities:
        errors = cross_validate(observations, quantity)
        for numbers in ("integers", "floats"):
            percent = [
                100 * abs(error)
                for place, error in errors.items()
                if isinstance(observations[place].core.format, Integer) == (numbers == "integers")
            ]
            if percent:
                median, most = float(np.median(percent)), max(percent)
                rows.append(Crossed(quantity.name, numbers, len(percent), median, most))
    return rows


def main() -> None:
    """Says how far LUTs, flip-flops, carry cells and delays of a fabric are off on cores left out."""
    parser = argparse.ArgumentParser(prog="python -m costmodel.fit.crossed", description=main.__doc__)
    parser.add_argument("--fabric", default="xcup", help="as `ternlut calibrate --fabric` has it")
    parser.add_argument("--points", type=int, default=72, help="cores, the first ones of the calibration")
    options = parser.parse_args()
    measurer = on_fabric(options.fabric)
    observations = observe(measurer, fabric_cores()[: options.points])
    for row in crossed(observations, measurer.quantities):
        print(
            f"{options.fabric}, {row.quantity}, {row.cores} cores of {row.numbers} left out in turn: "
            f"{row.median:.1f} % off in the median, {row.maximum:.1f} % at most"
        )


if __name__ == "__main__":
    main()
