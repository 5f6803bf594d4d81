"""Which operand of an adder a carry chain takes as it is.

A chain's lookup table adds two operands and has inputs left for what makes one of them, a selection say. The
other goes into the chain beside the table, and what makes it needs tables of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AS_THEY_ARE = ("$alu", "$dff", "$sdff", "$adff", "$aldff", "$mem")
"""Beginnings of the kinds of cells whose outputs come from no lookup table, or from that of a chain."""


def to_be_swapped(module: Mapping[str, Any]) -> list[str]:
    """Names of the ``$alu`` cells of a ``module`` as Yosys writes it to JSON whose operands change places.

    The first operand goes beside the tables: it is the one of which fewer bits are made in tables.
    """
    made = {
        bit
        for cell in module["cells"].values()
        if not cell["type"].startswith(AS_THEY_ARE)
        for pin, bits in cell["connections"].items()
        if cell["port_directions"].get(pin) == "output"
        for bit in bits
    }

    def tables(bits: list[Any]) -> int:
        return len(made.intersection(bits))

    adders = {name: cell for name, cell in module["cells"].items() if cell["type"] == "$alu"}
    return [
        name
        for name, cell in adders.items()
        if cell["connections"]["BI"] == ["0"]
        and tables(cell["connections"]["B"]) < tables(cell["connections"]["A"])
    ]
