"""Permutations: another text, the same design."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from costmodel.fit.noise import DECLARATION, MODULE_END, deviations, items_of, permuted
from costmodel.fit.sampling import draw_cores
from generator.config import CoreConfig
from generator.verilog import emit
from tests.generator.equivalence import prove_equal

SMALL = {"group_size": 2, "tables": 2, "columns": 2, "activation": "int4", "max_reduction": 64}


def modules(verilog: str) -> dict[str, list[str]]:
    """The items of each module by its name."""
    texts = [text for text in MODULE_END.split(verilog) if text.strip()]
    return {re.findall(r"^module (\w+)\(", text, re.MULTILINE)[0]: items_of(text)[1] for text in texts}


def test_a_permutation_keeps_every_item_of_every_module() -> None:
    for core in draw_cores(17, 4, largest=1000, floats=0.5):
        verilog = emit(core).verilog
        before, after = modules(verilog), modules(permuted(verilog, 1))
        assert before.keys() == after.keys()
        assert [Counter(before[name]) for name in before] == [Counter(after[name]) for name in before]
        assert len(permuted(verilog, 1)) == len(verilog)


def test_declarations_stay_in_front_in_their_order() -> None:
    verilog = emit(CoreConfig.parse(SMALL)).verilog
    before, after = modules(verilog), modules(permuted(verilog, 2))
    for name, items in after.items():
        declared = [bool(DECLARATION.match(item)) for item in items]
        assert declared == sorted(declared, reverse=True)
        assert [i for i in items if DECLARATION.match(i)] == [i for i in before[name] if DECLARATION.match(i)]


def test_items_are_whole() -> None:
    core = CoreConfig.parse({**SMALL, "dataflow": "table_stationary", "outputs": 6})
    for items in modules(emit(core).verilog).values():
        for item in items:
            assert item.count("(") == item.count(")")
            assert len(re.findall(r"\bbegin\b", item)) == len(re.findall(r"\bend\b", item))
            assert item.rstrip().endswith((";", "end"))


def test_permutations_differ_and_are_repeatable() -> None:
    verilog = emit(CoreConfig.parse(SMALL)).verilog
    assert permuted(verilog, 1) == permuted(verilog, 1)
    assert len({verilog, *(permuted(verilog, seed) for seed in range(1, 6))}) == 6


@pytest.mark.parametrize("kind", ["fetch_", "table_"])
def test_a_permutation_computes_the_same(kind: str, tmp_path: Path) -> None:
    verilog = emit(CoreConfig.parse({**SMALL, "group_size": 3})).verilog
    name = next(name for name in modules(verilog) if name.startswith(kind))
    other = re.sub(rf"\b{name}\b", f"{name}_permuted", permuted(verilog, 3))
    assert "equivalent" in prove_equal(verilog, name, other, f"{name}_permuted", tmp_path)


def test_a_permutation_that_was_changed_is_told_from_the_design(tmp_path: Path) -> None:
    verilog = emit(CoreConfig.parse({**SMALL, "group_size": 3})).verilog
    name = next(name for name in modules(verilog) if name.startswith("fetch_"))
    other = re.sub(rf"\b{name}\b", "changed", permuted(verilog, 3))
    other = other.replace("leg1_row0 | leg2_row0", "leg1_row0 & leg2_row0")
    assert "NOT EQUIVALENT" in prove_equal(verilog, name, other, "changed", tmp_path)


def test_deviations_are_from_the_mean_in_percent() -> None:
    assert deviations((98.0, 100.0, 102.0)) == pytest.approx(np.array([-2.0, 0.0, 2.0]))
