"""Expressions over keys and metrics, for constraints and derivations: parsed once, safe, for whole arrays.

An expression is a small part of Python's syntax: names (``pipeline.fetch`` too), numbers, strings, lists,
arithmetic, comparisons (chains and ``in``), ``and``, ``or``, ``not`` and a few functions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from generator.errors import TernlutError, instead

Lookup = Callable[[str], Any]

MOST_DEPTH = 100
"""Operations within one another."""
WHOLE_LIMIT = 2.0**62
"""Magnitude from which on integers are reckoned as floating-point numbers, so that they do not wrap."""


def _reckoned(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """``operation`` on numbers: integers stay integers where the result is one that does not wrap."""

    def reckon(a: Any, b: Any) -> Any:
        a, b = (_number(operand) for operand in (a, b))
        result = operation(a.astype(np.float64), b.astype(np.float64))
        whole = a.dtype.kind == b.dtype.kind == "i" and operation is not np.true_divide
        if whole and np.all(np.abs(result) < WHOLE_LIMIT) and np.all(result == np.floor(result)):
            return operation(a, b)
        return result

    return reckon


def _number(operand: Any) -> Any:
    """An operand as int64, or as float64 where it is no such integer; truth counts as 0 and 1."""
    if isinstance(operand, int) and abs(operand) >= WHOLE_LIMIT:
        return np.asarray(float(operand) if abs(operand) < 10**300 else np.copysign(np.inf, operand))
    array = np.asarray(operand)
    if array.dtype.kind not in "biuf":
        raise TypeError("no number")
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64)


_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: _reckoned(np.add),
    ast.Sub: _reckoned(np.subtract),
    ast.Mult: _reckoned(np.multiply),
    ast.Div: _reckoned(np.true_divide),
    ast.FloorDiv: _reckoned(np.floor_divide),
    ast.Mod: _reckoned(np.mod),
    ast.Pow: _reckoned(np.power),
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
    ast.USub: lambda a: np.negative(_number(a)),
    ast.UAdd: lambda a: np.positive(_number(a)),
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
        self._quoted = repr(text if len(text) <= 80 else f"{text[:60]} … {text[-15:]}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (RecursionError, MemoryError):
            raise ExpressionError(self._too_deep()) from None
        except (SyntaxError, ValueError) as error:
            # The parser's own limit on parentheses is a syntax error.
            deep = "too many nested" in str(error)
            raise ExpressionError(
                self._too_deep() if deep else f"{self._quoted} is not an expression"
            ) from None
        self.names: set[str] = set()
        self._check(self._tree, known, MOST_DEPTH)

    def _too_deep(self) -> str:
        return f"{self._quoted} is nested too deeply: {MOST_DEPTH} operations within one another are the most"

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __call__(self, lookup: Lookup) -> Any:
        try:
            with np.errstate(all="ignore"):  # what is not finite shows in the result
                return self._evaluate(self._tree, lookup)
        except RecursionError:  # figures that are derived from figures
            raise ExpressionError(self._too_deep()) from None
        except (TypeError, ValueError):  # numpy's complaint about text where a number belongs
            raise ExpressionError(f"{self._quoted} mixes numbers and text") from None

    def _check(self, node: ast.AST, known: Collection[str] | None, depth: int) -> None:
        if not depth:
            raise ExpressionError(self._too_deep())
        match node:
            case ast.Name() | ast.Attribute():
                name = _dotted(node)
                if known is not None and name not in known:
                    symbol, name = name, SYMBOLS.get(name, "")
                    if name not in known:
                        raise ExpressionError(
                            f"{self._quoted}: {_unknown(symbol or ast.unparse(node), known)}"
                        )
                    self._symbols[symbol] = name
                self.names.add(name)
            case ast.Constant(value=bool() | int() | float() | str()):
                pass
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
                for part in parts:
                    self._check(part, known, depth - 1)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                self._check(left, known, depth - 1)
                self._check(right, known, depth - 1)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                self._check(operand, known, depth - 1)
            case ast.Compare(left=left, ops=ops, comparators=comparators) if all(
                type(o) in _COMPARE for o in ops
            ):
                for compare, right in zip(ops, comparators, strict=True):
                    if isinstance(compare, ast.In | ast.NotIn) != isinstance(right, ast.List | ast.Tuple):
                        raise ExpressionError(
                            f"{self._quoted}: 'in' takes a list, [1, 2], and only 'in' does"
                        )
                for part in (left, *comparators):
                    self._check(part, known, depth - 1)
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if function in FUNCTIONS:
                if len(arguments) != _ARGUMENTS.get(function, 1):
                    raise ExpressionError(
                        f"{self._quoted}: {function} takes {_ARGUMENTS.get(function, 1)} arguments"
                    )
                for part in arguments:
                    self._check(part, known, depth - 1)
            case ast.Call():
                raise ExpressionError(
                    f"{self._quoted}: {ast.unparse(node.func)} is no function here: "
                    f"{instead(ast.unparse(node.func), FUNCTIONS)}"
                )
            case _:
                raise ExpressionError(
                    f"{self._quoted}: {ast.unparse(node)!r} is not allowed: names, numbers, strings, "
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
                return FUNCTIONS[function](*(_number(self._evaluate(part, lookup)) for part in arguments))
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
    return f"unknown name {name!r}: {instead(name, known, 'metrics')}"
