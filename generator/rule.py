"""A rule: which values of some of a core's keys go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from generator.errors import ConfigError

if TYPE_CHECKING:
    from generator.config import CoreConfig, Dataflow


@dataclass(frozen=True)
class Rule:
    """Which values of ``keys`` go together; ``check``, which reads no others, raises ``ConfigError``.

    A space of many cores asks each rule once for every combination of its keys.
    """

    keys: tuple[str, ...]
    check: Callable[[CoreConfig], None]


def holds_tables(dataflow: Dataflow) -> bool:
    """Whether a tile of activations stays in the tables for all outputs, of each of which a sum is kept."""
    match dataflow:
        case "output_stationary":
            return False
        case "table_stationary":
            return True
        case unknown:
            assert_never(unknown)


def refuse_held_tables(core: CoreConfig, given: str, why: str) -> None:
    """``ConfigError`` that says ``why`` what is ``given`` is not for tables that are held."""
    if holds_tables(core.dataflow):
        raise ConfigError(f"{given} with dataflow = {core.dataflow!r}: {why}; 'output_stationary' is allowed")


def require_adding_tables(core: CoreConfig, given: str, why: str) -> None:
    """``ConfigError`` that says ``why`` what is ``given`` is for tables that add alone."""
    match core.architecture:
        case "lut" if core.group_size > 1:
            return
        case "lut" | "select" | "multiplier":
            raise ConfigError(
                f"{given} with architecture = {core.architecture!r} and group_size = {core.group_size}: "
                f"{why}; it is for 'lut' and larger groups"
            )
        case unknown:
            assert_never(unknown)
