"""The record of a sweep that has been judged, and what tells one sweep from another."""

from __future__ import annotations

import hashlib
import math
import platform
from importlib.metadata import version
from pathlib import Path

from costmodel.price.technology import FitError
from dse.engine.judging import Grid, Outcome
from dse.pricing.bandwidths import one_bandwidth
from dse.pricing.model import Model
from dse.spec.sweep_spec import Source
from dse.sweep.results.sweep_record import (
    MetricRecord,
    SpecRecord,
    SweepRecord,
    TechnologyRecord,
    WorkloadRecord,
)
from dse.sweep.results.verified import Verified

LIBRARIES = ("amaranth", "numpy", "pyarrow")
"""Libraries whose versions a sweep notes: plans and sums rest on them."""


def record_of(source: Source, model: Model, outcome: Outcome, digest: str) -> SweepRecord:
    """What was asked in the spec of ``source``, of what, and how judging it went."""
    workload = model.spec.workload
    return SweepRecord(
        ternlut=version("ternlut"),
        digest=digest,
        file=source.file,
        source=source.text,
        versions={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        spec=_spec_record(model),
        groups=list(model.groups),
        axes={axis.key: list(axis.values) for axis in model.space.axes},
        fixed=dict(model.space.fixed),
        derived={key: expression.text for key, expression in model.space.derived.items()},
        keys=list(model.space.keys),
        technology=_technology_record(model),
        workload=WorkloadRecord(
            title=workload.title,
            tokens=workload.rated.tokens,
            macs=round(workload.macs),
            weights=workload.weights,
            launches=workload.launches,
            layers=list(workload.layers),
        ),
        metrics={
            name: MetricRecord(
                label=metric.label,
                unit=metric.unit,
                says=metric.says,
                better=metric.better,
                form=metric.form,
                rests_on=sorted(metric.rests_on),
            )
            for name, metric in model.metrics.items()
        },
        tests=list(model.tests),
        passed=list(outcome.passed),
        points=outcome.points,
        cores=outcome.cores,
        feasible=outcome.feasible,
        pareto=len(outcome.front),
        bandwidth=one_bandwidth(model.space),
        bandwidths=list(model.bandwidths),
        aim=model.aim[0],
        reach={
            axis.key: [model.aim[1] * cost if math.isfinite(cost) else None for cost in costs.tolist()]
            for axis, costs in zip(model.space.axes, outcome.reach, strict=True)
        },
    )


def _technology_record(model: Model) -> TechnologyRecord:
    """Where prices come from; of several technologies the first, with the names and the worst fit of all."""
    first, *others = (
        TechnologyRecord.model_validate(
            technology.model_dump(
                mode="json",
                include=set(TechnologyRecord.model_fields),
                exclude={"quantities": {"__all__": {"coefficients"}}},
            )
        )
        for technology in model.technologies
    )
    if not others:
        return first
    fit = dict(first.fit)
    for name, error in ((name, error) for other in others for name, error in other.fit.items()):
        worst = fit.get(name, error)
        fit[name] = FitError(
            points=min(worst.points, error.points),
            median_percent=max(worst.median_percent, error.median_percent),
            max_percent=max(worst.max_percent, error.max_percent),
        )
    joined = {
        field: " and ".join(dict.fromkeys(getattr(each, field) for each in (first, *others)))
        for field in ("name", "library", "corner")
    }
    return first.model_copy(update={**joined, "fit": fit})


def _spec_record(model: Model) -> SpecRecord:
    """The spec without where on this machine its files are."""
    spec = model.spec.model_dump(mode="json")
    spec["technology"] = model.technology.name
    spec["liberty"] = [Path(file).name for file in model.spec.liberty]
    if model.spec.workload.model:
        spec["workload"]["model"] = Path(model.spec.workload.model).name
        for request in spec["workload"]["requests"]:
            request["model"] = request["model"] and Path(request["model"]).name
        for served in spec["workload"]["served"]:
            served["name"] = Path(served["name"]).name
    return SpecRecord.model_validate(spec)


def digest_of(model: Model, grid: Grid) -> str:
    """What a checkpoint must share with the sweep that continues it: the question and every price."""
    state = hashlib.sha256(model.spec.model_dump_json(exclude={"verify", "liberty"}).encode())
    state.update(repr((grid, version("ternlut"))).encode())
    for figure in sorted(model.tables, key=str):
        state.update(f"{figure} {model.tables[figure].shape}".encode())
        state.update(model.tables[figure].tobytes())
    return state.hexdigest()[:16]


def verified_before(directory: Path, digest: str) -> list[Verified]:
    """What an interrupted run of the same sweep has verified."""
    try:
        record = SweepRecord.load(directory)
    except (OSError, ValueError):
        return []
    return record.verified if record.digest == digest else []
