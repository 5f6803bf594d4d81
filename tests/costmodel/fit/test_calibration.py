"""Calibration: it finds the coefficients that made the data, and does the whole way on a few small cores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from costmodel.cells.liberty import Library
from costmodel.fit.calibration import (
    Observation,
    calibrate,
    fit,
    fit_areas,
    fit_delays,
    residuals,
)
from costmodel.fit.calibration_cores import calibration_cores, calibration_of, cores_of
from costmodel.fit.sampling import KINDS, draw_cores, size
from costmodel.flow.synthesis import Job, SynthesisError, SynthesisResult, shipped_library
from costmodel.price.area import core_bills
from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS, total
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import COEFFICIENTS, Technology, TechnologyError, load_technology
from costmodel.price.timing import DELAY_TERMS
from generator.config import CoreConfig


def priced(core: CoreConfig, technology: Technology) -> Observation:
    """What a synthesis that is exactly like the model would find."""
    plan = plan_to_price(core)
    bill = total(list(core_bills(plan).values()))
    return Observation(
        core,
        area_um2=bill.price(technology.area_um2),
        delay_ps=max(term.delay(plan, technology) for term in DELAY_TERMS),
        tight_um2=bill.price(technology.tight_um2),
        medium_um2=bill.price(technology.medium_um2),
    )


@cache
def some_cores() -> tuple[CoreConfig, ...]:
    """Integer and floating-point cores."""
    return (*draw_cores(5, 90, largest=3000), *draw_cores(5, 45, largest=3000, floats=1.0))


def test_a_fit_finds_the_coefficients_that_the_areas_were_made_with() -> None:
    generator = np.random.default_rng(0)
    made_up = load_technology("asap7").model_copy(
        update={"area_um2": {name: float(generator.uniform(0.05, 1)) for name in AREA_COMPONENTS}}
    )
    observations = [priced(core, made_up) for core in some_cores()]
    assert fit_areas(observations) == pytest.approx(made_up.area_um2, rel=0.01)


def test_outliers_do_not_pull_at_a_fit() -> None:
    technology = load_technology("asap7")
    observations = [priced(core, technology) for core in some_cores()]
    spoiled = [
        replace(seen, area_um2=1.3 * seen.area_um2) if i % 20 == 0 else seen
        for i, seen in enumerate(observations)
    ]
    prices = fit_areas(spoiled)
    errors = [
        sum(bill.price(prices) for bill in core_bills(plan_to_price(seen.core)).values()) / seen.area_um2 - 1
        for seen in observations
    ]
    assert np.median(np.abs(errors)) < 0.01


def test_delays_are_fitted_through_the_longest_stage() -> None:
    technology = load_technology("asap7")
    observations = [priced(core, technology) for core in some_cores()]
    delays = fit_delays(observations)
    assert set(delays) == set(DELAY_COMPONENTS)
    fitted = {
        "area_um2": technology.area_um2,
        "medium_um2": technology.medium_um2,
        "tight_um2": technology.tight_um2,
    }
    errors = residuals(observations, fitted | {"delay_ps": delays})
    assert errors["delay"].median_percent < 2
    assert errors["area"].max_percent == pytest.approx(0, abs=1e-9)


def test_a_fit_has_every_table_of_a_technology() -> None:
    technology = load_technology("asap7")
    fitted = fit([priced(core, technology) for core in some_cores()[::4]])
    assert fitted.keys() == COEFFICIENTS.keys()
    assert all(table.keys() == COEFFICIENTS[key].keys() for key, table in fitted.items())


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


def test_a_few_small_cores_make_a_technology() -> None:
    shares: list[float | None] = []
    cores = draw_cores(4, 6, smallest=200, largest=700)
    cores += draw_cores(4, 3, smallest=200, largest=900, floats=1.0)
    library = shipped_library()
    technology = calibrate(
        library, "few", workers=2, progress=lambda what, share: shares.append(share), cores=cores
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
    ) -> list[tuple[int, SynthesisResult | SynthesisError]]:
        return [(index, SynthesisError("no flip-flops")) for index, _ in enumerate(jobs)]

    monkeypatch.setattr("costmodel.fit.calibration.synthesize_many", failing)
    cores = draw_cores(4, 2, smallest=200, largest=400)
    with pytest.raises(TechnologyError, match=r"library broken: 2 of 2 cores .* no flip-flops"):
        calibrate(Library("broken", ()), "broken", cores=cores)


def test_what_was_left_out_and_fitted_to_stays_with_the_technology(monkeypatch: pytest.MonkeyPatch) -> None:
    technology = load_technology("asap7")

    def observed(library: Library, cores: Sequence[CoreConfig], *_: object) -> list[Observation]:
        return [priced(core, technology) for core in cores]

    monkeypatch.setattr("costmodel.fit.calibration.observe", observed)
    shipped = shipped_library()
    library = Library(shipped.name, shipped.files, (*shipped.dont_use, "AO333*"))
    again = Technology.parse(calibrate(library, "mine").to_toml(), "mine")
    assert again.dont_use == library.dont_use
    assert cores_of(again.calibration) == frozenset(calibration_cores())
