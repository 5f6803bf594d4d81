"""What a sweep holds against each other: kinds of designs, by the values of its compared keys."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.price.representative import DECIDING_KEYS, idle_keys
from dse.spec.space import Space, default_value
from generator.errors import ConfigError

Kind = tuple[Any, ...]
"""A value of each compared key; None of one that means nothing for these designs."""


@dataclass(frozen=True)
class Kinds:
    """The kinds of a space: their ``values``, and which of them designs are by their digits on ``axes``."""

    axes: tuple[int, ...]
    lengths: tuple[int, ...]
    places: tuple[int, ...]
    values: tuple[Kind, ...]

    @classmethod
    def of(cls, space: Space, compare: Sequence[str]) -> Kinds:
        """The kinds of ``space`` by the keys ``compare``, in the order of their values."""
        deciding = dict.fromkeys(key for name in compare for key in DECIDING_KEYS.get(name, ()))
        keys = list(dict.fromkeys([*compare, *deciding]))
        axes = space.axes_of(keys)
        lengths = tuple(len(space.axes[i]) for i in axes)
        found: list[Kind | None] = []
        for values in itertools.product(*(space.axes[i].values for i in axes)):
            chosen = {space.axes[i].key: value for i, value in zip(axes, values, strict=True)}
            try:
                stated = space.values(keys, chosen)
            except ConfigError:  # No value can be derived: there is no design.
                found.append(None)
                continue
            known = chosen | stated  # Keys of a workload, and variables, are axes and nothing else.
            full = {key: known[key] if key in known else default_value(key) for key in keys}
            idle = idle_keys(full)
            found.append(tuple(None if key in idle else full[key] for key in compare))
        kinds = tuple(dict.fromkeys(kind for kind in found if kind is not None))
        return cls(axes, lengths, tuple(kinds.index(kind) if kind else 0 for kind in found), kinds)

    def at(self, digits: Sequence[int]) -> int:
        """The place among ``values`` of designs with ``digits``, one for each axis of the space."""
        if not self.axes:
            return 0
        return self.places[int(np.ravel_multi_index([digits[i] for i in self.axes], self.lengths))]
