"""What a core computes, rule by rule, so that the datasheet alone predicts every bit of a result."""

from __future__ import annotations

from typing import assert_never

from dse.handoff.scales import scaling_rules
from generator.formats import Float
from generator.plan import (
    AlignedDatapath,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    MergePlan,
    NativeDatapath,
    by_weights,
    halving_of,
)


def rules(plan: CorePlan) -> str:
    """The rules of a core's arithmetic as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines(plan))


def lines(plan: CorePlan) -> list[str]:
    """The same rule by rule."""
    match plan.datapath:
        case IntegerDatapath():
            return integers(plan)
        case NativeDatapath() as units:
            return [*floats(plan, units.number), *native(plan, units), *joined(plan)]
        case ExactDatapath() as units:
            return [*floats(plan, units.number), *exact(plan)]
        case AlignedDatapath() as units:
            return [*floats(plan, units.number), *aligned(plan, units), *joined(plan)]
        case unknown:
            assert_never(unknown)


def joined(plan: CorePlan) -> list[str]:
    """What becomes of the results of cores that divide the inputs; a tile is one core's."""
    config = plan.config
    if not config.adds_results:
        return []
    return [
        f"All that is said of tiles holds for each of {config.cores} cores by itself: of a step's "
        f"{plan.tile_length} activations core t has {config.tile_length}, from number t · "
        f"{config.tile_length} on. What the cores have then is added in pairs of neighbours (0 and 1, "
        "2 and 3, …), what comes of it again in pairs of neighbours, and so on; the last of an odd number "
        "waits for the next round."
    ]


def integers(plan: CorePlan) -> list[str]:
    promise = " The most negative activation must not come." if plan.config.symmetric else ""
    if plan.scaler is not None:
        return [f"Activations are two's complement.{promise}", *scaling_rules(plan, plan.scaler)]
    return [f"Activations are two's complement. A result is the exact sum, whatever the order.{promise}"]


def floats(plan: CorePlan, number: Float) -> list[str]:
    """What holds in every datapath."""
    name, config = plan.config.activation, plan.config
    total = config.accumulator_format or number
    beyond = "an infinity" if total.infinities else "NaN, as the format has no infinities"
    return [
        f"`{name}` is a sign bit, {number.exponent} bits of exponent with bias {number.bias} and "
        f"{number.mantissa} of "
        f"fraction. {subnormals(plan)} Rounding is to nearest, ties to even; what is "
        "beyond the "
        f"largest finite value after it becomes {beyond}.",
        weights(plan),
    ]


def subnormals(plan: CorePlan) -> str:
    """What becomes of numbers below the normal ones."""
    if plan.config.subnormals:
        return "Subnormals are numbers as any other."
    return "A subnormal activation counts as a zero of its sign; sums may be subnormal."


def weights(plan: CorePlan) -> str:
    """What a zero weight and a negative zero do."""
    zero = "A zero weight selects nothing: it counts as +0, whatever its activation is."
    if plan.keys_name_groups:
        return zero if any(0 in group for group in plan.code.halves) else "No weight is zero."
    if plan.multiplies_floats:
        return f"{zero} So does a weight of -0: no result differs."
    return f"{zero} A weight is two's complement, which has no -0."


def special_sums(total: Float) -> str:
    digits = -(-total.bits // 4)
    return (
        "Of special values: anything and a NaN, and an infinity and one of the other sign, give the NaN "
        f"`{total.canonical_nan:0{digits}x}`; x - x is +0, -0 + -0 is -0, +0 + -0 is +0."
    )


def native(plan: CorePlan, units: NativeDatapath) -> list[str]:
    lines = [*products(plan), tree(plan.config.tables)]
    total = units.accumulate.fmt
    if units.widens:
        lines.append(f"A tile's sum is widened to `{total.name}`, which loses nothing.")
    return [*lines, *accumulation(plan, "A tile's sum"), special_sums(total)]


def products(plan: CorePlan) -> list[str]:
    """What activations and weights become before they are added up, in ``native``."""
    match plan.config.architecture:
        case "lut" if plan.config.group_size > 1:
            return [
                halves(plan),
                "An entry is made for weights of which the first that is not zero is +1. For others it is "
                "made for the "
                "opposite weights, and then the sign bit is turned over, that of a zero, too. In the same "
                "way a half whose "
                "first weight is -1 is subtracted.",
            ]
        case "lut" | "select":
            return ["A weight of -1 turns the sign bit of its activation over."]
        case "multiplier":
            return [
                "The product of an activation and a weight is the activation or, for -1, that with the "
                "other sign."
            ]
        case unknown:
            assert_never(unknown)


def halves(plan: CorePlan) -> str:
    """In which order the activations of an entry are added."""
    if halving_of(plan.config.alphabet, plan.config.group_size) is by_weights:
        return (
            "An entry of a table: of the activations with a non-zero weight, the first half, in their "
            "order, is summed, "
            "and so is the second (the first has one more if their number is odd); the two sums are "
            "added. Halves are "
            "summed in the same way. One activation is itself."
        )
    return (
        f"An entry of a table: the activations with a non-zero weight in the first half of the "
        f"{plan.config.group_size} of a group are summed, and so are those in the second (the first has one "
        "more if their number is odd); the two sums are added. Halves are summed in the same way, and where "
        "a half has all such activations, it is itself halved. One activation is itself."
    )


def tree(tables: int) -> str:
    if tables == 1:
        return "A tile's sum is what its one table gives."
    return (
        f"A tile's sum: the values of tables 0 … {tables - 1} are added in pairs of neighbours (0 and 1, "
        "2 and 3, …), "
        "what comes of it again in pairs of neighbours, and so on; the last of an odd number waits for "
        "the next round."
    )


def invalid(plan: CorePlan) -> str:
    return (
        f"`invalid`, bit {plan.value_width} of a result, is 1 if an activation with a non-zero weight "
        "was an infinity "
        "or a NaN; the value below it then means nothing."
    )


def exact(plan: CorePlan) -> list[str]:
    if plan.scaler is not None:
        lost = "Where an infinity or a NaN has a non-zero weight, the result is that NaN."
        return [*scaling_rules(plan, plan.scaler), lost]
    return [
        "A result is the exact sum of the activations with their weights, rounded once. A sum of 0 is +0.",
        invalid(plan),
    ]


def aligned(plan: CorePlan, units: AlignedDatapath) -> list[str]:
    config, total = plan.config, units.accumulate.fmt
    number, bits = units.number, units.align.bits
    rounding = "rounded to the nearest integer, ties to even" if units.align.nearest else "rounded down"
    return [
        f"A tile of one token is its {config.tile_length} activations. E is the largest of their "
        "exponent fields, "
        "whatever their weights, and at least 1; infinities and NaNs do not count. A unit is "
        f"2^(E - {number.bias + bits - 2}).",
        f"An activation becomes its value in units, {rounding}, but at most {(1 << (bits - 1)) - 1}. Its "
        "integers with "
        "their weights are added exactly. That sum in units, rounded once to "
        f"`{config.accumulation}`, is the tile's: +0 if it is 0, -0 if it is negative and rounds to zero.",
        *accumulation(plan, "A tile's sum"),
        special_sums(total),
        f"{invalid(plan)} Infinities that come of rounding do not set it.",
    ]


def accumulation(plan: CorePlan, what: str) -> list[str]:
    """How tiles become a result."""
    sums = plan.merge.sums
    if sums == 1:
        return [
            f"{what} is added to the result so far, which begins with +0, tile by tile in the order of "
            "the stream."
        ]
    return [
        f"The accumulator keeps {sums} partial sums, which begin with +0; tile t of a result (from 0) is "
        "added to partial "
        f"sum t mod {sums}, in the order of the stream. Then they are merged. With s0, s1, … the partial "
        "sums from number "
        f"`n_tiles` mod {sums} on, round and round, the result is {merged(plan.merge)}."
    ]


def merged(plan: MergePlan) -> str:
    """The merging of partial sums s0, s1, … as an expression."""
    terms = [f"s{place}" for place in range(plan.sums)]
    for captured, into in zip(plan.captures, plan.merges, strict=True):
        left, right = captured % plan.sums, into % plan.sums
        terms[right] = f"({terms[left]} + {terms[right]})"
    return terms[plan.merges[-1] % plan.sums].removeprefix("(").removesuffix(")") if plan.merges else "s0"
