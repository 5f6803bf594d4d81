"""Random cores, random layers, random pauses: the emitted Verilog computes what numpy computes, in time.

``TERNLUT_SEED`` chooses where the seeds begin, to look at others than the usual.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from sim.harness import Driver
from tests.rtl.cores import assert_bit_exact, random_config, random_float_config

FIRST_SEED = int(os.environ.get("TERNLUT_SEED", "0"))
CORES, MORE_CORES = 7, 21
FLOAT_CORES, MORE_FLOAT_CORES = 3, 5


def seeds(count: int, more: int) -> list[Any]:
    """``count`` seeds, and ``more`` that are long proofs."""
    return [
        pytest.param(
            FIRST_SEED + i, id=f"seed{FIRST_SEED + i}", marks=pytest.mark.exhaustive if i >= count else ()
        )
        for i in range(count + more)
    ]


@pytest.mark.parametrize("seed", seeds(CORES, MORE_CORES))
def test_random_core_is_bit_exact_and_on_time(seed: int) -> None:
    driver: Driver = "axi" if seed % 3 == 0 else "lean"
    name = f"tests/rtl/test_random_cores.py::test_random_core_is_bit_exact_and_on_time[seed{seed}]"
    assert_bit_exact(
        random_config(seed), driver, seed, f"TERNLUT_SEED={seed} .venv/bin/python -m pytest '{name}'"
    )


@pytest.mark.parametrize("seed", seeds(FLOAT_CORES, MORE_FLOAT_CORES))
def test_random_float_core_is_bit_exact_and_on_time(seed: int) -> None:
    driver: Driver = "axi" if seed % 3 == 0 else "lean"
    name = f"tests/rtl/test_random_cores.py::test_random_float_core_is_bit_exact_and_on_time[seed{seed}]"
    reproduce = f"TERNLUT_SEED={seed} .venv/bin/python -m pytest '{name}'"
    assert_bit_exact(random_float_config(seed), driver, seed, reproduce)
