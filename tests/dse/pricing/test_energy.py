"""Energies of tokens and requests against sums made by hand."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from costmodel.price.energy import cycle_energy
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.memory import find_memory
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.summary.energy import spent
from generator.config import CoreConfig
from tests.dse.specs import TECHNOLOGY

CORE = {"activation": "int8", "group_size": 2, "tables": 3, "columns": 4, "max_reduction": 256}
LAYER = {"name": "only", "inputs": 100, "outputs": 30}


def figures(workload: dict[str, Any], system: dict[str, Any], **more: Any) -> Any:
    """A view of the one design of a space."""
    spec = {
        "objectives": {"area_um2": "min"},
        "workload": workload,
        "axes": {key: [value] for key, value in {**CORE, **more}.items()},
        "fixed": system,
    }
    return Model.build(SweepSpec.parse(spec, "spec"), TECHNOLOGY).picks([0])


def figure(view: Any, name: str) -> float:
    return float(view(name)[0])


def test_cores_take_steps_tables_and_all_cycles_of_the_clock() -> None:
    view = figures({"layers": [LAYER], "tokens": 1}, {"clock_mhz": 200.0})
    config = CoreConfig.parse(CORE)
    costs = estimate(config, TECHNOLOGY, clock_mhz=200.0)
    assert costs.energy is not None
    steps = ceil(100 / 6) * ceil(30 / 4)
    cycles = steps + costs.latency_cycles
    moved = costs.energy.busy_fj - costs.energy.waiting_fj
    seconds = cycles / 200e6
    picojoules = (steps * moved + cycles * costs.energy.waiting_fj) / 1e3
    picojoules += costs.energy.leakage_nw * 1e-9 * seconds * 1e12
    assert figure(view, "core_uj_per_token") == pytest.approx(picojoules / 1e6)
    assert figure(view, "energy_per_token_mj") == pytest.approx(picojoules / 1e9)
    assert figure(view, "power_mw") == pytest.approx(picojoules * 1e-12 / seconds * 1e3)
    operations = 2 * 100 * 30
    assert figure(view, "tops_per_w") == pytest.approx(operations / picojoules)  # operations a pJ are TOPS/W
    assert figure(view, "energy_delay") == pytest.approx(picojoules / 1e6 * seconds)
    assert figure(view, "pj_per_cycle") == pytest.approx(costs.energy.busy_fj / 1e3)


def test_waiting_for_a_memory_costs_the_clock_alone() -> None:
    slow = {"clock_mhz": 200.0, "bandwidth_gb_per_s": 0.05, "dram_pj_per_bit": 5.0}
    layers = {"layers": [LAYER], "tokens": 1}
    (fast, waiting) = (figures(layers, each) for each in ({"clock_mhz": 200.0}, slow))
    longer = 1 / figure(waiting, "tokens_per_second") - 1 / figure(fast, "tokens_per_second")
    assert longer > 0
    energy = estimate(CoreConfig.parse(CORE), TECHNOLOGY, clock_mhz=200.0).energy
    assert energy is not None
    more = longer * (200e6 * energy.waiting_fj * 1e-15 + energy.leakage_nw * 1e-9)
    cores = figure(waiting, "core_uj_per_token") - figure(fast, "core_uj_per_token")
    assert cores == pytest.approx(more * 1e6)
    # Keys of 17 x 8 steps, 4 columns x 3 tables of 4 bits; inputs for each of 8 tiles; results once,
    # of 17 bits: -128 · -256 is 2^15, and negative sums as large.
    bits = 17 * 8 * 12 * 4 + 100 * 8 * 8 + 30 * 17
    memory = figure(waiting, "energy_per_token_mj") * 1e3 - figure(waiting, "core_uj_per_token")
    assert memory == pytest.approx(bits * 5.0 * 1e-6)


@pytest.mark.parametrize(("dram", "millijoules"), [("HBM2", 13.0), ("LPDDR4", 26.7)])
def test_417_mb_of_weights_take_what_the_memory_takes_a_bit(dram: str, millijoules: float) -> None:
    workload = {"model": "bitnet-b1.58-2B-4T", "generate": 1, "head": "none", "embedding": "none"}
    view = figures(workload, {"dram": dram}, group_size=5, max_reduction=8192)
    weights = figure(view, "weight_mb_per_token")
    assert weights == pytest.approx(417, rel=0.02)
    assert weights * 8e6 * find_memory(dram).known_pj_per_bit / 1e9 == pytest.approx(millijoules, rel=0.02)
    moved = figure(view, "dram_mb_per_token") * 8e6 * find_memory(dram).known_pj_per_bit / 1e9
    assert figure(view, "dram_uj_per_token") / 1e3 == pytest.approx(moved)
    cores = figure(view, "core_uj_per_token") / 1e3
    assert figure(view, "energy_per_token_mj") == pytest.approx(moved + cores)


def test_a_request_takes_its_tokens_energies() -> None:
    """Requests of n tokens made one by one behind an empty context: as the token's, but for attention."""
    model = {"model": "bitnet-b1.58-2B-4T", "kv": "none", "head": "none", "embedding": "none"}
    system = {"dram": "HBM2"}
    view = figures({**model, "generate": 6}, system, max_reduction=8192)
    token, request = (figure(view, f"energy_per_{what}_mj") for what in ("token", "request"))
    assert request == pytest.approx(6 * token)
    named = [{"name": "short", "generate": 2}, {"name": "long", "generate": 6}]
    both = figures({**model, "requests": named}, system, max_reduction=8192)
    assert figure(both, "long_energy_per_request_mj") == pytest.approx(request)
    assert figure(both, "short_energy_per_token_mj") == pytest.approx(token)
    assert figure(both, "energy_per_request_mj") == pytest.approx((2 + 6) / 2 * token)


def spec(objective: str, **fixed: Any) -> dict[str, Any]:
    return {
        "objectives": {"area_um2": "min", objective: "min"},
        "workload": {"layers": [LAYER], "tokens": 1},
        "axes": {"columns": [1, 2]},
        "fixed": {"group_size": 2, "tables": 2, "max_reduction": 256, "activation": "int8", **fixed},
    }


def test_energies_of_a_memory_that_nobody_states_are_no_objectives() -> None:
    for objective in ("energy_per_token_mj", "dram_uj_per_token"):
        with pytest.raises(SpecError, match=f"{objective} behind dram = 'LPDDR5': .*dram_pj_per_bit.*HBM2"):
            Model.build(SweepSpec.parse(spec(objective, dram="LPDDR5"), "spec"), TECHNOLOGY)
    stated = spec("energy_per_token_mj", dram="LPDDR5", dram_pj_per_bit=4.5)
    assert Model.build(SweepSpec.parse(stated, "spec"), TECHNOLOGY).metrics


def test_a_technology_without_energies_has_no_power() -> None:
    technology = load_technology("asap7").model_copy(update={"energy": None})
    with pytest.raises(SpecError, match=r"power_mw: technology asap7 has no \[energy\]"):
        Model.build(SweepSpec.parse(spec("power_mw"), "spec"), technology)
    model = Model.build(SweepSpec.parse(spec("energy_per_token_mj", dram="HBM2"), "spec"), technology)
    assert model.metrics["energy_per_token_mj"].label == "energy a token without the cores"
    view = model.picks([0])
    assert figure(view, "energy_per_token_mj") == pytest.approx(figure(view, "dram_uj_per_token") / 1e3)


def test_a_sentence_says_what_a_better_core_can_save() -> None:
    row = {"core_uj_per_token": 50.0, "fj_per_mac": 25.0, "buffer_uj_per_token": 0.0, "dram": "HBM2"}
    assert spent({**row, "dram_uj_per_token": 13000.0}) == [
        "A token takes 13.1 mJ: 0.05 mJ for the cores and 13 mJ for the memory. Cores that took nothing, "
        "instead of 25 fJ a multiply-accumulate, would save 0.38 % of it."
    ]
    unknown = spent({**row, "dram_uj_per_token": float("nan"), "dram": "LPDDR5"})
    assert unknown[0].endswith("what a bit of LPDDR5 takes is not known, so none is counted.")
    assert spent({"dram_uj_per_token": 0.0}) == []


def test_reference_of_the_field() -> None:
    """2.08 G multiply-accumulates at 25 fJ are 0.05 mJ."""
    assert pytest.approx(0.052) == 2.08e9 * 25e-15 * 1e3
    energy = cycle_energy(CoreConfig.parse(CORE), TECHNOLOGY)
    assert energy.fj_per_mac == pytest.approx(energy.busy_fj / 24)
