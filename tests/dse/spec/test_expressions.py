"""Constraints: what they may say, and what is said of one that is wrong."""

from __future__ import annotations

import operator
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.spec.expressions import Expression, ExpressionError

VALUES = {
    "tables": np.array([1, 2, 3, 4]),
    "area_um2": np.array([10.0, 20.0, 30.0, 40.0]),
    "architecture": np.array(["lut", "lut", "select", "multiplier"]),
    "pipeline.fetch": np.array([True, False, True, False]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tables <= 2", [1, 1, 0, 0]),
        ("1 < tables < 4", [0, 1, 1, 0]),
        ("architecture == 'lut' and area_um2 > 10", [0, 1, 0, 0]),
        ("architecture in ['lut', 'select'] or not tables < 4", [1, 1, 1, 1]),
        ("architecture not in ('lut',)", [0, 0, 1, 1]),
        ("pipeline.fetch", [1, 0, 1, 0]),
        ("not pipeline.fetch", [0, 1, 0, 1]),
        ("area_um2 / tables == 10 and tables % 2 == 0", [0, 1, 0, 1]),
        ("max(tables, 3) == 3", [1, 1, 1, 0]),
        ("log2(tables) == floor(log2(tables)) and -tables < -1", [0, 1, 0, 1]),
        ("tables ** 2 > 2 * tables + 1", [0, 0, 1, 1]),
    ],
)
def test_an_expression_says_what_python_would(text: str, expected: list[int]) -> None:
    value = Expression(text, VALUES)(VALUES.__getitem__)
    assert np.asarray(value).tolist() == [bool(e) for e in expected]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("table < 3", r"'table < 3': unknown name 'table': did you mean 'tables'\?"),
        ("tables <", "'tables <' is not an expression"),
        ("__import__('os').system('true')", "is no function here: abs, "),
        ("tables.__class__ == 1", "unknown name 'tables.__class__'"),
        ("(lambda: 1)()", "is no function here"),
        ("[tables for tables in [1]]", "is not allowed: names, numbers"),
        ("tables if tables else 1", "is not allowed"),
        ("max(tables)", "max takes 2 arguments"),
        ("tables in 3", "'in' takes a list"),
        ("tables << 2", "is not allowed"),
    ],
)
def test_a_wrong_expression_is_quoted_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        Expression(text, VALUES)


OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


@given(
    st.integers(-(1 << 40), 1 << 40), st.integers(0, 70), st.sampled_from(sorted(OPERATORS)), st.booleans()
)
def test_integers_do_not_wrap(a: int, b: int, symbol: str, swapped: bool) -> None:
    a, b = (b, a) if swapped and symbol not in ("**", "//", "%") else (a, b)
    values = {"a": np.array([a, 1]), "b": np.array(b)}
    value = float(np.asarray(Expression(f"a {symbol} b", values)(values.__getitem__))[0])
    if b == 0 and symbol in ("//", "%"):
        assert not np.isfinite(value)
        return
    expected = OPERATORS[symbol](a, b)
    if abs(expected) > 10**300:
        assert abs(value) > 1e299
        assert (value < 0) == (expected < 0)
    else:
        assert value == pytest.approx(float(expected))
    if abs(expected) < 1 << 53:
        assert value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10**20 > 5", True), ("2**63 > 0", True), ("2 ** -1 == 0.5", True), ("True + True == 2", True),
     ("-(2**64) < 0", True), (f"{10**400} > 1", True), ("max(True, 2) == 2", True)],
)  # fmt: skip
def test_constants_have_no_largest(text: str, expected: bool) -> None:
    assert bool(Expression(text, ())(VALUES.__getitem__)) is expected


@pytest.mark.parametrize(
    "text",
    ["(" * 150 + "1" + ")" * 150, "1" + " + tables" * 5000, "-" * 30000 + "1", "not " * 3000 + "tables",
     "abs(" * 120 + "1" + ")" * 120],
    ids=["parentheses", "sums", "signs", "negations", "calls"],
)  # fmt: skip
def test_what_is_nested_too_deeply_is_refused_in_a_short_line(text: str) -> None:
    try:
        value = Expression(text, VALUES)(VALUES.__getitem__)
    except ExpressionError as error:
        assert re.search("nested too deeply: 100 operations|is not an expression", str(error))  # noqa: PT017
        assert len(str(error)) < 250  # noqa: PT017
    else:
        assert value == 1, "parentheses alone are no operations"


def test_text_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(ExpressionError, match="mixes numbers and text"):
        Expression("architecture * 2 > 1", VALUES)(VALUES.__getitem__)
