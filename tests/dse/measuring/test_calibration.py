"""A technology gets its energies, and they are held against cores and weights that it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from costmodel.power.errors import PowerError
from costmodel.power.figures import Energy, MeasuredEnergy
from costmodel.price.energy import cycle_energy
from costmodel.price.energy_coefficients import ENERGY_COMPONENTS, GLITCHES, Energies
from costmodel.price.technology import Technology, load_technology
from dse.measuring import calibration, validation
from dse.measuring.workload import statistics_of
from generator.config import CoreConfig
from sim.layers import LayerData
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
    layer: LayerData | None = asked.get("layer")
    zeros = 0.42 if layer is None else float(np.mean(layer.weights == 0))
    data = statistics_of(core, zeros, asked["cycles"])
    larger = 1.1 if asked.get("sized") else 1.0

    def run(known: Technology) -> Energy:
        parts = cycle_energy(core, known, data).parts
        kinds = {part: {"switching": larger * sum(each.values())} for part, each in parts.items()}
        kinds["control"]["leakage"] = LEAKAGE
        return Energy(kinds, 0.0)

    smooth = {name: 0.0 if name in GLITCHES else price for name, price in COEFFICIENTS.items()}
    assert KNOWN.energy is not None
    without = KNOWN.model_copy(update={"energy": KNOWN.energy.model_copy(update={"coefficients": smooth})})
    timed = run(KNOWN)
    return MeasuredEnergy(
        timed, timed, run(without), core.macs_per_cycle, asked.get("clock_ps", 2000.0), 32, 64, 100, 10,
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
        ASAP7, "asap7", cores=CORES, progress=lambda what, share: shares.append(share)
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
    energies = validation.energies_of(KNOWN, "asap7", CORES[:8])
    assert set(energies["zero_weights"]) == set(validation.ZEROS)
    assert len(energies) == 7
    found = validation.figures(energies)
    # The layer's share of zeros is drawn, so that it is not quite what it is asked to be.
    assert found["energy_max_error"] < 2
    assert found["energy_kendall_tau"] == pytest.approx(1, abs=0.1)
    validation.write_energies(tmp_path, energies)
    written = pd.read_csv(tmp_path / validation.FILE)
    assert list(written["core"]) == list(energies["core"])
    assert "7 cores, measured at gate level" in (tmp_path / "energies.md").read_text(encoding="utf-8")
