"""The maker of the tables of a core that takes them from its stream: the same core with tables of its own."""

from __future__ import annotations

from generator.config import CoreConfig
from generator.plan.array import plan_for
from generator.plan.core import CorePlan


def maker_plan(config: CoreConfig) -> CorePlan:
    """The plan of which a maker builds the tables, for one of the cores of ``config``.

    Registers stand behind its adders, where the stream begins.
    """
    values = config.alone.model_dump()
    pipeline = {**values["pipeline"], "table": "entries"}
    return plan_for(CoreConfig.parse({**values, "table_store": "registers", "pipeline": pipeline}))
