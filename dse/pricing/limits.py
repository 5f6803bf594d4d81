"""What a design may be limited by while it works, and the rates of what is beside its cores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Literal, get_args

import numpy as np

from dse.pricing.view import Array, View
from dse.spec.memory import NO_MEMORY, find_memory

Limit = Literal["compute", "weights", "activations", "memory", "engine"]
"""Cores that compute, streams of keys and of activations into them, the memory that all traffic shares, and
the engine that does what is not ternary."""

LIMITS: tuple[Limit, ...] = get_args(Limit)


def where_limiting(times: Mapping[Limit, Array], limit: Limit) -> Array:
    """The time taken where ``limit`` is what takes longest, 0 elsewhere; of several it is the first."""
    if limit not in times:
        return np.zeros(())
    place = list(times).index(limit)
    mine, before, behind = times[limit], list(times.values())[:place], list(times.values())[place + 1 :]
    longest: Array = np.ones((), dtype=np.bool_)
    if before:
        longest = longest & (mine > reduce(np.maximum, before))
    if behind:
        longest = longest & (mine >= reduce(np.maximum, behind))
    return np.where(longest, mine, 0.0)


def memory_rate(view: View) -> Array:
    """Bits a second of the memory that all traffic shares; infinite where there is no limit."""
    return rate_of_memory(view("bandwidth_gb_per_s"), view("dram"), view("efficiency"))


def rate_of_memory(stated: Array, named: Array, efficiency: Array) -> Array:
    """The same of a bandwidth that is ``stated`` in GB/s, 0 for none, or else of what is ``named``."""
    peaks = {name: find_memory(name).peak_gb_per_s for name in set(named.flat) - {NO_MEMORY}}
    peak: Array = np.full(named.shape, np.inf)
    for name, gigabytes in peaks.items():
        peak = np.where(named == name, gigabytes, peak)
    return np.where(stated > 0, stated, peak) * efficiency * 8e9


def memory_energy(view: View) -> Array:
    """pJ of a bit that the memory moves: what is stated, else that of its name; NaN where that is not known.

    Where no memory is stated it is 0.
    """
    stated, named = view("dram_pj_per_bit"), view("dram")
    known: Array = np.zeros(named.shape)
    for name in set(named.flat) - {NO_MEMORY}:
        known = np.where(named == name, find_memory(name).known_pj_per_bit, known)
    return np.where(stated > 0, stated, known)


def engine_rate(view: View) -> Array:
    """Multiply-accumulates a second of the engine beside the cores; infinite where there is no limit."""
    stated = view("engine_gmacs_per_s")
    return np.where(stated > 0, stated * 1e9, np.inf)
