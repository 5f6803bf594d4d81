"""Calibration: it finds the coefficients that made the data, and does the whole way on a few small cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from costmodel.cells.liberty import Library
from costmodel.fit.calibration import (
    Observation,
    by_number,
    calibrate,
    fewest_cores,
    fit,
    fit_quantity,
    fit_speeds,
    residuals,
)
from costmodel.fit.calibration_cores import calibration_cores, calibration_of, cores_of
from costmodel.fit.cells import Cells
from costmodel.fit.measurer import Measurer
from costmodel.fit.sampling import KINDS, draw_cores, size
from costmodel.flow.synthesis import Job, SynthesisError, SynthesisResult, shipped_library
from costmodel.price.area import core_bills
from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS, FLOAT_AREAS, FLOAT_DELAYS
from costmodel.price.estimate import figures_of
from costmodel.price.quantity import AREA, COMPONENTS, DELAY
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology, TechnologyError, load_technology
from generator.config import CoreConfig
from generator.formats import Integer
from tests.costmodel.small_cores import small_cores
from tests.costmodel.technologies import ASAP7_CELLS, repriced


def priced(core: CoreConfig, technology: Technology) -> Observation:
    """What a synthesis that is exactly like the model would find."""
    return Observation(core, figures_of(core, technology))


@cache
def some_cores() -> tuple[CoreConfig, ...]:
    """Integer and floating-point cores."""
    return (*draw_cores(5, 90, largest=3000, carry_save=0.2), *draw_cores(5, 45, largest=3000, floats=1.0))


def test_a_fit_finds_the_coefficients_that_the_areas_were_made_with() -> None:
    generator = np.random.default_rng(0)
    made_up = {name: float(generator.uniform(0.05, 1)) for name in AREA_COMPONENTS}
    technology = repriced(load_technology("asap7"), area=made_up)
    observations = [priced(core, technology) for core in some_cores()]
    assert fit_quantity(observations, AREA) == pytest.approx(made_up, rel=0.01)


def test_what_no_core_has_costs_what_is_most_like_it() -> None:
    cores = [core for core in some_cores() if core.reduction == "tree"]
    technology = load_technology("asap7")
    prices = fit_quantity([priced(core, technology) for core in cores], AREA)
    assert (
        prices["compressor"]
        == prices["full_adder"]
        == pytest.approx(technology.quantities["area"].coefficients["full_adder"], rel=0.01)
    )


def test_outliers_do_not_pull_at_a_fit() -> None:
    technology = load_technology("asap7")
    observations = [priced(core, technology) for core in some_cores()]
    spoiled = [
        replace(seen, figures={**seen.figures, "area": 1.3 * seen.figures["area"]}) if i % 20 == 0 else seen
        for i, seen in enumerate(observations)
    ]
    prices = fit_quantity(spoiled, AREA)
    errors = [
        sum(bill.price(prices) for bill in core_bills(plan_to_price(seen.core)).values())
        / seen.figures["area"]
        - 1
        for seen in observations
    ]
    assert np.median(np.abs(errors)) < 0.01


def test_delays_are_fitted_through_the_longest_stage() -> None:
    technology = load_technology("asap7")
    observations = [priced(core, technology) for core in some_cores()]
    delays = fit_quantity(observations, DELAY)
    assert set(delays) == set(DELAY_COMPONENTS)
    errors = residuals(observations, repriced(technology, delay=delays))
    assert errors["delay"].median_percent < 2
    assert errors["area"].max_percent == pytest.approx(0, abs=1e-9)


def test_a_fit_has_every_quantity_that_was_measured() -> None:
    technology = load_technology("asap7")
    fitted = fit(
        [priced(core, technology) for core in some_cores()[::4]], ASAP7_CELLS.quantities, ASAP7_CELLS.cost
    )
    assert fitted.keys() == technology.quantities.keys()
    for quantity in fitted.values():
        assert quantity.coefficients.keys() == COMPONENTS[quantity.over].keys()


def test_what_speed_costs_is_found_in_cores_whose_parts_need_it_in_different_shares() -> None:
    """Components that many of the cores have; of the others little can be known, and they are drawn along."""
    generator = np.random.default_rng(3)
    technology = load_technology("asap7")
    least = technology.quantities["area"].coefficients
    medium = {name: price * generator.uniform(1.0, 1.2) for name, price in least.items()}
    tight = {name: price * generator.uniform(1.2, 2.0) for name, price in medium.items()}
    made_up = repriced(technology, medium_area=medium, tight_area=tight)
    observations = [priced(core, made_up) for core in some_cores()]
    known = {name: technology.quantities[name] for name in ("area", "delay", "rippling_delay")}
    found = fit_speeds(observations, known, technology.cost)
    for prices, truth in zip(found, (medium, tight), strict=True):
        for name in ("full_adder", "register", "gate"):
            assert prices[name] == pytest.approx(truth[name], rel=0.2)
    again = repriced(technology, medium_area=found[0], tight_area=found[1])
    errors = residuals(observations, again)
    assert errors["medium_area"].median_percent < 1
    assert errors["tight_area"].median_percent < 1
    assert all(least[name] <= found[0][name] <= found[1][name] for name in least)


def test_cores_without_any_of_a_quantity_say_nothing_of_its_coefficients() -> None:
    """Block RAM that only some cores have: relative errors of nothing are none."""
    technology = load_technology("asap7")
    observations = [priced(core, technology) for core in some_cores()]
    kept = fit_quantity(observations[::2], AREA)
    emptied = [
        replace(seen, figures={**seen.figures, "area": 0.0}) if i % 2 else seen
        for i, seen in enumerate(observations)
    ]
    assert fit_quantity(emptied, AREA) == kept
    none = [replace(seen, figures={**seen.figures, "area": 0.0}) for seen in observations]
    assert set(fit_quantity(none, AREA).values()) == {0.0}
    assert "area" not in residuals(none, technology)
    assert residuals(emptied, technology)["area"].points == len(observations[::2])


def test_drawn_cores_are_different_repeatable_and_of_every_kind() -> None:
    cores = draw_cores(3, 60)
    assert cores == draw_cores(3, 60)
    assert len(set(cores)) == 60
    assert {(core.architecture, core.group_size) for core in cores} == set(KINDS)
    assert {core.dataflow for core in cores} == {"output_stationary", "table_stationary"}
    sizes = [size(core) for core in cores]
    assert min(sizes) < 1000 < 3000 < max(sizes)
    assert not set(draw_cores(3, 20, without=frozenset(cores[:5]))) & set(cores[:5])


def test_the_calibration_cores_bill_every_component() -> None:
    billed = {
        name
        for core in calibration_cores()
        for bill in core_bills(plan_to_price(core)).values()
        for name, count in bill.counts.items()
        if count
    }
    assert billed == set(AREA_COMPONENTS)


def test_coefficients_need_as_many_cores() -> None:
    cores = calibration_cores()
    least = fewest_cores(cores)
    assert 1 < least < len(cores)
    technology = load_technology("asap7")
    integers, floats = by_number([priced(core, technology) for core in cores[:least]])
    area, delay = set(AREA_COMPONENTS), set(DELAY_COMPONENTS)
    assert len(integers) >= max(len(area - set(FLOAT_AREAS)), len(delay - set(FLOAT_DELAYS)))
    assert len(floats) >= max(len(FLOAT_AREAS), len(FLOAT_DELAYS))
    # One core fewer, and one of these no longer holds.
    short = Counter(isinstance(core.format, Integer) for core in cores[: least - 1])
    assert short[True] < len(area - set(FLOAT_AREAS)) or short[False] < len(FLOAT_AREAS)


def test_a_few_small_cores_make_a_technology() -> None:
    shares: list[float | None] = []
    cores = [*small_cores(9, 3), *small_cores(9, 1, floats=1.0)]
    technology = calibrate(
        ASAP7_CELLS, "few", workers=2, progress=lambda what, share: shares.append(share), cores=cores
    )
    assert technology.name == "few"
    assert technology.fit["area"].points == len(cores)
    assert technology.calibration == calibration_of(cores)
    assert cores_of(technology.calibration) is None
    assert technology.fit["area"].median_percent < 5
    assert len(shares) == len(cores)
    assert shares[-1] == 1.0
    assert Technology.parse(technology.to_toml(), "few").fit.keys() == technology.fit.keys()


def test_a_library_that_synthesizes_nothing_makes_no_technology(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(
        jobs: Iterable[Job], workers: int | None
    ) -> Generator[tuple[int, SynthesisResult | SynthesisError], None, None]:
        for index, _ in enumerate(jobs):
            yield index, SynthesisError("no flip-flops")

    monkeypatch.setattr("costmodel.fit.cells.synthesize_many", failing)
    cores = draw_cores(4, 2, smallest=200, largest=400)
    with pytest.raises(TechnologyError, match=r"library broken: 2 of 2 cores .* no flip-flops"):
        calibrate(Cells(Library("broken", ())), "broken", cores=cores)


def test_what_was_left_out_and_fitted_to_stays_with_the_technology(monkeypatch: pytest.MonkeyPatch) -> None:
    technology = load_technology("asap7")

    def observed(measurer: Measurer, cores: Sequence[CoreConfig], *_: object) -> list[Observation]:
        return [priced(core, technology) for core in cores]

    monkeypatch.setattr("costmodel.fit.calibration.observe", observed)
    shipped = shipped_library()
    library = Library(shipped.name, shipped.files, (*shipped.dont_use, "AO333*"))
    again = Technology.parse(calibrate(Cells(library), "mine").to_toml(), "mine")
    assert again.wires is None
    wires = load_technology("asap7").wires
    assert wires is not None
    assert Technology.parse(calibrate(Cells(library), "asap7").to_toml(), "asap7").wires == wires
    assert again.dont_use == library.dont_use
    assert cores_of(again.calibration) == frozenset(calibration_cores())
