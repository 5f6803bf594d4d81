"""``sweep.json``: what a sweep was asked, of what, and how it went, as a record that is written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from costmodel.price.quantity import CELL_QUANTITIES, Quantity
from costmodel.price.technology import CELL_COST, Cost, FitError
from dse.pricing.kinds import Kind
from dse.pricing.metric import Form, Goal
from dse.spec.goals import Recommend, listed
from dse.spec.layer import Layer
from dse.sweep.results.verified import Verified
from generator.files import write_text

FILE = "sweep.json"


def _plain(values: tuple[Any, ...]) -> Any:
    """One value by itself, several as a list: what sweeps that compare by one key have always written."""
    return values[0] if len(values) == 1 else list(values)


class SpecRecord(BaseModel):
    """The spec file as it was read: fields as ``SweepSpec`` has them, files by their names alone."""

    model_config = ConfigDict(extra="allow")

    title: str
    technology: str
    device: str | None = None
    wires: str = "none"
    clock_mhz: float | None
    compare: Annotated[tuple[str, ...], BeforeValidator(listed), PlainSerializer(_plain)]
    objectives: dict[str, Goal]
    recommend: Recommend | None = None
    budget: dict[str, float]
    constraints: list[str]
    workload: dict[str, Any]
    memory: dict[str, Any] = {}
    bandwidths_gb_per_s: list[float] | None = None
    axes: dict[str, Any]
    fixed: dict[str, Any]
    derived: dict[str, str]
    figures: dict[str, dict[str, str]] = {}
    reference: dict[str, Any] = {}
    statistics: dict[str, Any] = {}
    verify: int
    liberty: list[str] = []


class EnergyRecord(BaseModel):
    """What energies of cores were measured with, and on how many."""

    source: str
    cores: int


class TechnologyRecord(BaseModel):
    """Where the prices come from: a technology without its coefficients.

    A sweep of version 0.1 does not say what was priced: it was area, without a clock and sized for one.
    """

    name: str
    library: str
    corner: str
    flow: str
    date: str
    versions: dict[str, str]
    fit: dict[str, FitError]
    cost: Cost = CELL_COST
    quantities: dict[str, Quantity] = {quantity.name: quantity for quantity in CELL_QUANTITIES}
    energy: EnergyRecord | None = None


class WorkloadRecord(BaseModel):
    """The layers, and for B = ``tokens`` tokens at once: MACs and weights a token, runs of a layer."""

    title: str
    tokens: int
    macs: int
    weights: int
    launches: int
    layers: list[Layer]


class ReferenceRecord(BaseModel):
    """A design of one's own: what it is called, and its keys and figures."""

    name: str
    row: dict[str, Any]


class MetricRecord(BaseModel):
    """What a figure is called and says, which way is better, and what estimates it rests on."""

    label: str
    unit: str
    says: str
    better: Goal = "min"
    form: Form = "number"
    rests_on: list[str] = []


def _as_kind(value: Any) -> Any:
    """A kind by one key is written as that key's value."""
    return value if isinstance(value, list | tuple) else [value]


class SweepRecord(BaseModel):
    """A sweep: what was asked, of what, and how it went; nothing of the machine.

    ``source``: the spec file's text. ``groups``: the kinds of designs that are compared. ``keys``: what
    designs differ in or the spec states. ``tests`` are what the space was judged by in turn, and ``passed``
    how many points there were before the first and after each. ``knee`` and ``top``: ids of recommended
    designs, which a sweep that is not finished does not have yet. ``bandwidth`` is that of the memory
    (GB/s), ``bandwidths`` are others for which the question was answered, too. ``reach``: for each axis the
    best ``aim`` that designs within the limits have with each of its values, None where there is none.
    """

    ternlut: str
    digest: str
    file: str
    source: str
    versions: dict[str, str]
    spec: SpecRecord
    groups: list[Annotated[Kind, BeforeValidator(_as_kind), PlainSerializer(_plain)]]
    axes: dict[str, list[Any]]
    fixed: dict[str, Any]
    derived: dict[str, str]
    keys: list[str]
    technology: TechnologyRecord
    workload: WorkloadRecord
    metrics: dict[str, MetricRecord]
    tests: list[str]
    passed: list[int]
    points: int
    cores: int
    feasible: int
    pareto: int
    points_per_second: int = 0
    seconds: float = 0.0
    verified: list[Verified] = []
    knee: int | None = None
    top: dict[str, list[int]] = {}
    reference: ReferenceRecord | None = None
    bandwidth: float | None = None
    bandwidths: list[float] = []
    aim: str = ""
    reach: dict[str, list[float | None]] = {}

    @property
    def title(self) -> str:
        return self.spec.title or "Sweep"

    def stated(self, key: str) -> list[Any] | None:
        """The values of ``key`` that the spec states, one where it is fixed; None where it states none."""
        return self.axes[key] if key in self.axes else [self.fixed[key]] if key in self.fixed else None

    @classmethod
    def load(cls, directory: Path) -> SweepRecord:
        """The record in ``directory``; ``OSError`` or ``ValueError`` where there is none."""
        return cls.model_validate_json((directory / FILE).read_text(encoding="utf-8"))

    def write(self, directory: Path) -> None:
        """Writes what is known so far, in the order of the fields."""
        values = self.model_dump(mode="json", include=self.model_fields_set)
        write_text(directory / FILE, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
