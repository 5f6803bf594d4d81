"""Which cores may have weights of several bits, as planes of -1 and 1 that follow one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from generator.errors import ConfigError
from generator.formats import Float
from generator.rule import Rule, refuse_held_tables

if TYPE_CHECKING:
    from generator.config import CoreConfig


def _has_planes_of_signs(core: CoreConfig) -> None:
    if core.weight_bits > 1 and core.alphabet != "binary":
        raise ConfigError(
            f"weight_bits = {core.weight_bits} with alphabet = {core.alphabet!r}: planes are of -1 and 1; "
            "'binary' is allowed"
        )


def _shifts_integers(core: CoreConfig) -> None:
    if core.weight_bits > 1 and isinstance(core.format, Float):
        raise ConfigError(
            f"weight_bits = {core.weight_bits} with activation = {core.activation!r}: what is shifted are "
            "sums of integers; 1 is allowed"
        )


def _fetches_planes(core: CoreConfig) -> None:
    if core.weight_bits == 1:
        return
    match core.architecture:
        case "lut" | "select":
            return
        case "multiplier":
            raise ConfigError(
                f"weight_bits = {core.weight_bits} with architecture = 'multiplier': its weights come as "
                "numbers, not as planes; 1 is allowed"
            )
        case unknown:
            assert_never(unknown)


def _adds_planes_to_one_sum(core: CoreConfig) -> None:
    if core.weight_bits > 1:
        given = f"weight_bits = {core.weight_bits}"
        refuse_held_tables(core, given, "the planes of a tile are added to one sum")


def _shifts_one_number(core: CoreConfig) -> None:
    match core.reduction:
        case "tree" | "chain":
            return
        case "carry_save":
            if core.weight_bits > 1:
                raise ConfigError(
                    f"weight_bits = {core.weight_bits} with reduction = 'carry_save': a sum is shifted as "
                    "one number; 'tree' and 'chain' are allowed"
                )
        case unknown:
            assert_never(unknown)


PLANE_RULES = (
    Rule(("alphabet", "weight_bits"), _has_planes_of_signs),
    Rule(("activation", "weight_bits"), _shifts_integers),
    Rule(("architecture", "weight_bits"), _fetches_planes),
    Rule(("dataflow", "weight_bits"), _adds_planes_to_one_sum),
    Rule(("reduction", "weight_bits"), _shifts_one_number),
)
