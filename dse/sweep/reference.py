"""The figures of a design of one's own, priced as those of the space are."""

from __future__ import annotations

from typing import Any

import numpy as np

from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.space import DESIGN_KEYS, default_value
from dse.sweep.results.columns import design_rows
from dse.sweep.results.sweep_record import ReferenceRecord


def priced_reference(model: Model, where: str) -> ReferenceRecord | None:
    """The design that the spec of ``model`` has as a reference, with its keys and figures; None without one.

    What it does not state is as the spec fixes it, if that is a key of memory or clock, else as in a core
    file. Raises ``SpecError`` that begins with ``where`` where there is no such design.
    """
    spec, stated = model.spec, dict(model.spec.reference)
    if not stated:
        return None
    name = stated.pop("name")
    stated = {**({} if spec.clock_mhz is None else {"clock_mhz": spec.clock_mhz}), **spec.memory, **stated}
    axes = {key: [stated.pop(key)] for key in ("tables", "columns")}
    alone: dict[str, Any] = {
        "axes": axes,
        "fixed": stated,
        "memory": {},
        "clock_mhz": None,
        "constraints": [],
        "compare": ("architecture",),
        "derived": {key: text for key, text in spec.derived.items() if key not in DESIGN_KEYS},
        "reference": {},
    }
    single = Model.build(spec.model_copy(update=alone), model.technology, f"{where}: reference")
    if not next(iter(single.judge_picks([0])))[0]:
        raise SpecError(f"{where}: reference: there is no core with these keys")
    (row,) = design_rows(single, np.array([0]))
    defaults: dict[str, Any] = {key: default_value(key) for key in DESIGN_KEYS}
    return ReferenceRecord(name=name, row={**defaults, **row})
