"""The fit of energies gives back the prices that figures were made with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel.fit.energy_fit import (
    NAMES,
    MeasuredCore,
    counts_of,
    errors_of,
    fit_energies,
    fit_growth,
    modelled_fj,
)
from costmodel.power.figures import Energy, MeasuredEnergy
from costmodel.price.energy_coefficients import CLOCKS, GLITCHES
from costmodel.price.technology import TechnologyError, load_technology
from dse.measuring.samples import gated
from generator.config import CoreConfig
from tests.costmodel.small_cores import small_cores

ASAP7 = load_technology("asap7")
PRICES = dict(zip(NAMES, 0.5 + 0.25 * np.arange(len(NAMES)), strict=True))
CLOCK_PS, LEAKAGE = 2000.0, 3.0
"""Leakage in fJ a cycle."""


def seen(core: CoreConfig, busy: float, timed: Energy, zero: Energy) -> MeasuredCore:
    """A core of 30 µm² that made a step in a share ``busy`` of its cycles."""
    energy = MeasuredEnergy(
        timed=timed,
        lenient=timed,
        zero_delay=zero,
        macs_per_cycle=busy * core.macs_per_cycle,
        clock_ps=CLOCK_PS,
        cycles=32,
        lanes=64,
        cells=100,
        flip_flops=10,
        area_um2=30.0,
        voltage=0.7,
        delay_ps=500.0,
        clock_buffers=1,
    )
    return MeasuredCore(core, energy)


def run_of(core: CoreConfig, prices: dict[str, float], busy: float) -> Energy:
    """What a core takes by ``prices``, by part."""
    empty = Energy({}, 0.0)
    counts = counts_of(seen(core, busy, empty, empty), ASAP7)
    parts: dict[str, dict[str, float]] = {}
    for part, count in counts.items():
        taken = {name: n * prices[name] for n, name in zip(count, NAMES, strict=True)}
        clock = float(sum(taken[name] for name in CLOCKS))
        parts[part] = {"clock": clock, "switching": float(sum(taken.values())) - clock}
    parts["control"]["leakage"] = LEAKAGE
    return Energy(parts, 0.0)


def measured(core: CoreConfig, times: float = 1.0, busy: float = 0.9) -> MeasuredCore:
    prices = {name: times * price for name, price in PRICES.items()}
    smooth = {name: 0.0 if name in GLITCHES else price for name, price in prices.items()}
    timed, zero = (run_of(core, each, busy) for each in (prices, smooth))
    return seen(core, busy, timed, zero)


def cores() -> list[CoreConfig]:
    plain = [*small_cores(3, 26), *small_cores(3, 10, floats=1.0)]
    return [*plain, *(core for each in plain[::4] if (core := gated(each)) is not None)]


def test_prices_that_figures_were_made_with_are_found_again() -> None:
    those = [measured(core) for core in cores()]
    energies = fit_energies(those, ASAP7, "made up")
    for core in those:
        assert modelled_fj(core, ASAP7, energies) == pytest.approx(
            core.energy.timed.total_fj - LEAKAGE, rel=0.01
        )
    found = energies.coefficients
    assert found["clock"] == pytest.approx(PRICES["clock"], rel=0.02)
    # Most registers behind a gate take a value in each step: it is the sum that is known.
    assert found["gate"] + found["gated"] == pytest.approx(PRICES["gate"] + PRICES["gated"], rel=0.05)
    # 3 fJ in 2000 ps are 1.5 µW = 1500 nW, of 30 µm².
    assert energies.leakage_nw_per_um2 == pytest.approx(1500 / 30)
    errors = errors_of(those, ASAP7, energies)
    assert errors["energy"].max_percent < 1
    assert errors["energy_without_glitches"].points == len(those)


def test_growth_is_what_sized_cores_take_more() -> None:
    def grown(core: CoreConfig, times: float) -> MeasuredCore:
        of_core = measured(core, times)
        # Leakage does not count, and does not grow here.
        return MeasuredCore(core, replace(of_core.energy, area_um2=45.0))

    pairs = [(measured(core), grown(core, 1.2)) for core in cores()[:5]]
    assert fit_growth(pairs) == pytest.approx(0.2 / 0.5)
    assert fit_growth([(core, core) for core, _ in pairs]) == 0, "sizing that changes nothing says nothing"


def test_few_cores_are_too_few() -> None:
    with pytest.raises(TechnologyError, match="3 cores were measured, 12 are expected"):
        fit_energies([measured(core) for core in cores()[:3]], ASAP7, "made up")
