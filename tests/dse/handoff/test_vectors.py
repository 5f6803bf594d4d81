"""Golden vectors: right by a matrix product of their own, reaching what they are for, bounded in size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dse.handoff.vectors import vector_files
from generator.config import CoreConfig
from generator.plan import plan_for
from tests.dse.handoff.conftest import TINY, HandOff


def numbers(lines: str, count: int, width: int) -> np.ndarray[Any, Any]:
    """[beats, count] of unsigned fields of ``width`` bits, the first in a line's lowest bits."""
    beats = [int(line, 16) for line in lines.split()]
    return np.array([[beat >> at * width & (1 << width) - 1 for at in range(count)] for beat in beats])


def signed(values: np.ndarray[Any, Any], width: int) -> np.ndarray[Any, Any]:
    return np.where(values >= 1 << (width - 1), values - (1 << width), values)


WEIGHTS = {0: (0, 0), 1: (0, 1), 2: (1, -1), 3: (1, 0), 4: (1, 1)}
"""Two weights by the magnitude of 3·w0 + w1."""


@pytest.mark.parametrize("held", [False, True])
def test_results_are_the_product_of_what_the_streams_carry(held: bool) -> None:
    dataflow = {"dataflow": "table_stationary", "outputs": 9} if held else {}
    plan = plan_for(CoreConfig.parse({**TINY, "rows": 2, **dataflow}))
    files = vector_files(plan)
    for case in json.loads(files["cases.json"])["cases"]:
        n, m, blocks = case["n_tiles"], case["m_tiles"], case["blocks"]
        activations = signed(numbers(files[f"{case['name']}.activation.hex"], 8, 4), 4)
        keys = numbers(files[f"{case['name']}.key.hex"], 6, 4)
        results = signed(
            numbers(files[f"{case['name']}.result.hex"], 6, plan.result_width), plan.result_width
        )
        signs = np.where(keys >> 3, -1, 1)[..., None]
        weights = signs * np.array([[WEIGHTS[key] for key in beat] for beat in keys & 7])
        if held:
            x = activations.reshape(blocks, n, 2, 4)[:, None].repeat(m, axis=1)
            w = weights.reshape(blocks, n, m, 3, 4).swapaxes(1, 2)
        else:
            x = activations.reshape(blocks, m, n, 2, 4)
            w = weights.reshape(blocks, m, n, 3, 4)
        right = np.einsum("bmnrl,bmncl->bmrc", x, w)
        assert (results.reshape(blocks, m, 2, 3) == right).all(), case["name"]


def test_the_longest_sums_reach_the_ends_of_the_accumulator() -> None:
    plan = plan_for(CoreConfig.parse(TINY))
    lines = vector_files(plan)["long_sums.result.hex"]
    sums = signed(numbers(lines, 3, plan.result_width), plan.result_width)
    assert sums.min() == -8 * 64
    assert sums.max() == 8 * 64


@pytest.mark.parametrize("datapath", [{"datapath": "exact"}, {"datapath": "aligned", "aligned_bits": 12}])
def test_the_value_beside_invalid_does_not_count(datapath: dict[str, Any]) -> None:
    plan = plan_for(CoreConfig.parse({**TINY, "activation": "fp16", **datapath}))
    files = vector_files(plan)
    results = numbers(files["corners.result.hex"], 3, 17)
    masks = numbers(files["corners.result_mask.hex"], 3, 17)
    invalid = results >> 16 == 1
    assert invalid.any()
    assert not invalid.all()
    assert (masks == np.where(invalid, 1 << 16, (1 << 17) - 1)).all()


def test_native_floats_meet_infinities_nans_and_subnormals() -> None:
    plan = plan_for(CoreConfig.parse({**TINY, "activation": "fp16"}))
    lines = vector_files(plan)["corners.activation.hex"]
    patterns = numbers(lines, 4, 16)
    magnitudes = set((patterns & 0x7FFF).ravel().tolist())
    assert {0, 1, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0x7E00} <= magnitudes
    results = numbers(vector_files(plan)["corners.result.hex"], 3, 16) & 0x7FFF
    assert (results > 0x7C00).any()
    assert (results < 0x7C00).any()


def test_a_large_core_has_vectors_of_moderate_size() -> None:
    plan = plan_for(CoreConfig.parse({"group_size": 4, "tables": 32, "columns": 128}))
    files = vector_files(plan)
    assert sum(map(len, files.values())) < 1_000_000


def test_every_beat_is_a_line_for_readmemh(tiny: HandOff) -> None:
    vectors = tiny.directory / "regression" / "vectors"
    for path in vectors.glob("*.key.hex"):
        lines = Path(path).read_text().splitlines()
        assert {len(line) for line in lines} == {2 * 3}
        assert all(int(line, 16) < 1 << 24 for line in lines)
