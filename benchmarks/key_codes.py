"""What it costs to decode ternary weights that come packed: area, and bits a weight.

``python benchmarks/key_codes.py [LIBERTY …]`` synthesizes what makes two bits of each weight, as a ``select``
column takes them, out of bytes of five weights in three codes (ours; digits to base 3; the fixed-point
fraction of which a multiplication by 3 brings out a digit), and out of a bitmap of the weights that are not
zero with a sign for each of these: there, a weight's sign is where the bits before it have been counted.
Without libraries the bundled cells are taken. A Markdown table; the bitmap has the bits of BitNet b1.58 2B4T,
42 % zeros.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from generator.unpacking import ByteDecoder
from generator.verilog import to_verilog

ZEROS = 0.42
FIVE = 5
CODES = {0: "00", 1: "01", -1: "11"}
"""Weights as a column takes them: negative above not zero."""


def table_of(name: str, byte: dict[tuple[int, ...], int]) -> str:
    """A decoder as a table, bytes without meaning left open."""
    rows = [
        f"8'd{code}: weights = 10'b{''.join(CODES[w] for w in reversed(weights))};"
        for weights, code in byte.items()
    ]
    cases = "\n".join([*rows, "default: weights = 10'bx;"])
    return (
        f"module {name}(input [7:0] octet, output reg [9:0] weights);\n"
        f"always @* case (octet)\n{cases}\nendcase\nendmodule\n"
    )


def base3() -> dict[tuple[int, ...], int]:
    """Digits w + 1 to base 3."""
    return {
        weights: sum((w + 1) * 3**place for place, w in enumerate(weights))
        for weights in product((-1, 0, 1), repeat=FIVE)
    }


def bitmap(weights: int) -> str:
    """Signs to the weights that a bitmap says are not zero, in one beat of so many."""
    lines = []
    for place in range(weights):
        before = " + ".join(f"there[{i}]" for i in range(place)) or "1'b0"
        lines += [
            f"wire [7:0] before{place} = {before};",
            f"assign weights[{2 * place}] = there[{place}];",
            f"assign weights[{2 * place + 1}] = there[{place}] & signs[before{place}];",
        ]
    body = "\n".join(lines)
    ports = (
        f"input [{weights - 1}:0] there, input [{weights - 1}:0] signs, output [{2 * weights - 1}:0] weights"
    )
    return f"module bitmap{weights}({ports});\n{body}\nendmodule\n"


def designs() -> Iterator[tuple[str, str, str, int, float]]:
    """Title, Verilog, top, weights and bits a weight of each."""
    ours = ByteDecoder()
    yield "pairs with an escape (`base3`)", to_verilog(ours).text, ours.module_name, FIVE, 8 / FIVE
    digits = base3()
    yield "digits to base 3", table_of("digits", digits), "digits", FIVE, 8 / FIVE
    fraction = {weights: -(-256 * value // 243) for weights, value in digits.items()}
    yield "fraction, times 3 for each digit", table_of("fraction", fraction), "fraction", FIVE, 8 / FIVE
    for weights in (10, 20, 40):
        # In the mean, with half a byte to the next beat's beginning.
        bits = 2 - ZEROS + 3.5 / weights
        yield f"bitmap and signs, {weights} weights", bitmap(weights), f"bitmap{weights}", weights, bits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="*", type=Path, metavar="LIBERTY")
    arguments = parser.parse_args()
    library = Library.of(arguments.libraries, "given") if arguments.libraries else shipped_library()
    print("| code | bits a weight | µm² a weight | cells a weight |\n| --- | ---: | ---: | ---: |")
    for title, verilog, top, weights, bits in designs():
        result = synthesize(verilog, top, library, Flow())
        cells = sum(result.cells.values()) / weights
        print(f"| {title} | {bits:.3f} | {result.area_um2 / weights:.2f} | {cells:.1f} |", flush=True)


if __name__ == "__main__":
    main()
