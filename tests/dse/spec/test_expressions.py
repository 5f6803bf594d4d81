"""Constraints: what they may say, and what is said of one that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

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
        ("table < 3", r"'table < 3': unknown name 'table' \(did you mean 'tables'\?\): .* are known"),
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


def test_text_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(ExpressionError, match="mixes numbers and text"):
        Expression("architecture * 2 > 1", VALUES)(VALUES.__getitem__)
