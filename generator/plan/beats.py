"""What the streams of a core carry in one beat."""

from __future__ import annotations

from typing import NamedTuple

from generator.plan.core import CorePlan


class BeatBits(NamedTuple):
    """Bits of a beat of each stream: R·n activations or the entries made of them, K·L keys or packed weights
    and a group's scales above them, R·K results, of all cores of an array."""

    activation: int
    key: int
    result: int


def beat_bits(plan: CorePlan) -> BeatBits:
    """Bits of a beat of each stream of the core of ``plan``."""
    config = plan.config
    return BeatBits(
        activation=config.rows * (plan.tables // config.tables) * plan.row_bits,
        key=plan.key_elements.bits + plan.scale_elements.bits,
        result=config.rows * plan.columns * plan.result_width,
    )
