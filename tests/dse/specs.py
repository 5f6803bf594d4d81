"""Specs for the tests, small enough to price every point one by one, and a technology of their own."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from costmodel.price.components import AREA_COMPONENTS, DELAY_COMPONENTS
from costmodel.price.energy_coefficients import ENERGY_COMPONENTS, Energies
from costmodel.price.quantity import Over, PricedQuantity
from costmodel.price.technology import Cost, Technology, load_technology
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from tests.costmodel.technologies import technology_of

LAYERS = [
    {"name": "wide", "inputs": 96, "outputs": 250, "count": 3},
    {"name": "long", "inputs": 250, "outputs": 33},
]

SMALL: dict[str, Any] = {
    "title": "small",
    "clock_mhz": 900,
    "constraints": ["macs_per_cycle >= 4", "tables * group_size <= 20"],
    "objectives": {"area_um2": "min", "tokens_per_second": "max", "weight_gb_per_s": "min"},
    "budget": {"area_um2": 700},
    "workload": {"layers": LAYERS, "tokens": 3},
    "axes": {
        "architecture": ["lut", "select", "multiplier"],
        "group_size": {"from": 1, "to": 3},
        "tables": [1, 2, 5, 8],
        "columns": {"powers_of": 2, "from": 1, "to": 8},
        "rows": [1, 2],
        "dataflow": ["output_stationary", "table_stationary"],
        "fetch": ["onehot", "tree"],
        "pipeline": {"fetch": [False, True], "reduction_every": [0, 2]},
    },
    "fixed": {"max_reduction": "workload", "outputs": "workload", "activation": "int6"},
}


def small(**changes: Any) -> dict[str, Any]:
    """The small spec with other sections."""
    return copy.deepcopy(SMALL) | changes


def model_of(values: dict[str, Any], technology: Technology | None = None) -> Model:
    """The model of a spec given as a dictionary, in the invented ``TECHNOLOGY`` unless another is given."""
    return Model.build(SweepSpec.parse(values, "spec"), technology or TECHNOLOGY)


def spec_file(directory: Path, text: str | None = None, **changes: Any) -> Path:
    """A spec file that uses the invented technology."""
    (directory / "invented.toml").write_text(TECHNOLOGY.to_toml())
    path = directory / "spec.toml"
    path.write_text('technology = "invented.toml"\n' + (toml(small(**changes)) if text is None else text))
    return path


def toml(values: dict[str, Any]) -> str:
    """A spec as TOML: every section as inline values, which JSON nearly is."""

    def inline(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f'"{key}" = {inline(v)}' for key, v in value.items()) + " }"
        if isinstance(value, list):
            return "[" + ", ".join(map(inline, value)) + "]"
        return json.dumps(value)

    return "".join(f"{key} = {inline(value)}\n" for key, value in values.items())


def fabric_technology(
    lut: dict[str, float],
    ff: dict[str, float],
    delay: dict[str, float] | None = None,
    *,
    library: str = "xcup",
    over: Over = "core",
) -> Technology:
    """An FPGA's technology of such prices, and asap7's delays unless others are given."""
    cells = load_technology("asap7")
    path = cells.delay if delay is None else cells.delay.model_copy(update={"coefficients": delay})
    counted = {"lut": ("LUT count", "LUT", lut), "ff": ("flip-flop count", "FF", ff)}
    priced = {
        name: PricedQuantity(name=name, label=label, unit=unit, over=over, coefficients=coefficients)
        for name, (label, unit, coefficients) in counted.items()
    }
    return Technology(
        name="invented",
        library=library,
        corner="",
        flow="",
        date=cells.date,
        versions={},
        measured_by="fabric",
        cost=Cost(label="LUT count", relaxed="lut", medium="lut", tight="lut"),
        quantities={**priced, "delay": path},
    )


TECHNOLOGY = technology_of(
    area={name: 0.1 + 0.037 * i for i, name in enumerate(AREA_COMPONENTS)},
    medium={name: 0.2 + 0.041 * i for i, name in enumerate(AREA_COMPONENTS)},
    tight={name: 0.3 + 0.043 * i for i, name in enumerate(AREA_COMPONENTS)},
    delay={name: 15.0 + 3.1 * i for i, name in enumerate(DELAY_COMPONENTS)},
    energy=Energies(
        source="invented",
        cores=1,
        coefficients={name: 0.5 + 0.13 * i for i, name in enumerate(ENERGY_COMPONENTS)},
        growth=0.4,
        leakage_nw_per_um2=0.7,
    ),
)
"""Prices that are all different, so that no component can be taken for another."""
