"""One directory of Verilated blocks for the session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.block import Block
from tests.floating.rtl import Simulation

Simulate = Callable[[Block], Simulation]


@pytest.fixture(scope="session")
def simulate(tmp_path_factory: pytest.TempPathFactory) -> Simulate:
    """A block's simulation; the same block is built once."""
    directory = tmp_path_factory.mktemp("verilated")
    built: dict[str, Simulation] = {}

    def simulation_of(block: Block) -> Simulation:
        return built.setdefault(block.module_name, Simulation(block, directory))

    return simulation_of
