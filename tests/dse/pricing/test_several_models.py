"""A device that serves several models: each request is answered by its own, and means are over all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.spec.workload import Workload
from dse.sweep.results.columns import design_rows
from dse.sweep.summary.summary_file import markdown
from tests.dse.specs import model_of, small
from tests.dse.sweep.summaries import summary_of

SMALL, LARGE = "trilm-99m", "trilm-190m"
CHAT: dict[str, Any] = {"prompt": 20, "generate": 3}
CODE: dict[str, Any] = {"prompt": 4, "generate": 9, "batch": 2}
BOTH: dict[str, Any] = {
    "kv": "int8",
    "requests": [
        {"name": "chat", "model": SMALL, "weight": 3, **CHAT},
        {"name": "code", "model": LARGE, "weight": 1, **CODE},
    ],
}


def spec(workload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "clock_mhz": 500, "constraints": [], "workload": workload, "budget": {},
        "memory": {"bandwidth_gb_per_s": 3},
        "axes": {"architecture": ["lut", "select"], "tables": [3, 4], "columns": [2, 8], "rows": [1, 4]},
        "fixed": {"max_reduction": "workload"},
        "objectives": {"area_um2": "min", "chat_tokens_per_second": "max", "code_first_token_ms": "min"},
    }  # fmt: skip
    return small(**usual | changes)


def rows_of(workload: dict[str, Any], objectives: dict[str, str] | None = None) -> list[dict[str, Any]]:
    plain = objectives or {"area_um2": "min", "tokens_per_second": "max"}
    model = model_of(spec(workload, objectives=plain, fixed={"max_reduction": 4096}))
    return design_rows(model, np.arange(model.space.size))


def test_the_figures_of_each_request_are_those_of_its_model_alone() -> None:
    alone = {
        "chat": rows_of({"kv": "int8", "model": SMALL, **CHAT}),
        "code": rows_of({"kv": "int8", "model": LARGE, **CODE}),
    }
    names = ("first_token_ms", "request_seconds", "tokens_per_second")
    for i, row in enumerate(rows_of(BOTH)):
        for request, rows in alone.items():
            for name in names:
                assert row[f"{request}_{name}"] == pytest.approx(rows[i][name], rel=1e-12)
        chat, code = (alone[name][i] for name in ("chat", "code"))
        assert row["model_mb"] == pytest.approx(chat["model_mb"] + code["model_mb"], rel=1e-12)
        mean = (3 * chat["request_seconds"] + code["request_seconds"]) / 4
        assert row["request_seconds"] == pytest.approx(mean, rel=1e-12)
        # 2 tokens of the chat and 8 in 2 sequences of the code follow a first one.
        seconds = 3 * 2 / chat["tokens_per_second"] + 16 / code["tokens_per_second"]
        assert row["tokens_per_second"] == pytest.approx(22 / seconds, rel=1e-12)


def test_what_fits_the_workload_fits_every_model() -> None:
    model = model_of(spec(BOTH))
    single = Workload(model=LARGE)
    assert model.space.fixed["max_reduction"] == single.longest > Workload(model=SMALL).longest
    assert model.spec.workload.widest == single.widest


def test_the_design_that_serves_both_is_recommended_and_told(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, spec(BOTH, budget={"chat_tokens_per_second": 5.0}, recommend="cheapest"))
    text = markdown(summary)
    assert "TriLM 99M and TriLM 190M, chat: 20 tokens read, 3 tokens made; code: " in text
    assert "token rate, chat" in text
    assert summary.request
    workload = summary.results.workload
    assert workload is not None
    assert [one.name for one in workload.served] == [SMALL, LARGE]


def test_a_model_of_a_file_is_beside_the_spec_and_stays_where_it_is(tmp_path: Path) -> None:
    config = {
        "model_type": "llama", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100,
    }  # fmt: skip
    (tmp_path / "own.json").write_text(json.dumps(config))
    requests = [{**BOTH["requests"][0], "model": "own.json"}, BOTH["requests"][1]]
    values = spec({"requests": requests})
    parsed = SweepSpec.parse(values, "spec", tmp_path)
    assert parsed.workload.layers[0].inputs == 128
    requests[0]["model"] = str(tmp_path / "own.json")
    summary = summary_of(tmp_path, spec({"requests": requests}))
    (tmp_path / "own.json").unlink()
    assert str(tmp_path) not in (tmp_path / "sweep.json").read_text()
    assert summary.results.workload is not None
    assert summary.results.workload.served[0].layers == parsed.workload.layers


@pytest.mark.parametrize(
    ("requests", "complaint"),
    [
        ([{"name": "a", "model": SMALL, "prompt": 1}, {"name": "b", "prompt": 1}], "model of 'b' is missing"),
        ([{"name": "a", "model": "trilm-98m", "prompt": 1}], "model 'trilm-98m' is unknown"),
        ([{"name": "a", "model": 3, "prompt": 1}], "model"),
    ],
)
def test_a_request_without_its_model_is_refused(requests: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        model_of(spec({"requests": requests}, objectives={"area_um2": "min"}))
