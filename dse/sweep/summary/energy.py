"""What a token's energy goes into, in a sentence: the memory, the cores, and what a better one could save."""

from __future__ import annotations

import math

from dse.presentation.phrases import listing
from dse.pricing.metric import percent
from dse.spec.memory import NO_MEMORY
from dse.sweep.results.designs import Row

LEAST_SHARE = 1e-4
"""A smaller share is written as less than this."""


def spent(best: Row) -> list[str]:
    """What a token of the recommended design takes, and of what; nothing where nothing is known of it."""
    taken = {
        "the cores": _millijoules(best, "core_uj_per_token"),
        "memories on chip": _millijoules(best, "buffer_uj_per_token"),
        "the memory": _millijoules(best, "dram_uj_per_token"),
    }
    cores, memory = taken["the cores"], taken["the memory"]
    named = best.get("dram", NO_MEMORY) != NO_MEMORY
    if not cores and not (memory > 0):
        return []
    known = {name: value for name, value in taken.items() if value > 0}
    total = sum(known.values())
    parts = listing([f"{_text(value)} for {name}" for name, value in known.items()])
    goes = f": {parts}." if len(known) > 1 else f" for {next(iter(known))}."
    sentence = f"A token takes {_text(total)}{goes}"
    if not cores:
        return [f"{sentence} What the cores take is not known in this technology."]
    each = f"{best['fj_per_mac']:.3g} fJ a multiply-accumulate"
    if memory > 0:
        share = cores / total
        saved = f"less than {percent(LEAST_SHARE)}" if share < LEAST_SHARE else percent(share)
        return [f"{sentence} Cores that took nothing, instead of {each}, would save {saved} of it."]
    missing = f"what a bit of {best['dram']} takes is not known" if named else "no memory off chip is stated"
    return [f"{sentence} That is {each} at work; {missing}, so none is counted."]


def _millijoules(row: Row, name: str) -> float:
    """A figure in µJ as mJ; 0 where there is none, or it is not known."""
    value = row.get(name)
    return 0.0 if value is None or math.isnan(value) else float(value) / 1000


def _text(millijoules: float) -> str:
    return f"{millijoules:.3g} mJ" if millijoules >= 0.01 else f"{1000 * millijoules:.3g} µJ"
