"""Laws that prices obey in every shipped technology, at every speed and for every kind of number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from costmodel.price.area import PARTS
from costmodel.price.components import total
from costmodel.price.estimate import estimate
from costmodel.price.representative import nested, plan_to_price
from costmodel.price.technology import load_technology, shipped_technologies
from costmodel.price.units import units_of
from costmodel.speeds import SPEEDS
from generator.config import CoreConfig
from generator.formats import FLOATS
from generator.rules import LONGEST_EXACT_EXPONENT
from generator.verilog import emit

TECHNOLOGIES = {
    f"{name} {speed}": (load_technology(name), speed) for name in shipped_technologies() for speed in SPEEDS
}
OVERS = {technology.summed_over for technology, _ in TECHNOLOGIES.values()}
few = settings(max_examples=60, deadline=None)


@st.composite
def integers(draw: st.DrawFn, most_bits: int = 16) -> dict[str, Any]:
    """An integer format (dotted keys)."""
    return {"activation": f"int{draw(st.integers(2, most_bits))}", "symmetric": draw(st.booleans())}


@st.composite
def floats(draw: st.DrawFn, datapaths: tuple[str, ...] = ("native", "exact", "aligned")) -> dict[str, Any]:
    """A floating-point format with a datapath that it can have."""
    datapath = draw(st.sampled_from(datapaths))
    known = [
        name for name, fmt in FLOATS.items() if datapath != "exact" or fmt.exponent <= LONGEST_EXACT_EXPONENT
    ]
    values = {"activation": draw(st.sampled_from(known)), "datapath": datapath}
    if datapath == "aligned":
        values |= {
            "aligned_bits": draw(st.integers(4, 30)),
            "rounding": draw(st.sampled_from(["nearest", "truncate"])),
        }
    if datapath != "exact":
        values["accumulation"] = draw(st.sampled_from([values["activation"], "fp32"]))
    return values | {"pipeline.float_stages": draw(st.sampled_from([0, 0, 1, 2, 3]))}


NUMBERS = integers() | floats()


@st.composite
def cores(
    draw: st.DrawFn,
    numbers: st.SearchStrategy[dict[str, Any]] = NUMBERS,
    architectures: tuple[str, ...] = ("lut", "select", "multiplier"),
) -> dict[str, Any]:
    """Dotted keys of a core that is allowed."""
    architecture = draw(st.sampled_from(architectures))
    columns = draw(st.integers(1, 24))
    words = draw(st.integers(0, 6))
    number, tables = draw(numbers), draw(st.integers(1, 20))
    exact = number.get("datapath") != "native"
    sums = ["tree", *["carry_save"] * (exact and tables > 1), *["chain"] * (exact and tables > 3)]
    return {
        "architecture": architecture,
        **number,
        "group_size": draw(st.integers(1, 5)) if architecture == "lut" else 1,
        "tables": tables,
        "columns": columns,
        "reduction": draw(st.sampled_from(sums)),
        "rows": draw(st.integers(1, 4)),
        "max_reduction": draw(st.integers(128, 1 << 16)),
        "dataflow": "table_stationary" if words else "output_stationary",
        "outputs": words * columns or None,
        "fetch": draw(st.sampled_from(["onehot", "tree"])),
        "pipeline.table": draw(st.sampled_from(["entries", "activations"])),
        "pipeline.fetch": draw(st.booleans()),
        "pipeline.reduction_every": draw(st.integers(0, 3)),
    }


def prices(values: dict[str, Any]) -> dict[str, float]:
    """What a core costs in every technology; what it is made of is counted once for those that sum alike."""
    plan = plan_to_price(core_of(values))
    bills = {over: total([bill * count for _, count, bill in units_of(plan, over)]) for over in OVERS}
    return {
        name: bills[technology.summed_over].price(technology.cost_at(speed).coefficients)
        for name, (technology, speed) in TECHNOLOGIES.items()
    }


def cheaper(more: dict[str, Any], less: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """The technologies in which ``more`` costs less than ``less``, with both prices: none, it is hoped."""
    after, before = prices(more), prices(less)
    return {name: (before[name], after[name]) for name in before if after[name] < before[name] * (1 - 1e-12)}


def core_of(values: dict[str, Any]) -> CoreConfig:
    return CoreConfig.parse(nested(values))


def with_more(values: dict[str, Any], key: str) -> dict[str, Any]:
    """The next larger core along ``key``; as many partial sums a column with more columns."""
    if key == "activation":
        return {**values, key: f"int{int(values[key].removeprefix('int')) + 1}"}
    if key == "max_reduction":
        return {**values, key: 2 * values[key]}
    more = {**values, key: values[key] + 1}
    if key == "columns" and values["outputs"] is not None:
        more["outputs"] = values["outputs"] // values["columns"] * more["columns"]
    return more


@pytest.mark.parametrize("key", ["tables", "columns", "rows", "max_reduction"])
@given(values=cores())
@few
def test_more_of_anything_is_never_smaller(key: str, values: dict[str, Any]) -> None:
    # A leaf more can make a carry-save tree a level lower: of 12 fewer registers are found than of 11.
    assume(key != "tables" or values["reduction"] != "carry_save")
    assert not cheaper(with_more(values, key), values)


@given(cores(integers(most_bits=15)))
@few
def test_more_bits_are_never_smaller(values: dict[str, Any]) -> None:
    # Synthesis says so too: compressed products of 12 bits, whose signs cut more off, are smaller than of 11.
    assume(values["architecture"] != "multiplier" or values["reduction"] == "tree")
    # And in ecp5 entries of int4 are made by chains; those of int3 by tables, which a mapper makes anew for
    # each column: 3 columns of one table, µ = 2, ``tree``, take 242 in int3 and 226 in int4.
    chained = values["architecture"] == "lut" and (values["group_size"], values["activation"]) == (2, "int3")
    found = cheaper(with_more(values, "activation"), values)
    assert not {name for name in found if not (chained and name.startswith("ecp5"))}


@given(cores(floats(("aligned",)), architectures=("lut", "select")))
@few
def test_more_aligned_bits_are_never_smaller(values: dict[str, Any]) -> None:
    """Not where weights of as many bits are multiplied: what is cut from a product may grow by more."""
    assert not cheaper(with_more(values, "aligned_bits"), values)


@pytest.mark.parametrize("fetch", ["onehot", "tree"])
@given(values=cores(architectures=("select",)))
@few
def test_a_table_of_one_entry_is_never_priced_below_a_select(fetch: str, values: dict[str, Any]) -> None:
    values["fetch"] = fetch
    assert not cheaper({**values, "architecture": "lut"}, values)


@given(cores(), st.sampled_from(sorted(TECHNOLOGIES)))
@few
def test_the_breakdown_sums_to_the_area(values: dict[str, Any], technology: str) -> None:
    found = estimate(core_of(values), TECHNOLOGIES[technology][0], speed=TECHNOLOGIES[technology][1])
    assert set(found.breakdown) == set(PARTS)
    assert sum(found.breakdown.values()) == pytest.approx(found.cost, rel=1e-12)
    priced, (name, speed) = prices(values), technology.rsplit(" ", 1)
    if speed == "relaxed":
        assert priced[technology] == pytest.approx(found.cost, rel=1e-12)
    else:
        # Each part is between what it is at ease and as fast as can be.
        assert priced[f"{name} medium"] * (1 - 1e-12) <= found.cost <= priced[f"{name} tight"] * (1 + 1e-12)
    assert all(share >= 0 for share in found.breakdown.values())
    assert found.delay_ps == max(found.stages_ps.values())


@pytest.mark.parametrize(("architecture", "activation"), [("lut", "int3"), ("select", "int4")])
def test_flattening_never_makes_a_core_larger(architecture: str, activation: str) -> None:
    values = {"architecture": architecture, "activation": activation, "max_reduction": 32}
    emission = emit(
        core_of({**values, "group_size": 2 if architecture == "lut" else 1, "tables": 2, "columns": 2})
    )
    flattened, hierarchical = (
        synthesize(
            emission.verilog, emission.top, shipped_library(), Flow(hierarchical=hierarchical)
        ).area_um2
        for hierarchical in (False, True)
    )
    assert hierarchical >= flattened
