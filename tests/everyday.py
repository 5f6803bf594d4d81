"""What of many alike is tried every day, and what in the long proofs alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest


def in_turn(firsts: Sequence[Any], seconds: Sequence[Any]) -> list[Any]:
    """All pairs as parameters: each of ``firsts`` every day with one of ``seconds`` in turn, the others are
    exhaustive."""
    pairs = itertools.product(enumerate(firsts), enumerate(seconds))
    return [
        pytest.param(first, second, marks=() if i % len(seconds) == j else pytest.mark.exhaustive)
        for (i, first), (j, second) in pairs
    ]
