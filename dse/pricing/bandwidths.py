"""At which bandwidths a question is answered beside that of its memory."""

from __future__ import annotations

from collections.abc import Sequence

from dse.pricing.table_view import BANDWIDTH
from dse.spec.axes import SpecError
from dse.spec.goals import Recommend
from dse.spec.memory import NO_MEMORY, find_memory
from dse.spec.space import Space

FACTORS = (0.25, 0.5, 2.0, 4.0)
"""Of a memory's bandwidth, where a spec does not say."""


def one_bandwidth(space: Space) -> float | None:
    """GB/s of the memory behind all designs; None where there is none, or several."""
    stated, named = (space.values_of(key) for key in (BANDWIDTH, "dram"))
    if len(stated) != 1 or len(named) != 1:
        return None
    if stated[0]:
        return float(stated[0])
    return None if named[0] == NO_MEMORY else find_memory(named[0]).peak_gb_per_s


def other_bandwidths(
    space: Space, stated: Sequence[float] | None, where: str, recommend: Recommend
) -> tuple[float, ...]:
    """GB/s of other memories in their order: what is ``stated``, else ``FACTORS`` of the one that there is.

    Of a knee, which takes whole fronts, only what is stated counts.

    Raises ``SpecError`` where some are stated beside no memory, or beside several.
    """
    here = one_bandwidth(space)
    if here is None:
        if stated:
            expected = "others of one memory, which [memory] states, are expected"
            raise SpecError(f"{where}: bandwidths_gb_per_s: {expected}")
        return ()
    usual = [] if recommend == "knee" else [factor * here for factor in FACTORS]
    values = usual if stated is None else stated
    return tuple(sorted({float(f"{value:.6g}") for value in values} - {here}))
