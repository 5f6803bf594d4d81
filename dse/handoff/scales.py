"""How a datasheet tells of scales of groups: what they do to sums, and where they are in the key stream."""

from __future__ import annotations

from typing import assert_never

from generator.plan import CorePlan, FloatScaling, IntegerScaling, ScalerPlan


def scaled_result(scaler: ScalerPlan) -> str:
    """What a result is, in a few words."""
    match scaler.scaling:
        case IntegerScaling():
            return "two's complement, exact: sums of groups times their scales"
        case FloatScaling(add=unit):
            return f"{unit.fmt.name}: sums of groups times their scales, added one after the other"
        case unknown:
            assert_never(unknown)


def scaling_rules(plan: CorePlan, scaler: ScalerPlan) -> list[str]:
    """What scales do to sums."""
    group, number = plan.config.scale_group, scaler.number.name
    match scaler.scaling:
        case IntegerScaling():
            return [
                f"Every {group} activations are a group, the last may be shorter. The sum of a group is "
                "exact, and so is a result: the sum of the groups' sums, each times its scale, an "
                f"`{number}`."
            ]
        case FloatScaling(add=unit):
            total = unit.fmt.name
            digits = f"{unit.fmt.canonical_nan:08x}"
            return [
                f"Every {group} activations are a group, the last may be shorter. The sum of a group is "
                f"exact; its product with the group's scale, a `{number}`, is rounded to `{total}`, to "
                "nearest, ties to even, subnormals included. The products are added in "
                f"`{total}`, from +0 on, the first group's first, and each sum is rounded so.",
                f"Infinities and NaNs among scales do what IEEE 754 says, the NaN is `{digits}`; a product "
                "of a sum of 0 and a number is +0.",
            ]
        case unknown:
            assert_never(unknown)


def scale_places(plan: CorePlan) -> str:
    """Where a beat of keys has scales, in a sentence; nothing where there are none."""
    scaler = plan.scaler
    if scaler is None:
        return ""
    config, last = plan.config, scaler.steps - 1
    cores = f" of core 0, then of core 1 and so on, {config.columns} columns each" if config.cores > 1 else ""
    return (
        f" Above its keys, from bit {plan.key_elements.bits} on, a beat has {plan.scale_elements.fields} "
        f"scales of {scaler.number.bits} bits. A group of {config.scale_group} activations takes "
        f"{scaler.tiles} tiles of its own, filled up with zeros. Beat s of these, s = 0 … {last}, has the "
        f"scales of columns s, s + {scaler.steps}, …{cores}; those of columns that there are not, and of "
        "later beats, do not count."
    )
