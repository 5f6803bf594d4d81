"""Which designs of a space count: each circuit once, however many combinations of keys describe it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from costmodel.price.alike import TRAITS, Trait
from costmodel.price.representative import representative
from costmodel.price.sharing import SharingPlan
from dse.pricing.filling import Table, fill
from dse.spec.space import Space
from dse.spec.system import idle_system_keys

Values = Mapping[str, Any]


class Standing(NamedTuple):
    """What a combination is, equal for those that are the same, and how little it suits to stand for them."""

    mark: Hashable
    preference: int = 0


def distinct_tables(space: Space) -> Iterator[Table]:
    """For each way in which combinations can be the same design, which of them stand for all."""
    for trait in TRAITS:
        free = {i for i in space.axes_of(trait.keys) if space.axes[i].key in trait.keys}
        if free:
            yield _standing(space, (*trait.keys, *trait.beside), free, _of_plan(trait))
    split = space.axis("split")
    if split is not None:
        yield _standing(space, ("split", "cores"), {split}, _of_system)
    variables = {i for i, axis in enumerate(space.axes) if axis.key in space.variables - space.observed}
    if variables:
        yield _standing(space, (), variables, lambda values: Standing(None))


def _of_plan(trait: Trait) -> Callable[[Values], Standing]:
    keys = {*trait.keys, *trait.beside}

    def standing(values: Values) -> Standing:
        config = representative({key: value for key, value in values.items() if key in keys})
        return Standing(trait.mark(SharingPlan(config)), trait.preference(config))

    return standing


def _of_system(values: Values) -> Standing:
    return Standing(None if "split" in idle_system_keys(values) else values["split"])


def _standing(
    space: Space, keys: tuple[str, ...], free: set[int], standing: Callable[[Values], Standing]
) -> Table:
    """Which combinations of ``keys`` stand for all that differ from them in the axes ``free`` alone.

    Keys that are derived from those axes have to agree as well.
    """
    derived = tuple(key for key in space.derived if free & set(space.axes_of((key,))))
    asked = tuple(dict.fromkeys((*keys, *derived)))
    numbers: dict[Hashable, int] = {}

    def row(values: Values) -> list[float]:
        mark, preference = standing(values)
        mark = (mark, tuple(values[key] for key in derived))
        return [numbers.setdefault(mark, len(numbers)), preference]

    filled = fill(space, asked, row, [-1.0, 0.0])
    marks, preferences = filled[..., 0].reshape(-1), filled[..., 1].reshape(-1)
    shape = filled.shape[:-1]
    places = np.arange(marks.size)
    elsewhere = _elsewhere(places, shape, free)
    order = np.lexsort((places, preferences, marks, elsewhere))
    same = (marks[order][1:] == marks[order][:-1]) & (elsewhere[order][1:] == elsewhere[order][:-1])
    chosen = np.zeros(marks.size, dtype=np.bool_)
    chosen[order] = np.concatenate([[True], ~same])
    table: Table = (chosen & (marks >= 0)).reshape(shape)
    return table


def _elsewhere(places: NDArray[np.int64], shape: tuple[int, ...], free: set[int]) -> NDArray[np.int64]:
    """A number for each of ``places`` in a table of ``shape`` that is the same along the axes ``free``."""
    digits = np.unravel_index(places, shape)
    kept = tuple(np.zeros_like(digit) if i in free else digit for i, digit in enumerate(digits))
    return np.asarray(np.ravel_multi_index(kept, shape), dtype=np.int64)
