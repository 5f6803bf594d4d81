"""Boolean expressions as Liberty writes them: ``!A``, ``A'``, ``A B``, ``A * B``, ``A + B``, ``A ^ B``.

From the tightest: negation, ``^``, conjunction (``*``, ``&`` or nothing), disjunction (``+``, ``|``), as the
Liberty reference manual ranks them. What an expression means is told by its truth table, never by its text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

MAX_VARIABLES = 12
"""Variables of the widest function that is looked at; its truth table has 4,096 bits."""

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*(?:\[\d+\])?|[01](?!\w)|[!'*&+|^()])")


class FunctionError(ValueError):
    """A cell's function is not an expression we can read."""


class Literal(NamedTuple):
    """A variable or its complement; as text ``D`` or ``!D``."""

    name: str
    inverted: bool = False

    def __str__(self) -> str:
        return f"!{self.name}" if self.inverted else self.name


def truth_table(function: str, inputs: list[str]) -> int:
    """The truth table of an expression; bit i is its value where input j is bit j of i.

    Raises ``FunctionError`` for text that is no expression over the inputs, and for too many of them.
    """
    if len(inputs) > MAX_VARIABLES:
        raise FunctionError(f"a function of {len(inputs)} inputs, at most {MAX_VARIABLES} are looked at")
    return _table(function, tuple(inputs))


@cache
def _table(function: str, inputs: tuple[str, ...]) -> int:
    return _Expression(function, list(inputs)).value()


def variables(function: str) -> list[str]:
    """The names in an expression, each once, in the order in which they come."""
    names = (token for token in _tokens(function) if token[0].isalpha() or token[0] == "_")
    return list(dict.fromkeys(names))


def literal(function: str) -> Literal | None:
    """The variable that an expression equals, or whose complement it is; None for all other expressions.

    Raises ``FunctionError`` for text that is no expression.
    """
    names = variables(function)
    table = truth_table(function, names)
    everything = (1 << (1 << len(names))) - 1
    for name in names:
        alone = truth_table(name, names)
        if table in (alone, alone ^ everything):
            return Literal(name, table != alone)
    return None


def unateness(function: str, variable: str) -> str:
    """Liberty's ``timing_sense`` of a function in one of its variables. Raises ``FunctionError``."""
    names = [variable, *(name for name in variables(function) if name != variable)]
    table = truth_table(function, names)
    pairs = [(table >> i & 1, table >> (i + 1) & 1) for i in range(0, 1 << len(names), 2)]
    if all(low <= high for low, high in pairs):
        return "positive_unate"
    return "negative_unate" if all(low >= high for low, high in pairs) else "non_unate"


def _tokens(function: str) -> list[str]:
    tokens = _TOKEN.findall(function)
    if "".join(tokens) != "".join(function.split()):
        raise FunctionError(f"unreadable function {function!r}")
    return tokens


class _Expression:
    """One expression, evaluated for all values of its inputs at once while it is read."""

    def __init__(self, function: str, inputs: list[str]) -> None:
        size = 1 << len(inputs)
        self._function = function
        self._tokens = _tokens(function)
        self._position = 0
        self._everything = (1 << size) - 1
        self._columns = {name: self._column(j) for j, name in enumerate(inputs)}
        self._columns |= {"0": 0, "1": self._everything}

    def _column(self, number: int) -> int:
        """The truth table of an input by itself: runs of 0 and 1 in turn, each 2 to the ``number`` long."""
        run = 1 << number
        return (((1 << run) - 1) << run) * (self._everything // ((1 << 2 * run) - 1))

    def value(self) -> int:
        result = self._disjunction()
        if self._peek():
            raise FunctionError(f"unexpected {self._peek()!r} in function {self._function!r}")
        return result

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._position += 1
        return token

    def _disjunction(self) -> int:
        value = self._conjunction()
        while self._peek() in ("+", "|"):
            self._take()
            value |= self._conjunction()
        return value

    def _conjunction(self) -> int:
        value = self._exclusive()
        while self._peek() not in ("", "+", "|", ")"):
            if self._peek() in "*&":
                self._take()
            value &= self._exclusive()
        return value

    def _exclusive(self) -> int:
        value = self._primary()
        while self._peek() == "^":
            self._take()
            value ^= self._primary()
        return value

    def _primary(self) -> int:
        token = self._take()
        if token == "!":
            return self._everything ^ self._primary()
        if token == "(":
            value = self._disjunction()
            if self._take() != ")":
                raise FunctionError(f"unbalanced parentheses in function {self._function!r}")
        elif token in self._columns:
            value = self._columns[token]
        else:
            raise FunctionError(f"unexpected {token or 'end'!r} in function {self._function!r}")
        while self._peek() == "'":
            self._take()
            value ^= self._everything
        return value
