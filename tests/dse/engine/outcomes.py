"""Whether two sweeps found the same."""

from __future__ import annotations

import numpy as np

from dse.engine.judging import Outcome


def same(a: Outcome, b: Outcome) -> bool:
    return (
        a.passed == b.passed
        and a.fronts.keys() == b.fronts.keys()
        and all(
            np.array_equal(a.fronts[k].ids, b.fronts[k].ids)
            and np.array_equal(a.fronts[k].costs, b.fronts[k].costs)
            for k in a.fronts
        )
    )
