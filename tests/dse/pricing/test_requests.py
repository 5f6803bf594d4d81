"""Requests against a program of its own that answers them pass by pass and layer by layer."""

from __future__ import annotations

import json
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from tests.dse.pricing.layer_by_layer import Answer, Device, Net, answer
from tests.dse.specs import small

MIXTRAL = {
    "model_type": "mixtral", "hidden_size": 512, "intermediate_size": 640, "num_local_experts": 8,
    "num_experts_per_tok": 2, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 2,
    "vocab_size": 4000, "sliding_window": 48,
}  # fmt: skip


def gated(width: int, inner: int, blocks: int, heads: int, shared: int, length: int, vocabulary: int) -> Net:
    """A decoder with a gated feed-forward network."""
    matrices = [
        (width, heads * length, blocks, 0), (width, shared * length, 2 * blocks, 0),
        (heads * length, width, blocks, 0), (width, inner, 2 * blocks, 0), (inner, width, blocks, 0),
    ]  # fmt: skip
    return Net(width, vocabulary, blocks, matrices, 2 * shared * length, 2 * heads * length)


NETS = {
    "bitnet-b1.58-2B-4T": gated(2560, 6912, 30, 20, 5, 128, 128256),
    "bitnet-b1-58-3b": gated(3200, 8640, 26, 32, 32, 100, 32002),
    "llama3-8b-1-58": gated(4096, 14336, 32, 32, 8, 128, 128256),
    "falcon3-1b-1-58bit": gated(2048, 8192, 18, 8, 4, 256, 131072),
    "trilm-99m": gated(512, 1280, 16, 8, 8, 64, 50304),
    "ternary-bonsai-4b": gated(2560, 9728, 36, 32, 8, 128, 151936),
    "mmfreelm-370m": Net(
        1024, 32000, 24,
        [(1024, 1024, 4 * 24, 0), (1024, 5632, 24, 0), (2816, 1024, 24, 0)],
        state=24 * 1024,
    ),
    "mixtral": Net(
        512, 4000, 3,
        [(512, 512, 6, 0), (512, 128, 6, 0), (512, 640, 2 * 3 * 2, 2 * 3 * 8), (640, 512, 3 * 2, 3 * 8)],
        2 * 2 * 64, 2 * 8 * 64, window=48,
    ),
}  # fmt: skip
MEMORIES = {"LPDDR5": 51.2e9, "LPDDR4X-4266 x32": 17.064e9, "HBM3": 819.2e9}
REQUESTS: dict[str, dict[str, Any]] = {
    "chat": {"prompt": 512, "generate": 128},
    "blocks": {"prompt": 96, "generate": 20, "batch": 3, "block": 40, "head": "int4", "kv": "int8",
               "embedding": "int8"},
    "mixed": {"head": "ternary", "kv": "fp8_e4m3", "embedding": "none", "requests": [
        {"name": "long", "prompt": 7, "generate": 9, "context": 30, "weight": 3},
        {"name": "made", "generate": 6, "batch": 2, "weight": 1},
    ]},
    "models": {"kv": "int8", "requests": [
        {"name": "mine", "prompt": 5, "generate": 8, "weight": 2},
        {"name": "other", "model": "trilm-99m", "prompt": 30, "generate": 4},
    ]},
}  # fmt: skip


@cache
def expected(net: str, asked: str, row: tuple[tuple[str, Any], ...]) -> dict[str, float]:
    """The figures of a design at ``row``: weighted means over the requests."""
    design, request = dict(row), REQUESTS[asked]
    device = Device(
        design["group_size"], 8, 16, design["rows"], design["dataflow"] == "table_stationary",
        design["latency_cycles"], 1e6 * design["clock_mhz"], 8 * 0.75 * MEMORIES[design["dram"]],
        1e9 * design["engine_gmacs_per_s"] or inf, design["weights"] == "on_chip",
        result_bits=25,  # 128 · 65,536 = 2^23 is beyond 24 bits
        packed=design["key_packing"] == "base3",
        )  # fmt: skip
    formats = [request.get(key, "bf16") for key in ("head", "kv", "embedding")]
    requests = request.get("requests", [request])
    total = sum(each.get("weight", 1) for each in requests)
    answers: list[tuple[float, Answer]] = [
        (
            each.get("weight", 1) / total,
            answer(
                NETS[each.get("model", net)], device, each.get("prompt", 0), each["generate"],
                each.get("batch", 1), each.get("context", 0), request.get("block", 0), *formats,
            ),
        )
        for each in requests
    ]  # fmt: skip

    def mean(kind: str, name: str) -> float:
        return sum(weight * getattr(each, kind)[name] for weight, each in answers)

    seconds, tokens = mean("seconds", "generate"), mean("tokens", "generate")
    kinds = ("keys", "head", "kv", "activations")
    moved = {kind: mean("bits", f"generate {kind}") / (8e6 * tokens) for kind in kinds}
    return {
        "tokens_per_second": tokens / seconds,
        "ternary_tokens_per_second": tokens / mean("ternary", "generate"),
        "first_token_ms": 1e3 * sum(weight * each.first for weight, each in answers),
        "request_seconds": seconds + mean("seconds", "prompt"),
        "memory_bound": mean("waits", "generate memory") / seconds,
        "engine_bound": mean("waits", "generate engine") / seconds,
        "dram_mb_per_token": sum(moved.values()),
        "head_mb_per_token": moved["head"],
        "kv_mb_per_token": moved["kv"],
        "activation_mb_per_token": moved["activations"],
    }


@pytest.mark.parametrize("asked", REQUESTS)
@pytest.mark.parametrize("net", NETS)
def test_figures_of_requests_are_those_of_every_layer_of_every_pass(
    net: str, asked: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(MIXTRAL))
    spec = small(
        clock_mhz=None,
        constraints=[],
        workload={"model": str(config) if net == "mixtral" else net, **REQUESTS[asked]},
        memory={"efficiency": 0.75},
        axes={
            "dram": list(MEMORIES),
            "weights": ["dram", "on_chip"],
            "engine_gmacs_per_s": [0, 40],
            "rows": [1, 4],
            "group_size": [1, 3, 5],
            "key_packing": ["none", "base3"],
            "dataflow": ["output_stationary", "table_stationary"],
        },
        fixed={
            "activation": "int8", "tables": 8, "columns": 16, "outputs": "workload", "max_reduction": 65536,
        },
        objectives={"area_um2": "min", "tokens_per_second": "max"},
    )  # fmt: skip
    model = Model.build(SweepSpec.parse(spec, "spec"), load_technology("asap7"))
    positions = np.random.default_rng(len(net) * len(asked)).permutation(model.space.size)
    rows = [
        row
        for row in design_rows(model, positions)
        if (row["group_size"], row["key_packing"]) != (5, "base3")  # which is no core
    ]
    chosen = [row for name in MEMORIES for row in [row for row in rows if row["dram"] == name][:2]]
    keys = (*spec["axes"], "latency_cycles")
    for row in chosen:
        wanted = expected(net, asked, tuple((key, row[key]) for key in (*keys, "clock_mhz")))
        assert {name: row[name] for name in wanted} == pytest.approx(wanted, rel=1e-9, abs=1e-12)
