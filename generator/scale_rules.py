"""Which cores may have groups of weights with scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from generator.alphabets import ALPHABETS
from generator.errors import ConfigError
from generator.formats import Float
from generator.rule import Rule, refuse_held_tables

if TYPE_CHECKING:
    from generator.config import CoreConfig


WIDEST_PRODUCT = 63
"""Bits of a group's sum times the significand of its scale."""


def _scales_exact_sums(core: CoreConfig) -> None:
    number, scale = core.format, core.scale_format
    if not core.scale_group or not isinstance(number, Float):
        return
    given = f"scale_group = {core.scale_group} with activation = {core.activation!r}"
    match core.number_kind:
        case "integer" | "exact":
            pass
        case "native" | "aligned":
            raise ConfigError(
                f"{given} and datapath = {core.datapath!r}: what is scaled are exact sums; 'exact' and "
                "integers are allowed"
            )
        case unknown:
            assert_never(unknown)
    if not isinstance(scale, Float):
        raise ConfigError(f"{given} and scale = {core.scale!r}: sums of floats have floats for scales")
    bits = (core.scale_group * number.largest_steps).bit_length() + 1 + scale.mantissa + 1
    if bits > WIDEST_PRODUCT:
        raise ConfigError(
            f"{given} and scale = {core.scale!r}: their product would be {bits} bits wide, {WIDEST_PRODUCT} "
            "are allowed; a smaller group or a scale of fewer bits has less"
        )


def _scales_finished_sums(core: CoreConfig) -> None:
    if core.scale_group:
        given = f"scale_group = {core.scale_group}"
        refuse_held_tables(core, given, "sums of groups are finished one after the other")


def _scales_whole_sums(core: CoreConfig) -> None:
    if core.scale_group and core.adds_results:
        raise ConfigError(
            f"scale_group = {core.scale_group} with split = 'inputs': cores would scale parts of a group; "
            "'outputs' is allowed"
        )


def _has_groups_of_tiles(core: CoreConfig) -> None:
    if core.scale_group and not core.tile_length <= core.scale_group <= core.max_reduction:
        raise ConfigError(
            f"scale_group = {core.scale_group} with a tile of {core.tile_length} activations and "
            f"max_reduction = {core.max_reduction}: what is between these is allowed"
        )


def _begins_groups_with_scales(core: CoreConfig) -> None:
    any_weights = 1 in ALPHABETS[core.alphabet].group_sizes
    if core.scale_group % core.group_size and not any_weights:
        raise ConfigError(
            f"scale_group = {core.scale_group} with alphabet = {core.alphabet!r}: a multiple of group_size = "
            f"{core.group_size} is allowed, as its groups are whole"
        )


def _scales_within_a_group(core: CoreConfig) -> None:
    if not core.scale_group or not isinstance(core.scale_format, Float):
        return
    tiles = -(-core.scale_group // core.tile_length) * core.weight_bits
    stages = core.pipeline.float_stages
    if stages >= tiles:
        raise ConfigError(
            f"pipeline.float_stages = {stages} with scale_group = {core.scale_group}: a group takes {tiles} "
            f"cycles, in which its scaled sum has to be added; at most {tiles - 1} is allowed"
        )


SCALE_RULES = (
    Rule(("activation", "datapath", "scale", "scale_group"), _scales_exact_sums),
    Rule(("dataflow", "scale_group"), _scales_finished_sums),
    Rule(("tables", "group_size", "max_reduction", "scale_group"), _has_groups_of_tiles),
    Rule(("alphabet", "group_size", "scale_group"), _begins_groups_with_scales),
    Rule(("cores", "split", "scale_group"), _scales_whole_sums),
    Rule(
        ("tables", "group_size", "weight_bits", "scale_group", "scale", "pipeline.float_stages"),
        _scales_within_a_group,
    ),
)
