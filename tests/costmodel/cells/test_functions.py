"""Liberty's Boolean expressions: every spelling, precedence against trees evaluated on their own."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from costmodel.cells.functions import FunctionError, Literal, literal, truth_table, unateness, variables

NAMES = ["A", "B", "C"]


@dataclass(frozen=True)
class Tree:
    """An expression as a tree: an operator of ``LOOSENESS`` over others, or a name."""

    operator: str
    parts: tuple[Tree, ...] = ()

    def value(self, of: dict[str, bool]) -> bool:
        values = [part.value(of) for part in self.parts]
        match self.operator:
            case "!":
                return not values[0]
            case "^":
                return values[0] != values[1]
            case "*":
                return values[0] and values[1]
            case "+":
                return values[0] or values[1]
        return of[self.operator]


LOOSENESS = {"!": 0, "^": 1, "*": 2, "+": 3}
SPELLINGS = {"^": ["^", " ^ "], "*": ["*", "&", " ", " & "], "+": ["+", "|", " | "]}


def grown(generator: random.Random, depth: int) -> Tree:
    if depth == 0 or generator.random() < 0.2:
        return Tree(generator.choice(NAMES))
    operator = generator.choice(list(LOOSENESS))
    return Tree(operator, tuple(grown(generator, depth - 1) for _ in range(1 if operator == "!" else 2)))


def written(generator: random.Random, tree: Tree) -> str:
    """The tree with no more brackets than Liberty's ranking of the operators needs, in any spelling."""
    if not tree.parts:
        return tree.operator
    texts = []
    for part in tree.parts:
        text = written(generator, part)
        looser = part.parts and LOOSENESS[part.operator] > LOOSENESS[tree.operator]
        texts.append(f"({text})" if looser or generator.random() < 0.1 else text)
    if tree.operator == "!":
        behind = (texts[0].endswith(")") and texts[0].startswith("(")) or texts[0] in NAMES
        return f"{texts[0]}'" if behind and generator.random() < 0.5 else f"!{texts[0]}"
    return generator.choice(SPELLINGS[tree.operator]).join(texts)


def test_operators_bind_as_liberty_ranks_them() -> None:
    generator = random.Random(1)
    for _ in range(500):
        tree = grown(generator, 4)
        values = [tree.value({name: bool(i >> j & 1) for j, name in enumerate(NAMES)}) for i in range(8)]
        text = written(generator, tree)
        assert truth_table(text, NAMES) == sum(value << i for i, value in enumerate(values)), text


@pytest.mark.parametrize(
    ("function", "ones"),
    [
        ("A * B", 0b1000),
        ("A B", 0b1000),
        ("(A)(B)", 0b1000),
        ("A!B", 0b0010),
        ("A B'", 0b0010),
        ("(A') + !B", 0b0111),
        ("(A B)'", 0b0111),
        ("A''", 0b1010),
        ("A ^ B", 0b0110),
        ("A & !B | !A & B", 0b0110),
        ("!(A+B)", 0b0001),
        ("1", 0b1111),
        ("0", 0),
    ],
)
def test_functions_of_every_spelling_give_their_truth_table(function: str, ones: int) -> None:
    assert truth_table(function, ["A", "B"]) == ones


@pytest.mark.parametrize("function", ["A +", "(A", "A)", "A # B", "C", "", "A 01", "'A", "*A"])
def test_a_function_that_is_no_expression_is_refused(function: str) -> None:
    with pytest.raises(FunctionError):
        truth_table(function, ["A", "B"])


def test_a_function_of_too_many_inputs_is_refused_at_once() -> None:
    names = [f"A{i}" for i in range(40)]
    with pytest.raises(FunctionError, match="40 inputs"):
        truth_table(" ".join(names), names)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("CLK", Literal("CLK")),
        ("(CLK)", Literal("CLK")),
        ("!CLK", Literal("CLK", inverted=True)),
        ("(!CLK)", Literal("CLK", inverted=True)),
        ("CLK'", Literal("CLK", inverted=True)),
        ("(CLK)'", Literal("CLK", inverted=True)),
        ("!(!CLK)", Literal("CLK")),
        ("!(CLK')'", Literal("CLK", inverted=True)),
        ("CLK ^ 1", Literal("CLK", inverted=True)),
        ("D EN + D EN'", Literal("D")),
        ("D EN", None),
        ("1", None),
    ],
)
def test_a_literal_is_known_however_it_is_written(function: str, expected: Literal | None) -> None:
    assert literal(function) == expected


def test_variables_come_once_and_in_order() -> None:
    assert variables("(SE&SI) | (!SE & D) + 1") == ["SE", "SI", "D"]


@pytest.mark.parametrize(
    ("function", "sense"),
    [("A B", "positive_unate"), ("!(A+B)", "negative_unate"), ("A^B", "non_unate"), ("B", "positive_unate")],
)
def test_the_sense_of_an_input_follows_from_the_function(function: str, sense: str) -> None:
    assert unateness(function, "A") == sense
