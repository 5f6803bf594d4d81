"""Which tensors of a file are meant by names and patterns.

In a pattern * stands for any characters and ? for one; brackets mean themselves, for NAME[3] is the fourth
matrix of a tensor of three axes. A pattern takes the matrices among what it matches: no norms, no scales.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sim.weights.tensors import Tensor, TensorFile, WeightFileError, listed, nearest

EXPERT = re.compile(r"(?P<name>.+)\[(?P<number>\d+)\]", re.DOTALL)


class Choice(NamedTuple):
    """A tensor, and whether its name was given, not a pattern: then it has to be what is asked for."""

    tensor: Tensor
    named: bool


def select(file: TensorFile, patterns: Sequence[str]) -> list[Choice]:
    """What ``patterns`` choose, in their order and the file's, each once; without any the only tensor.

    Raises ``WeightFileError`` for a name that is not there and a pattern that matches no matrix.
    """
    choices: dict[str, Choice] = {}
    for pattern in patterns or [""]:
        for choice in _chosen(file, pattern):
            choices.setdefault(choice.tensor.name, choice)
    return list(choices.values())


def matrices(choices: Sequence[Choice]) -> list[Choice]:
    """``choices`` with all matrices of a stack in its place, each once."""
    apart = [Choice(matrix, named) for tensor, named in choices for matrix in tensor.matrices]
    return list({choice.tensor.name: choice for choice in reversed(apart)}.values())[::-1]


def is_pattern(text: str, file: TensorFile) -> bool:
    """Whether ``text`` may stand for several tensors of ``file``."""
    return text not in file.tensors and any(wild in text for wild in "*?")


def _chosen(file: TensorFile, pattern: str) -> list[Choice]:
    if not is_pattern(pattern, file):
        match = EXPERT.fullmatch(pattern)
        if pattern not in file.tensors and match and match["name"] in file.tensors:
            stack = file.tensors[match["name"]]
            if not stack.is_stack:
                raise WeightFileError(f"{stack} has shape {list(stack.shape)} and no matrices to choose from")
            return [Choice(stack.expert(int(match["number"])), named=True)]
        return [Choice(file.find(pattern), named=True)]
    wanted = re.compile(
        "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL
    )
    chosen: list[Choice] = []
    for name, tensor in file.candidates.items():
        if wanted.fullmatch(name):
            chosen.append(Choice(tensor, named=False))
        elif tensor.is_stack:
            chosen += [Choice(m, named=False) for m in tensor.matrices if wanted.fullmatch(m.name)]
    if not chosen:
        likely = nearest(pattern.strip("*?"), file.candidates)
        raise WeightFileError(f"{file.path}: no matrix matches {pattern!r}, it holds {listed(likely)}")
    return chosen
