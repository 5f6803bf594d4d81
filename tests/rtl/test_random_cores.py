"""Random cores, random layers, random pauses: the emitted Verilog computes what numpy computes, in time.

``TERNLUT_SEED`` chooses where the seeds begin, to look at others than the usual.
"""

from __future__ import annotations

import os

import pytest

from sim.harness import Driver
from tests.rtl.cores import assert_bit_exact, random_config, random_float_config

FIRST_SEED = int(os.environ.get("TERNLUT_SEED", "0"))
CORES, MORE_CORES = 16, 12
FLOAT_CORES = 8

SEEDS = [
    pytest.param(
        FIRST_SEED + i, id=f"seed{FIRST_SEED + i}", marks=pytest.mark.exhaustive if i >= CORES else ()
    )
    for i in range(CORES + MORE_CORES)
]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_core_is_bit_exact_and_on_time(seed: int) -> None:
    driver: Driver = "axi" if seed % 3 == 0 else "lean"
    name = f"tests/rtl/test_random_cores.py::test_random_core_is_bit_exact_and_on_time[seed{seed}]"
    assert_bit_exact(
        random_config(seed), driver, seed, f"TERNLUT_SEED={seed} .venv/bin/python -m pytest '{name}'"
    )


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + FLOAT_CORES), ids=lambda seed: f"seed{seed}")
def test_random_float_core_is_bit_exact_and_on_time(seed: int) -> None:
    driver: Driver = "axi" if seed % 3 == 0 else "lean"
    name = f"tests/rtl/test_random_cores.py::test_random_float_core_is_bit_exact_and_on_time[seed{seed}]"
    reproduce = f"TERNLUT_SEED={seed} .venv/bin/python -m pytest '{name}'"
    assert_bit_exact(random_float_config(seed), driver, seed, reproduce)
