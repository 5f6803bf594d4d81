"""Which tensors names and patterns choose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.weights.files import open_tensors
from sim.weights.selection import matrices, select
from sim.weights.tensors import TensorFile, WeightFileError
from tests.sim.weights import writers


@pytest.fixture
def model(tmp_path: Path) -> TensorFile:
    matrix, norm = np.ones((4, 6), dtype=np.float32), np.ones(6, dtype=np.float32)
    tensors = {f"l__{layer}__{name}": matrix for layer in (0, 1, 10) for name in ("q", "k")}
    tensors |= {"l__0__norm": norm, "l__0__q_scale": norm[:1].reshape(1, 1), "odd[3]": matrix}
    tensors["experts"] = np.ones((3, 2, 6), dtype=np.float32)
    return open_tensors(writers.safetensors(tmp_path / "w.safetensors", **tensors))


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (["l.0.q"], ["l.0.q"]),
        (["l.*.q"], ["l.0.q", "l.1.q", "l.10.q"]),
        (["l.?.q", "l.0.*"], ["l.0.q", "l.1.q", "l.0.k"]),
        (["l.0.norm"], ["l.0.norm"]),
        (["experts[1]"], ["experts[1]"]),
        (["experts[*]"], ["experts[0]", "experts[1]", "experts[2]"]),
        (["experts[?]", "experts[1]"], ["experts[0]", "experts[1]", "experts[2]"]),
        (["experts"], ["experts[0]", "experts[1]", "experts[2]"]),
        (["exp*"], ["experts[0]", "experts[1]", "experts[2]"]),
        (["odd[3]"], ["odd[3]"]),
        (["odd[*"], ["odd[3]"]),
    ],
)
def test_patterns_choose_matrices(model: TensorFile, patterns: list[str], chosen: list[str]) -> None:
    assert [choice.tensor.name for choice in matrices(select(model, patterns))] == chosen


def test_everything_is_every_matrix(model: TensorFile) -> None:
    names = [choice.tensor.name for choice in select(model, ["*"])]
    assert sorted(names) == sorted(
        [f"l.{i}.{n}" for i in (0, 1, 10) for n in ("q", "k")] + ["odd[3]", "experts"]
    )
    assert {choice.named for choice in select(model, ["*"])} == {False}
    assert {choice.named for choice in select(model, ["l.0.q", "experts"])} == {True}


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("", "--tensor is missing, it holds experts, l.0.k, l.0.q, "),
        ("l.2.q", "no tensor 'l.2.q', it holds l.[01].*q"),
        ("*.v", r"no matrix matches '\*.v', it holds "),
        ("*norm", r"no matrix matches '\*norm'"),
        ("experts[3]", r"holds 3 matrices, \[0\] to \[2\]: no \[3\]"),
        ("l.0.q[0]", r"'l.0.q' has shape \[4, 6\] and no matrices to choose from"),
    ],
)
def test_what_is_not_there_is_refused(model: TensorFile, pattern: str, complaint: str) -> None:
    with pytest.raises(WeightFileError, match=complaint):
        select(model, [pattern] if pattern else [])


def test_the_only_matrix_needs_no_name(tmp_path: Path) -> None:
    file = open_tensors(
        writers.safetensors(
            tmp_path / "w.safetensors",
            w=np.ones((8, 8), dtype=np.uint8),
            w_scale=np.ones((1, 1), dtype=np.float32),
            norm=np.ones(3, dtype=np.float32),
        )
    )
    assert [choice.tensor.name for choice in select(file, [])] == ["w"]
