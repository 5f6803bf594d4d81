"""Off-chip memories by name: how many transfers a second of how many bits, and so how many bytes a second."""

from __future__ import annotations

import math
import re
import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from generator.errors import ConfigError, instead

NO_MEMORY = "none"
"""Where no memory is named."""

_NAME = re.compile(r"(?P<kind>[A-Za-z]+\d[A-Za-z]?)(-(?P<rate>\d+))?(\s*x(?P<width>\d+))?")


class Memory(NamedTuple):
    """A memory of ``width_bits`` pins, each with ``rate_mt_per_s`` million transfers a second.

    ``pj_per_bit`` is the energy of a bit that is moved, None where no public source states it.
    """

    rate_mt_per_s: float
    width_bits: int
    pj_per_bit: float | None
    source: str

    @property
    def known_pj_per_bit(self) -> float:
        """The same as a number, NaN where it is not known."""
        return math.nan if self.pj_per_bit is None else self.pj_per_bit

    @property
    def peak_gb_per_s(self) -> float:
        """The bandwidth that the pins could reach."""
        return self.rate_mt_per_s * self.width_bits / 8e3


@cache
def memories() -> dict[str, Memory]:
    """The memories that have a name."""
    text = (resources.files("dse.spec") / "data" / "memories.toml").read_text(encoding="utf-8")
    return {
        name: Memory(
            fields["rate_mt_per_s"], fields["width_bits"], fields.get("pj_per_bit"), fields["source"]
        )
        for name, fields in tomllib.loads(text).items()
    }


@cache
def find_memory(name: str) -> Memory:
    """The memory ``name``, with another rate and width where it states them: ``LPDDR5-5500 x32``.

    Raises ``ConfigError`` where there is none.
    """
    match = _NAME.fullmatch(name.strip())
    kinds = {kind.lower(): memory for kind, memory in memories().items()}
    memory = kinds.get(match["kind"].lower()) if match else None
    if match is None or memory is None:
        raise ConfigError(
            f"dram = {name!r}: {instead(name, memories())}; another rate (MT/s) and width (bits) "
            "follow as in 'LPDDR5-5500 x32'"
        )
    rate, width = float(match["rate"] or memory.rate_mt_per_s), int(match["width"] or memory.width_bits)
    if not (rate and width):
        raise ConfigError(f"dram = {name!r}: a rate and a width of more than 0 are expected")
    return memory._replace(rate_mt_per_s=rate, width_bits=width)
