"""A batch's figures held against those of its cores, priced one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from numpy.typing import NDArray

from costmodel.price.area import PARTS
from costmodel.price.estimate import estimate
from costmodel.price.technology import Technology
from generator.config import CoreConfig


def assert_priced_as_alone(
    batch: dict[str, NDArray[Any]], cores: Sequence[CoreConfig], technology: Technology
) -> None:
    for i, core in enumerate(cores):
        one = estimate(core, technology)
        assert batch["area_um2"][i] == pytest.approx(one.area_um2, rel=1e-12)
        assert batch["delay_ps"][i] == pytest.approx(one.delay_ps, rel=1e-12)
        assert batch["macs_per_cycle"][i] == one.macs_per_cycle
        assert batch["latency_cycles"][i] == one.latency_cycles
        assert batch["bits_per_weight"][i] == one.bits_per_weight
        for part in PARTS:
            assert batch[f"area_{part}"][i] == pytest.approx(one.breakdown[part], rel=1e-12, abs=1e-12)
        assert sum(one.breakdown.values()) == pytest.approx(one.area_um2, rel=1e-12)
