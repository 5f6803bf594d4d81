"""The floating-point units: of each its steps, how long they take, and the bits that are alive after them.

The blocks are built in these steps, with registers where the plan has them; the cost model prices both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.config import Rounding
from generator.errors import ConfigError
from generator.formats import Float
from generator.plan.unit import UnitPlan, UnitStep


def carries(bits: int) -> int:
    """How long a sum of so many bits takes whose carries run in parallel, with the logic around it."""
    return bits.bit_length() + 2


@dataclass(frozen=True)
class _OfOneFormat(UnitPlan):
    """A unit whose operands and result are floats of ``fmt``."""

    fmt: Float

    @property
    def precision(self) -> int:
        """Bits of a significand, the hidden one included."""
        return self.fmt.mantissa + 1


class FloatAdderPlan(_OfOneFormat):
    """A sum or a difference of two floats of ``fmt``, rounded to nearest even."""

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        fmt, precision = self.fmt, self.precision
        levels = (precision + 1).bit_length()
        exponent, flags = fmt.exponent, 4
        return {
            "order": UnitStep(fmt.bits.bit_length(), 2 * (fmt.bits - 1) + 2),
            "distance": UnitStep(carries(exponent), 2 * exponent + 2 * precision + flags),
            "align": UnitStep(levels + 1, exponent + precision + (precision + 2) + 1 + flags),
            "sum": UnitStep(carries(precision + 1), exponent + (precision + 4) + flags),
            "normalise": UnitStep(2 * levels + 1, exponent + (precision + 4) + levels + flags),
            "round": UnitStep(fmt.bits.bit_length() + 1, fmt.bits),
        }


@dataclass(frozen=True)
class FloatMultiplierPlan(_OfOneFormat):
    """A product of two floats of ``fmt``, rounded to nearest even.

    Without ``subnormals`` operands below the smallest normal number count as zeros, and so does a product
    that is smaller before it is rounded.
    """

    subnormals: bool = True

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        fmt, precision = self.fmt, self.precision
        levels = precision.bit_length()
        flags, kept = 3, precision + 1 + 1
        if not self.subnormals:
            product = 2 * levels + carries(2 * precision) + carries(fmt.exponent)
            return {
                "multiply": UnitStep(product, fmt.exponent + 2 + 2 * precision + flags + 1),
                "round": UnitStep(fmt.bits.bit_length() + 2, fmt.bits),
            }
        depth = limit = fmt.exponent + 1
        multiply = 2 * levels + carries(2 * precision)
        return {
            "multiply": UnitStep(multiply, fmt.exponent + 2 + 2 * precision + flags),
            "normalise": UnitStep(2 * levels + 1, limit + kept + depth + levels + flags),
            "denormalise": UnitStep(levels + 2, limit + kept + levels + flags),
            "round": UnitStep(fmt.bits.bit_length() + 1, fmt.bits),
        }


@dataclass(frozen=True)
class FloatToFixedPlan(UnitPlan):
    """A float of ``fmt`` as an integer multiple of its smallest subnormal."""

    fmt: Float

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        fmt = self.fmt
        return {
            "negate": UnitStep(fmt.bits.bit_length(), fmt.mantissa + 2 + fmt.exponent + 1),
            "shift": UnitStep(fmt.exponent, fmt.fixed_bits + 1),
        }


@dataclass(frozen=True)
class FixedToFloatPlan(UnitPlan):
    """An integer of ``width`` bits as a float of ``fmt``, rounded once.

    One unit of the integer is 2 to the power of ``lsb`` or, if ``scaled``, of ``lsb`` and an exponent that is
    an input, and at least 1.
    """

    fmt: Float
    width: int
    lsb: int
    scaled: bool = False

    @property
    def _unpadded_field(self) -> int:
        return self.lsb + self.width - 2 + self.fmt.bias - 1

    @property
    def above(self) -> int:
        """Bits put above the integer, so that ``field`` is not negative."""
        return max(0, -self._unpadded_field - self.scaled)

    @property
    def field(self) -> int:
        """One less than the exponent field of a number whose top bit is significant, less the exponent."""
        return self._unpadded_field + self.above

    @property
    def magnitude(self) -> int:
        """Bits of the integer without its sign."""
        return self.width - 1 + self.above

    @property
    def below(self) -> int:
        """Zeros put below the integer.

        A unit below it makes minus one, of which the one's complement is 0.111…, an ordinary case.
        """
        return max(1, self.fmt.mantissa + 2 - self.magnitude)

    @property
    def largest(self) -> int:
        """The largest that ``field`` with the exponent can be."""
        return self.field + self.scaled * ((1 << self.fmt.exponent) - 1)

    @property
    def exponent_bits(self) -> int:
        """Bits of ``field`` with the exponent."""
        return max(self.fmt.exponent, self.largest.bit_length())

    @property
    def reach(self) -> int:
        """The largest shift that can be needed."""
        return min(self.magnitude, self.largest)

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        fmt, levels = self.fmt, self.reach.bit_length()
        word = self.below + self.magnitude
        return {
            "normalise": UnitStep(3 * levels + 1, word + levels + self.exponent_bits + 1),
            "round": UnitStep(fmt.bits.bit_length() + 1, fmt.bits),
        }


@dataclass(frozen=True)
class LargestExponentPlan(UnitPlan):
    """The largest exponent field of ``count`` floats of ``fmt``: a tree of comparisons."""

    fmt: Float
    count: int

    @property
    def levels(self) -> int:
        """Comparisons, one after the other."""
        return (self.count - 1).bit_length()

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        exponent = self.fmt.exponent
        compared = {
            f"level{level}": UnitStep(exponent.bit_length(), -(-self.count >> level + 1) * exponent)
            for level in range(self.levels)
        }
        return {**compared, "least": UnitStep(1, exponent)}


@dataclass(frozen=True)
class AlignPlan(UnitPlan):
    """A float of ``fmt`` as an integer of ``bits`` bits on the scale of a common exponent.

    Raises ``ConfigError`` for fewer than 3 bits.
    """

    fmt: Float
    bits: int
    rounding: Rounding = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bits < 3:
            raise ConfigError(f"aligned_bits = {self.bits} is too few: 3 or more are needed")

    @property
    def nearest(self) -> bool:
        """Whether it rounds to nearest even; otherwise down."""
        return self.rounding == "nearest"

    @property
    def shifted_bits(self) -> int:
        """Bits of the integer before it is rounded."""
        return self.bits + self.nearest

    @cached_property
    def steps(self) -> dict[str, UnitStep]:
        fmt, levels = self.fmt, self.bits.bit_length()
        return {
            "negate": UnitStep(carries(fmt.exponent), fmt.mantissa + 2 + fmt.exponent + 1),
            "shift": UnitStep(levels, self.shifted_bits + 1 + 1),
            "round": UnitStep(levels if self.nearest else 0, self.bits + 1),
        }


FloatUnit = (
    FloatAdderPlan
    | FloatMultiplierPlan
    | FloatToFixedPlan
    | FixedToFloatPlan
    | LargestExponentPlan
    | AlignPlan
)
