"""What wires make of an estimate, by hand, and fits to cores that follow a law."""

from __future__ import annotations

import numpy as np
import pytest

from costmodel.fit.wires import Placed, fit_wires
from costmodel.price.estimate import Sizes, estimate, sized_costs
from costmodel.price.technology import Technology, TechnologyError, load_technology
from costmodel.price.wires import WireFit, Wires, spread_to_columns
from generator.config import CoreConfig
from generator.plan import plan_for

CORE = CoreConfig(group_size=2, tables=4, columns=8)
FIT = WireFit(
    cores=3,
    largest_um2=900,
    length=10,
    length_exponent=1.25,
    broadcast=0.05,
    sized=0.5,
    delay=0.01,
    delay_exponent=0.5,
    growth=0.1,
)
WIRES = Wires(layer="made up", row_um=1, utilisation=0.5, ff_per_um=1, ohm_per_um=1, fit=FIT)


def technology() -> Technology:
    return load_technology("asap7").model_copy(update={"wires": WIRES})


def test_wires_delay_a_core_by_its_area_and_spread_its_cells() -> None:
    bare = estimate(CORE, technology(), speed="tight")
    wired = estimate(CORE, technology(), speed="tight", wires="placed")
    cells = sum(Sizes.of(CORE, technology()).least.values())
    # Four entries of a table for two int8 activations: two of 8 bits, their sum and difference of 9.
    # Four tables, each read by eight columns over the side of a fourth of the core.
    spread = 8 * 4 * (8 + 8 + 9 + 9) / 4**0.5
    wires = 10 * cells**1.25 + 0.05 * spread * cells**0.5
    assert wired.wire_um == pytest.approx(wires * (bare.cost / cells) ** 0.5)
    assert wired.delay_ps == pytest.approx(bare.delay_ps * (1 + 0.01 * cells**0.5))
    assert wired.cost == pytest.approx(bare.cost * 1.1 / 0.5)
    assert sum(wired.breakdown.values()) == pytest.approx(wired.cost)
    assert max(wired.stages_ps.values()) == wired.delay_ps
    assert bare.wire_um is None


def test_each_row_of_a_product_reads_an_activation_and_three_times_it() -> None:
    """int7: four rows, one bit is left for the last; seven bits twice, in six columns of two tables."""
    core = CoreConfig(architecture="multiplier", group_size=1, activation="int7", tables=2, columns=6)
    assert spread_to_columns(plan_for(core)) == pytest.approx(6 * 2 * 4 * 2 * 7 / 2**0.5)


def test_a_clock_makes_wires_longer_by_a_power_of_what_it_makes_of_cells() -> None:
    slow, fast = (estimate(CORE, technology(), speed=s, wires="placed") for s in ("relaxed", "tight"))
    larger = estimate(CORE, technology(), speed="tight").cost / estimate(CORE, technology()).cost
    assert slow.wire_um is not None
    assert fast.wire_um == pytest.approx(slow.wire_um * larger**0.5)


def test_a_core_without_a_clock_is_not_resized() -> None:
    bare = estimate(CORE, technology())
    assert estimate(CORE, technology(), wires="placed").cost == pytest.approx(bare.cost / 0.5)


def test_a_clock_that_wires_leave_little_of_costs_more() -> None:
    """What a medium core suffices for without wires takes a tight one with them."""
    bare, wired = (estimate(CORE, technology(), speed="tight", wires=w) for w in ("none", "placed"))
    clock = 1e6 / wired.delay_ps
    assert estimate(CORE, technology(), clock_mhz=clock, wires="placed").cost == pytest.approx(wired.cost)
    medium = sized_costs(CORE, technology(), "placed")["medium"]
    slower = 0.5 * 1e6 / wired.delay_ps
    assert estimate(CORE, technology(), clock_mhz=slower, wires="placed").cost == pytest.approx(medium)
    assert bare.delay_ps < wired.delay_ps


def test_a_technology_that_nobody_has_placed_in_is_refused_in_one_line() -> None:
    unplaced = technology().model_copy(update={"wires": WIRES.model_copy(update={"fit": None})})
    with pytest.raises(TechnologyError, match=r"asap7: wires = \"placed\": it has no \[wires.fit\]"):
        estimate(CORE, unplaced, wires="placed")


def test_technologies_keep_their_wires_in_a_file() -> None:
    assert Technology.parse(technology().to_toml(), "file").wires == WIRES


def test_a_fit_finds_the_law_that_cores_follow_in_spite_of_noise() -> None:
    random = np.random.default_rng(0)
    areas = np.geomspace(60, 3000, 60)
    sizes = random.uniform(1.1, 2.5, 60)
    cores = [
        Placed(
            float(area),
            float(size),
            int(bits),
            float((9 * area**1.2 + 0.1 * bits * area**0.5) * size**0.6 * random.normal(1, 0.05)),
            float((1 + 0.02 * area**0.35) * random.normal(1, 0.02)),
            0.02,
        )
        for area, size, bits in zip(areas, sizes, random.integers(10, 9000, 60), strict=True)
    ]
    fit = fit_wires(cores)
    wires = [9 * 100**1.2 + 0.1 * 500 * 10, (9 * 2500**1.2 + 0.1 * 8000 * 50) * 2**0.6]
    assert fit.wire_um([100, 2500], [500, 8000], [1, 2]) == pytest.approx(wires, rel=0.06)
    assert fit.slowdown([100, 2000]) == pytest.approx([1.1002, 1.2859], rel=0.02)
    assert (fit.cores, fit.largest_um2, fit.growth) == (60, 3000, 0.02)
