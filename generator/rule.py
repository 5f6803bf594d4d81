"""A rule: which values of some of a core's keys go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.config import CoreConfig


@dataclass(frozen=True)
class Rule:
    """Which values of ``keys`` go together; ``check``, which reads no others, raises ``ConfigError``.

    A space of many cores asks each rule once for every combination of its keys.
    """

    keys: tuple[str, ...]
    check: Callable[[CoreConfig], None]
