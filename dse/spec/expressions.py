"""Expressions over keys and metrics, for constraints and derivations: parsed once, safe, for whole arrays.

An expression is a small part of Python's syntax: names (``pipeline.fetch`` too), numbers, strings, lists,
arithmetic, comparisons (chains and ``in``), ``and``, ``or``, ``not`` and a few functions.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from generator.errors import TernlutError

Lookup = Callable[[str], Any]

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: np.equal(a, b),
    ast.NotEq: lambda a, b: np.not_equal(a, b),
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.In: lambda a, b: np.isin(a, list(b)),
    ast.NotIn: lambda a, b: ~np.isin(a, list(b)),
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: np.negative,
    ast.UAdd: np.positive,
    ast.Not: np.logical_not,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "log2": np.log2,
    "sqrt": np.sqrt,
    "min": np.minimum,
    "max": np.maximum,
}
_ARGUMENTS = {"min": 2, "max": 2}


class ExpressionError(TernlutError):
    """An expression cannot be read, or names something that does not exist."""


SYMBOLS = {
    "mu": "group_size",
    "L": "tables",
    "K": "columns",
    "R": "rows",
    "D": "outputs",
    "T": "cores",
    "n": "tile_length",
}
"""Symbols of the literature for keys and metrics, where no other name is the same."""


class Expression:
    """The expression ``text`` over ``known`` names; calling it with a lookup of names gives its value.

    ``SYMBOLS`` are known where what they stand for is. With None every name is. Raises ``ExpressionError``
    that quotes the expression and says what is wrong with it.
    """

    def __init__(self, text: str, known: Collection[str] | None) -> None:
        self.text = text
        self._symbols: dict[str, str] = {}
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            raise ExpressionError(f"{text!r} is not an expression") from None
        self.names: set[str] = set()
        self._check(self._tree, known)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __call__(self, lookup: Lookup) -> Any:
        try:
            return self._evaluate(self._tree, lookup)
        except (TypeError, ValueError):  # numpy's complaint about text where a number belongs
            raise ExpressionError(f"{self.text!r} mixes numbers and text") from None

    def _check(self, node: ast.AST, known: Collection[str] | None) -> None:
        match node:
            case ast.Name() | ast.Attribute():
                name = _dotted(node)
                if known is not None and name not in known:
                    symbol, name = name, SYMBOLS.get(name, "")
                    if name not in known:
                        raise ExpressionError(
                            f"{self.text!r}: {_unknown(symbol or ast.unparse(node), known)}"
                        )
                    self._symbols[symbol] = name
                self.names.add(name)
            case ast.Constant(value=bool() | int() | float() | str()):
                pass
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
                for part in parts:
                    self._check(part, known)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                self._check(left, known)
                self._check(right, known)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                self._check(operand, known)
            case ast.Compare(left=left, ops=ops, comparators=comparators) if all(
                type(o) in _COMPARE for o in ops
            ):
                for compare, right in zip(ops, comparators, strict=True):
                    if isinstance(compare, ast.In | ast.NotIn) != isinstance(right, ast.List | ast.Tuple):
                        raise ExpressionError(f"{self.text!r}: 'in' takes a list, [1, 2], and only 'in' does")
                for part in (left, *comparators):
                    self._check(part, known)
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if function in FUNCTIONS:
                if len(arguments) != _ARGUMENTS.get(function, 1):
                    raise ExpressionError(
                        f"{self.text!r}: {function} takes {_ARGUMENTS.get(function, 1)} arguments"
                    )
                for part in arguments:
                    self._check(part, known)
            case ast.Call():
                raise ExpressionError(
                    f"{self.text!r}: {ast.unparse(node.func)} is no function here: {', '.join(FUNCTIONS)} are"
                )
            case _:
                raise ExpressionError(
                    f"{self.text!r}: {ast.unparse(node)!r} is not allowed: names, numbers, strings, "
                    "arithmetic, comparisons, and, or, not are"
                )

    def _evaluate(self, node: ast.AST, lookup: Lookup) -> Any:
        match node:
            case ast.Name() | ast.Attribute():
                name = _dotted(node)
                return lookup(self._symbols.get(name, name))
            case ast.Constant(value=value):
                return value
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [self._evaluate(part, lookup) for part in parts]
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self._evaluate(left, lookup), self._evaluate(right, lookup))
            case ast.UnaryOp(op=op, operand=operand):
                return _UNARY[type(op)](self._evaluate(operand, lookup))
            case ast.BoolOp(op=op, values=parts):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                value = self._evaluate(parts[0], lookup)
                for part in parts[1:]:
                    value = join(value, self._evaluate(part, lookup))
                return value
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                value = True
                a = self._evaluate(left, lookup)
                for compare, right in zip(ops, comparators, strict=True):
                    b = self._evaluate(right, lookup)
                    value = np.logical_and(value, _COMPARE[type(compare)](a, b))
                    a = b
                return value
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return FUNCTIONS[function](*(self._evaluate(part, lookup) for part in arguments))
        raise AssertionError(ast.dump(node))


def _dotted(node: ast.AST) -> str:
    """``a.b`` as the name it spells; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _unknown(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"unknown name {name!r}{hint}: {', '.join(sorted(known))} are known"
