"""Spaces of several workloads or technologies: their tables side by side, and designs of each apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from costmodel.price.sram import sram_of, sram_tables
from costmodel.price.technology import Technology, load_technology
from dse.pricing.energy_metrics import OF_CHIPS, WITH_MEMORY
from dse.pricing.figure import Column
from dse.pricing.filling import Table
from dse.pricing.metrics import Priced
from dse.spec.axes import SpecError
from dse.spec.memory import NO_MEMORY, find_memory, memories
from dse.spec.scenarios import TECHNOLOGY, varied
from dse.spec.space import Space
from dse.spec.sweep_spec import SweepSpec
from dse.spec.system import ON_CHIP
from dse.spec.workload import Workload
from generator.errors import instead


def priced_of(technology: Technology) -> Priced:
    """What a technology prices."""
    return Priced.of(technology.cost, technology.quantities, technology.energy is not None)


def technologies_of(space: Space, technology: Technology, where: str) -> list[Technology]:
    """The technologies of the space's axis, or the one that there is; energies count where all have some.

    Raises ``SpecError`` where they do not price the same.
    """
    if space.axis(TECHNOLOGY) is None:
        return [technology]
    several = [load_technology(name) for name in space.values_of(TECHNOLOGY)]
    if any(each.energy is None for each in several):
        several = [each.model_copy(update={"energy": None}) for each in several]
    kinds = {priced_of(each) for each in several}
    if len(kinds) > 1:
        names = ", ".join(sorted(f"{kind.label} in {kind.unit}" for kind in kinds))
        raise SpecError(f"{where}: axes.technology: technologies that price the same are expected: {names}")
    return several


def side_by_side(space: Space, tables: Sequence[Mapping[Column, Table]]) -> dict[Column, Table]:
    """Tables of several technologies as one each, along the axis of technologies."""
    axis = space.axis(TECHNOLOGY)
    if axis is None:
        return dict(tables[0])
    joined = {}
    for figure in tables[0]:
        each = [table[figure] for table in tables]
        shape = np.broadcast_shapes(*(table.shape for table in each))
        joined[figure] = np.concatenate([np.broadcast_to(table, shape) for table in each], axis=axis)
    return joined


def largest_workload(space: Space, workload: Workload) -> Workload:
    """Of the space's workloads the one of the widest layer: an output head may be one."""
    heads = space.values_of("head") if space.axis("head") is not None else ()
    return max((varied(workload, {"head": head}) for head in heads), key=lambda w: w.widest, default=workload)


def gathered(parts: Sequence[tuple[Table, Table]]) -> Table:
    """One array of parts, each with the places that it has there."""
    places, values = zip(*parts, strict=True)
    if len(parts) == 1:
        return np.broadcast_to(values[0], places[0].shape)
    whole = np.concatenate([np.broadcast_to(v, p.shape) for p, v in parts])
    gathered = np.empty_like(whole)
    gathered[np.concatenate(places)] = whole
    return gathered


def check_energies(space: Space, names: Iterable[str], where: str) -> None:
    """Raises ``SpecError`` where one of ``names``, asked for by a spec, has a memory's unknown energy."""
    asked = next((name for name in names if name.endswith(WITH_MEMORY)), None)
    if asked is None or all(value > 0 for value in space.values_of("dram_pj_per_bit")):
        return
    for named in space.values_of("dram"):
        if named != NO_MEMORY and find_memory(named).pj_per_bit is None:
            known = ", ".join(name for name, each in memories().items() if each.pj_per_bit is not None)
            raise SpecError(
                f"{where}: {asked} behind dram = {named!r}: no public source states what a bit of it takes; "
                f"memory.dram_pj_per_bit is expected, or one of {known}"
            )


def check_memories(space: Space, technology: Technology, where: str) -> None:
    """Raises ``SpecError`` where designs have memories on chip that the technology has none for."""
    for key, values in ON_CHIP.items():
        if sram_of(technology) is None and set(values) & set(space.values_of(key)):
            raise SpecError(
                f"{where}: {key} = {values[0]!r}: no memories of technology {technology.name} are known; "
                f"{', '.join(sram_tables())} have them"
            )


def check_metrics(spec: SweepSpec, technology: Technology, known: Collection[str], where: str) -> None:
    """Raises ``SpecError`` for an objective, or a limit, of a figure that is not ``known``."""
    for section, given in (("objectives", spec.objectives), ("budget", spec.budget)):
        for name in given:
            if name not in known:
                if name in OF_CHIPS:
                    raise SpecError(
                        f"{where}: {section}.{name}: technology {technology.name} has no [energy], which "
                        "`ternlut calibrate` fits to a library with power tables"
                    )
                near = instead(name, known, "metrics")
                raise SpecError(f"{where}: {section}.{name} is no metric: {near}")
