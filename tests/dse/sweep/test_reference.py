"""A design of one's own beside the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costmodel.price.estimate import Sizes
from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.run import sweep
from dse.sweep.summary.sentences import headline
from dse.sweep.summary.summary_file import highlights
from generator.config import CoreConfig
from tests.dse.specs import TECHNOLOGY, small, spec_file

OWN = {"group_size": 2, "tables": 7, "columns": 3, "activation": "int6", "max_reduction": 250}
AXES = {"architecture": ["lut", "select"], "tables": [2, 5], "columns": [4, 8]}


def test_it_is_priced_as_a_core_file_is_and_told_in_sentences_tables_and_pictures(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in OWN.items())
    )
    reference = {"name": "ours of 2025", "core": "mine.toml", "rows": 2}
    fixed = {"max_reduction": "workload", "activation": "int6"}
    spec = spec_file(tmp_path, axes=AXES, fixed=fixed, constraints=[], clock_mhz=100, reference=reference)
    summary = sweep(spec, tmp_path / "out").summary
    assert summary.reference is not None
    name, row = summary.reference
    assert name == "ours of 2025"
    core = CoreConfig.parse(OWN | {"rows": 2})
    # At a tenth of its fastest clock a core is as small as one that is only buffered.
    assert row["area_um2"] == pytest.approx(sum(Sizes.of(core, TECHNOLOGY).ease.values()))
    assert (row["rows"], row["tables"], row["clock_mhz"]) == (2, 7, 100)
    best = summary.best
    assert best is not None
    (sentence,) = [text for text in headline(summary) if text.startswith("Beside ours of 2025 (lut, group")]
    assert f"{best['area_um2']:,.0f} µm² to {row['area_um2']:,.0f} µm²" in sentence
    assert "ours of 2025" in [cells[0] for cells in highlights(summary)[1]]
    out = tmp_path / "out"
    assert "ours of 2025" in (out / "pareto.svg").read_text(encoding="utf-8")
    assert '"reference":{"name":"ours of 2025"' in (out / "report.html").read_text("utf-8").replace(": ", ":")


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ({"tables": 3}, "reference.columns is missing: give it, or a core file"),
        ({"core": "none.toml"}, r"reference.core: .*none.toml: No such file"),
        ({"table": 3}, "unknown key 'reference.table': did you mean 'tables'"),
        ({"tables": 3, "columns": 2, "name": ""}, "reference.name = ''"),
    ],
)
def test_a_reference_that_is_no_design_is_refused(reference: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        SweepSpec.parse(small(reference=reference), "spec")


def test_a_reference_that_no_core_can_be_is_refused_before_anything_is_priced(tmp_path: Path) -> None:
    own = {"tables": 3, "columns": 2, "dataflow": "table_stationary"}
    spec = spec_file(tmp_path, axes=AXES, fixed={"max_reduction": "workload"}, reference=own)
    with pytest.raises(SpecError, match=r"spec.toml: reference: outputs is missing"):
        sweep(spec, tmp_path / "out")
