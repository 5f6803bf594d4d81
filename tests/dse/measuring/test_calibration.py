"""A technology gets its energies, and they are held against cores and weights that it has not seen."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from costmodel.fit.calibration_cores import calibration_cores
from costmodel.power.errors import PowerError
from costmodel.power.figures import Energy, MeasuredEnergy
from costmodel.price.energy import cycle_energy
from costmodel.price.energy_coefficients import CLOCKS, ENERGY_COMPONENTS, GLITCHES, Energies
from costmodel.price.technology import Technology, load_technology
from dse.measuring import calibration, validation
from dse.measuring.samples import ZEROS, Case, drawn, typical
from dse.measuring.workload import layer_statistics
from generator.config import CoreConfig
from tests.costmodel.small_cores import small_cores

COEFFICIENTS = dict.fromkeys(ENERGY_COMPONENTS, 2.0) | {"clock": 1.0, "late_adder": 5.0}
LEAKAGE = 1.0
CORES = small_cores(3, 16)
REFUSED = CORES[3]
ASAP7 = load_technology("asap7")
KNOWN = ASAP7.model_copy(
    update={
        "energy": Energies(
            source="made up", cores=1, coefficients=COEFFICIENTS, growth=0.0, leakage_nw_per_um2=0.0
        )
    }
)


def gates(core: CoreConfig, technology: str, **asked: Any) -> MeasuredEnergy:
    """A core at the gates of a world where the model is right, and sizing adds a tenth to area and energy."""
    if core == REFUSED:
        raise PowerError("cannot be measured")
    data = layer_statistics(core, asked["layer"], asked["cycles"])
    larger = 1.1 if asked.get("sized") else 1.0

    def run(coefficients: dict[str, float]) -> Energy:
        def by_part(names: Collection[str]) -> dict[str, float]:
            chosen = {name: price if name in names else 0.0 for name, price in coefficients.items()}
            assert KNOWN.energy is not None
            energies = KNOWN.energy.model_copy(update={"coefficients": chosen})
            parts = cycle_energy(core, KNOWN.model_copy(update={"energy": energies}), data).parts
            return {part: larger * sum(each.values()) for part, each in parts.items()}

        clock, others = by_part(CLOCKS), by_part(set(ENERGY_COMPONENTS) - set(CLOCKS))
        kinds = {part: {"clock": clock[part], "switching": fj} for part, fj in others.items()}
        kinds["control"]["leakage"] = LEAKAGE
        return Energy(kinds, 0.0)

    smooth = {name: 0.0 if name in GLITCHES else price for name, price in COEFFICIENTS.items()}
    timed = run(COEFFICIENTS)
    return MeasuredEnergy(
        timed, timed, run(smooth), core.macs_per_cycle, asked.get("clock_ps", 2000.0), 32, 64, 100, 10,
        area_um2=40.0 * larger,
    )  # fmt: skip


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (calibration, validation):
        monkeypatch.setattr(module, "measured_energy", gates)


@pytest.mark.usefixtures("measured")
def test_a_technology_gets_the_energies_of_its_cells() -> None:
    shares: list[float] = []
    technology = calibration.with_energies(
        ASAP7, "asap7", cases=typical(CORES), progress=lambda what, share: shares.append(share)
    )
    assert technology.energy is not None
    assert technology.energy.cores == len(CORES) - 1, "a core that cannot be measured is left out"
    assert technology.energy.growth == pytest.approx(1.0, rel=0.1)  # a tenth more for a tenth larger cells
    assert technology.fit["energy"].max_percent < 3
    assert {**technology.fit, **ASAP7.fit} == technology.fit | ASAP7.fit, "what was known is kept"
    assert shares[-1] == 1
    again = Technology.parse(technology.to_toml(), "copy")
    assert again.energies.source == calibration.SOURCE


@pytest.mark.usefixtures("measured")
def test_energies_are_held_against_other_weights(tmp_path: Path) -> None:
    cases = [Case(core, ZEROS[number % 4], number) for number, core in enumerate(CORES[:8])]
    energies = validation.energies_of(KNOWN, "asap7", cases)
    assert set(energies["tensor"]) == {"normal", "trained"}
    assert len(energies) == 7
    found = validation.figures(energies)
    assert found["energy_max_error"] < 0.01
    assert found["energy_kendall_tau"] == pytest.approx(1, abs=0.1)
    validation.write_energies(tmp_path, energies)
    written = pd.read_csv(tmp_path / validation.FILE)
    assert list(written["core"]) == list(energies["core"])
    assert "7 cores, measured at gate level" in (tmp_path / "energies.md").read_text(encoding="utf-8")


def test_cases_are_drawn_with_gated_clocks_and_all_kinds_of_tensors() -> None:
    cases = drawn(ASAP7, 5, 24)
    assert cases == drawn(ASAP7, 5, 24), "the same seed draws the same"
    seen = set(calibration_cores())
    assert not seen & {case.core for case in cases}
    assert 2 <= sum(case.core.clock_gating for case in cases) <= 12
    assert [case.zeros for case in cases] == [*ZEROS] * 6
    trained, typical_one = cases[3], cases[0]
    weights = trained.layer().weights
    rows = (weights == 0).mean(axis=1)
    assert rows.std() > 2 * (typical_one.layer().weights == 0).mean(axis=1).std(), "rows differ in scale"
    data = trained.data(trained.layer())
    assert data.zero_weights == pytest.approx(rows.mean())


def test_a_calibration_has_gated_cores_however_short_it_is() -> None:
    cores = calibration.cores_to_measure(calibration_cores()[:20])
    assert 3 <= sum(core.clock_gating for core in cores) <= 7
    assert len(set(cores)) == len(cores)
