"""``sweep.json``: what was asked, of what, and how it went; and what tells one sweep from another."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dse.engine.judging import Grid, Outcome
from dse.pricing.model import Model
from dse.sweep.results.sweep_results import META
from generator.files import write_text

TECHNOLOGY_FIELDS = ("name", "library", "corner", "flow", "date", "versions", "fit")

LIBRARIES = ("amaranth", "numpy", "pyarrow")
"""Libraries whose versions a sweep notes: plans and sums rest on them."""


def meta_of(path: Path, model: Model, outcome: Outcome, digest: str) -> dict[str, Any]:
    """What was asked, of what, and how it went; nothing of the machine."""
    workload = model.spec.workload
    spec = model.spec.model_dump(mode="json")
    spec["technology"] = model.technology.name
    spec["liberty"] = [Path(file).name for file in model.spec.liberty]
    if workload.model:
        spec["workload"]["model"] = Path(workload.model).name
    return {
        "ternlut": version("ternlut"),
        "digest": digest,
        "file": path.name,
        "source": path.read_text(encoding="utf-8"),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "spec": spec,
        "groups": list(model.groups),
        "axes": {axis.key: list(axis.values) for axis in model.space.axes},
        "fixed": dict(model.space.fixed),
        "derived": {key: expression.text for key, expression in model.space.derived.items()},
        "keys": list(model.space.keys),
        "technology": model.technology.model_dump(mode="json", include=set(TECHNOLOGY_FIELDS)),
        "workload": {
            "title": workload.title,
            "tokens": workload.tokens,
            "macs": workload.macs,
            "weights": workload.weights,
            "launches": workload.launches,
            "layers": [layer.model_dump() for layer in workload.layers],
        },
        "metrics": {
            name: {
                "label": metric.label,
                "unit": metric.unit,
                "says": metric.says,
                "better": metric.better,
                "form": metric.form,
                "rests_on": sorted(metric.rests_on),
            }
            for name, metric in model.metrics.items()
        },
        "tests": list(model.tests),
        "passed": list(outcome.passed),
        "points": outcome.points,
        "cores": outcome.cores,
        "feasible": outcome.feasible,
        "pareto": len(outcome.front),
    }


def digest_of(model: Model, grid: Grid) -> str:
    """What a checkpoint must share with the sweep that continues it: the question and every price."""
    state = hashlib.sha256(model.spec.model_dump_json(exclude={"verify", "liberty"}).encode())
    state.update(repr((grid, version("ternlut"))).encode())
    for figure in sorted(model.tables, key=str):
        state.update(f"{figure} {model.tables[figure].shape}".encode())
        state.update(model.tables[figure].tobytes())
    return state.hexdigest()[:16]


def write_meta(directory: Path, meta: dict[str, Any]) -> None:
    write_text(directory / META, json.dumps(meta, indent=1, ensure_ascii=False) + "\n")


def verified_before(directory: Path, digest: str) -> list[dict[str, Any]]:
    """What an interrupted run of the same sweep has verified."""
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
        return list(meta["verified"]) if meta["digest"] == digest else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
