"""How a datasheet tells of packed weights, so that it alone suffices to make and to read their bytes."""

from __future__ import annotations

from dse.handoff.templates import table
from generator.config import CoreConfig
from generator.packing import COMPLEMENT, LAST, PAIRS, WEIGHTS_A_BYTE, byte_of
from generator.plan import CorePlan

EXAMPLES = (
    (0, 0, 0, 0, 0),
    (0, 0, 0, 0, 1),
    (0, 0, 0, 0, -1),
    (1, 0, 0, 0, 0),
    (0, 0, 1, 0, 0),
    (0, 0, -1, -1, -1),
    (1, 0, 1, 0, 0),
    (1, -1, 0, 1, 1),
    (-1, -1, -1, -1, -1),
)


def counted_bytes(plan: CorePlan) -> str:
    """What a beat of packed weights has."""
    return f"packed: {plan.columns * plan.tile_length:,} weights in {plan.key_elements.fields:,} bytes"


def packing(config: CoreConfig) -> str:
    """The code of packed weights."""
    whose = "Each core's bytes have" if config.cores > 1 else "The bytes of a beat have"
    fill = -(config.columns * config.tile_length) % WEIGHTS_A_BYTE
    last = f"; zeros, {fill} of them, fill up the last byte" if fill else ""
    rows = [
        [", ".join(f"{w:+d}" if w else "0" for w in weights), f"`{byte_of(weights):08b}`"]
        for weights in EXAMPLES
    ]
    return (
        f"Weights come packed, five a byte. {whose} the weights of {config.columns} columns, of each "
        f"{config.tile_length}{last}. `manifest.json` lists the byte of five weights w0 … w4 as entry "
        "Σ (wi + 1)·3^i of `key_code.bytes`. It can be made from them:\n\n"
        f"- A byte, XOR `{COMPLEMENT:08b}`, is a field e of two bits above two of three, p and q. A pair of "
        "weights that is not (0, 0) has its place, from 0, in "
        f"{', '.join(str(pair) for pair in PAIRS)} as its code; the code of w4 is its place in "
        f"{', '.join(map(str, LAST))}.\n"
        "- Neither (w0, w1) nor (w2, w3) is (0, 0): e, p and q are the codes of w4, (w0, w1) and (w2, w3). "
        "Otherwise e is 3.\n"
        "- Only (w2, w3) is (0, 0): p is the code of (w0, w1), and q is 4 plus that of w4.\n"
        "- Only (w0, w1) is (0, 0): q is the two low bits of the code of (w2, w3); p is twice the code of w4 "
        "plus its high bit.\n"
        "- Both are (0, 0): p is twice the code of w4, and q is 7.\n\n"
        f"Other bytes must not come.\n\n{table(['weights', 'byte'], rows)}"
    )
