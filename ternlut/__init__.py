"""Ternlut in Python: what the commands do, with arrays and DataFrames in and out.

Every name belongs to another package and is loaded when it is first used. ``docs/python.md`` tells how they
go together.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from costmodel.fit.cores import synthesize
    from costmodel.flow.synthesis import SynthesisResult
    from costmodel.price.estimate import Estimate, estimate
    from costmodel.price.technology import Technology, load_technology, shipped_technologies
    from dse.handoff import HandOff, generate
    from dse.sweep.finished import Finished
    from dse.sweep.run import sweep
    from generator.config import CoreConfig
    from generator.errors import TernlutError
    from generator.pipeline_config import PipelineConfig
    from sim.run import reference, simulate
    from sim.session import SimulationResult
    from ternlut import weights

    __version__: str

HOMES = {
    "CoreConfig": "generator.config",
    "Estimate": "costmodel.price.estimate",
    "Finished": "dse.sweep.finished",
    "HandOff": "dse.handoff",
    "PipelineConfig": "generator.pipeline_config",
    "SimulationResult": "sim.session",
    "SynthesisResult": "costmodel.flow.synthesis",
    "Technology": "costmodel.price.technology",
    "TernlutError": "generator.errors",
    "estimate": "costmodel.price.estimate",
    "generate": "dse.handoff",
    "load_technology": "costmodel.price.technology",
    "reference": "sim.run",
    "shipped_technologies": "costmodel.price.technology",
    "simulate": "sim.run",
    "sweep": "dse.sweep.run",
    "synthesize": "costmodel.fit.cores",
}
"""The module of each name."""

__all__ = [  # noqa: RUF022
    "CoreConfig",
    "PipelineConfig",
    "generate",
    "HandOff",
    "reference",
    "simulate",
    "SimulationResult",
    "estimate",
    "Estimate",
    "Technology",
    "load_technology",
    "shipped_technologies",
    "synthesize",
    "SynthesisResult",
    "sweep",
    "Finished",
    "weights",
    "TernlutError",
]


if not TYPE_CHECKING:  # To a type checker every name would be there.

    def __getattr__(name: str) -> Any:
        if name == "weights":
            return import_module("ternlut.weights")
        if name == "__version__":
            from importlib.metadata import version

            return version("ternlut")
        if name not in HOMES:
            raise AttributeError(f"module 'ternlut' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
