"""Adders in full-adder cells: which bits need one, and which are cheaper as plain logic.

A full-adder cell is opaque to logic optimisation, so everything that a mapper would find is done here
first: constant and duplicate bits are trimmed, results nobody reads are dropped, and a bit that is cheaper
as plain logic becomes plain logic. Words whose carries are to run in parallel become prefix adders
(``costmodel.flow.prefix_adders``). Works on one module of a netlist in Yosys' JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from typing import Literal as OneOf

from costmodel.cells.full_adder import AdderCosts, FullAdderCell
from costmodel.cells.table import CellTable
from costmodel.flow import carry_select
from costmodel.flow.carry_save import save_carries
from costmodel.flow.carry_select import SELECTIONS, Selection
from costmodel.flow.netlist import Bit, Literal, Netlist
from costmodel.flow.polarity import Adder, choose_polarities, emit_register, find_registers
from costmodel.flow.prefix_adders import NETWORKS, Network, carry_chains, emit_chain

Carry = OneOf["ripple"] | Selection | Network

ARITHMETIC = ("$add", "$sub", "$alu", "$fa")


@dataclass(frozen=True)
class Carries:
    """How the carries of words are computed: as ``usual``, but for the ``faster`` ones.

    They ripple, or are selected for part of a word (``costmodel.flow.carry_select``), or run in parallel
    through a prefix network. Words that are ``saved`` have none where another word alone reads them
    (``costmodel.flow.carry_save``). With ``gates`` full adders that hand no carry along are plain gates: a
    cell is smaller, but slower than the one path through it that counts. Words are named as their cells are.

    Where a library has no full-adder cell, timing does not say which words are late: ``plain`` is of all that
    are in front of late ends.
    """

    usual: Carry = "ripple"
    faster: frozenset[tuple[str, Carry]] = frozenset()
    saved: frozenset[str] = frozenset()
    gates: bool = False
    plain: Carry = "ripple"

    @cached_property
    def of(self) -> Mapping[str, Carry]:
        """How those words' carries are computed that are not as ``usual``."""
        return dict(self.faster)


@dataclass
class Statistics:
    """What became of the adder bits of a module, and of its words: of each full-adder cell that hands on a
    carry the one it is of, how the carries of those are computed that do not ripple, and how many words are
    saved; how many bits are added in full adders that hand no carry along, and, where there is no such cell,
    how many words ripple in gates.
    """

    cells: int = 0
    logic: int = 0
    inverters: int = 0
    words: dict[str, str] = field(default_factory=dict)
    faster: dict[str, Carry] = field(default_factory=dict)
    saved: int = 0
    compressors: int = 0
    plain: int = 0


def map_adders(
    module: dict[str, Any], costs: AdderCosts, table: CellTable, carries: Carries = Carries()
) -> Statistics:
    """Replaces a module's adders (``$add``, ``$sub``, ``$alu``, ``$fa``) by full-adder cells and gates."""
    saved = save_carries(module, carries.saved)
    netlist = Netlist(module)
    compressors = {name for name, cell in module["cells"].items() if cell["type"] == "$fa"}
    words = [name for name, cell in module["cells"].items() if cell["type"] in ARITHMETIC]
    adders = _trim(netlist, _extract(netlist))
    statistics = Statistics(saved=saved, compressors=len(compressors))

    def of(kind: Carry) -> list[Adder]:
        return [adder for adder in adders if carries.of.get(words[adder.chain], carries.usual) == kind]

    for selection in SELECTIONS:
        selected = carry_chains(of(selection), carry_select.LEAST_BITS)
        statistics.faster |= {words[run[0].chain]: selection for run in selected}
        copies = [copy for run in selected for copy in carry_select.select_carries(netlist, run, selection)]
        adders = [*_without(adders, selected), *copies]
    if statistics.faster:
        adders = _trim(netlist, adders)
    parallel: list[tuple[Network, list[Adder]]] = []
    for network in NETWORKS:
        runs = carry_chains(of(network))
        statistics.faster |= {words[run[0].chain]: network for run in runs}
        parallel += [(network, run) for run in runs]
        adders = _without(adders, runs)
    in_cells: list[Adder] = []
    in_logic: list[Adder] = []
    for adder in adders:
        constants = sum(isinstance(bit, str) for bit, _ in adder.inputs)
        in_gates = carries.gates and words[adder.chain] in compressors
        if costs.cell is None or adder.sum is None or in_gates:
            as_cell = False
        elif constants:
            as_cell = adder.carry is not None and costs.half_adder_in_cell
        else:
            as_cell = adder.carry is not None or costs.sum_only_in_cell
        (in_cells if as_cell else in_logic).append(adder)
    statistics.cells, statistics.logic = len(in_cells), len(in_logic)
    statistics.plain = len(carry_chains(in_logic)) if costs.cell is None else 0
    inverters: dict[Bit, int] = {}
    if costs.cell is not None and in_cells:
        registers = find_registers(netlist, table)
        choose_polarities(netlist, in_cells, registers, costs.cell)
        for register in registers:
            emit_register(netlist, register)
        for adder in in_cells:
            name = _emit_cell(netlist, adder, costs.cell, inverters)
            if words[adder.chain] not in compressors:
                statistics.words[name] = words[adder.chain]
    for adder in in_logic:
        _emit_logic(netlist, adder, inverters)
    for network, run in parallel:
        emit_chain(netlist, run, network, lambda literal: _driven(netlist, literal, inverters))
    statistics.inverters = len(inverters)
    return statistics


def _without(adders: list[Adder], runs: list[list[Adder]]) -> list[Adder]:
    in_runs = {id(adder) for run in runs for adder in run}
    return [adder for adder in adders if id(adder) not in in_runs]


# From words to bits ---------------------------------------------------------------------------------------


def _extract(netlist: Netlist) -> list[Adder]:
    """Takes all arithmetic cells out of the module and returns their bits, least significant first."""
    adders: list[Adder] = []
    cells = netlist.module["cells"]
    arithmetic = [(name, cell) for name, cell in cells.items() if cell["type"] in ARITHMETIC]
    for chain, (name, cell) in enumerate(arithmetic):
        del cells[name]
        pins = cell["connections"]
        if cell["type"] == "$fa":
            for a, b, c, carry, total in zip(*(pins[pin] for pin in "ABCXY"), strict=True):
                adders.append(Adder([(a, False), (b, False), (c, False)], total, carry, chain))
            continue
        parameters = {
            key: int(value, 2) for key, value in cell["parameters"].items() if set(value) <= {"0", "1"}
        }
        signed = {pin: bool(parameters[f"{pin}_SIGNED"]) for pin in "AB"}
        if cell["type"] != "$alu":
            signed = dict.fromkeys("AB", all(signed.values()))
        width = len(pins["Y"])
        operands = {pin: [(bit, False) for bit in _extend(pins[pin], width, signed[pin])] for pin in "AB"}
        carry_in: Literal = ("0", False)
        if cell["type"] == "$sub":
            carry_in = ("1", False)
            operands["B"] = [(bit, True) for bit, _ in operands["B"]]
        elif cell["type"] == "$alu":
            carry_in = (pins["CI"][0], False)
            operands["B"] = [_controlled(netlist, bit, pins["BI"][0]) for bit, _ in operands["B"]]
        carry_outs = pins.get("CO", ())
        for i in range(width):
            carry_out = carry_outs[i] if carry_outs else netlist.new_bit()
            a, b = operands["A"][i], operands["B"][i]
            adders.append(Adder([a, b, carry_in], pins["Y"][i], carry_out, chain))
            if "X" in pins:
                netlist.add("$_XOR_", A=_plain(netlist, a), B=_plain(netlist, b), Y=pins["X"][i])
            carry_in = (carry_out, False)
    return adders


def _extend(bits: list[Bit], width: int, signed: bool) -> list[Bit]:
    fill: Bit = bits[-1] if signed and bits else "0"
    return (bits + [fill] * max(0, width - len(bits)))[:width]


def _controlled(netlist: Netlist, bit: Bit, invert: Bit) -> Literal:
    """The bit, inverted when ``invert`` is 1."""
    if invert in ("0", "1"):
        return bit, invert == "1"
    return netlist.gate("$_XOR_", bit, invert), False


def _plain(netlist: Netlist, literal: Literal) -> Bit:
    """A bit that carries the literal's value."""
    bit, inverted = literal
    if not inverted:
        return bit
    if isinstance(bit, str):
        return {"0": "1", "1": "0"}.get(bit, "x")
    output = netlist.new_bit()
    netlist.add("$_NOT_", A=bit, Y=output)
    return output


# Trimming -------------------------------------------------------------------------------------------------


def _trim(netlist: Netlist, adders: list[Adder]) -> list[Adder]:
    """Drops what constants, equal inputs and unread outputs make superfluous, until nothing changes."""
    changed = True
    while changed:
        for adder in adders:
            adder.inputs = [netlist.resolve(*literal) for literal in adder.inputs]
        adders = _drop_unread(netlist, adders)
        kept = [adder for adder in adders if not _fold(netlist, adder)]
        changed = len(kept) < len(adders) or _trim_sign_extensions(kept)
        adders = kept
    return adders


def _drop_unread(netlist: Netlist, adders: list[Adder]) -> list[Adder]:
    """Forgets outputs that neither a gate, a port nor an adder that is itself read reads."""
    drivers = {output: adder for adder in adders for output in (adder.sum, adder.carry) if output is not None}
    read = netlist.readers()
    pending = [bit for bit in read if bit in drivers]
    reached: set[int] = set()
    while pending:
        adder = drivers[pending.pop()]
        if id(adder) in reached:
            continue
        reached.add(id(adder))
        for bit, _ in adder.inputs:
            if bit not in read:
                read.add(bit)
                if bit in drivers:
                    pending.append(bit)
    for adder in adders:
        adder.sum = adder.sum if adder.sum in read else None
        adder.carry = adder.carry if adder.carry in read else None
    return [adder for adder in adders if adder.sum is not None or adder.carry is not None]


def _fold(netlist: Netlist, adder: Adder) -> bool:
    """Replaces an adder by a wire or inverter per output if two inputs are constant, equal or opposite."""
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        first, second, rest = adder.inputs[i], adder.inputs[j], adder.inputs[k]
        if first[0] == second[0]:
            opposite = first[1] != second[1]
        elif isinstance(first[0], str) and isinstance(second[0], str):
            opposite = True
        else:
            continue
        # x + x + r = (carry x, sum r);  x + !x + r = (carry r, sum !r)
        carry = rest if opposite else first
        total = (rest[0], rest[1] ^ opposite)
        for output, literal in ((adder.sum, total), (adder.carry, carry)):
            if output is not None:
                netlist.alias(output, netlist.resolve(*literal))
        return True
    return False


def _trim_sign_extensions(adders: list[Adder]) -> bool:
    """The bit above the sign bits, of which only the sum is read, is a majority: no second full adder.

    With a, b the signs again and c' = majority(a, b, c) the carry of the bit below, the sum a ^ b ^ c' is
    majority(a, b, !c): it is a where a = b, and else !c' = !c.
    """
    carries = {adder.carry: adder for adder in adders if adder.carry is not None}
    changed = False
    for adder in adders:
        if adder.carry is not None:
            continue
        for literal in adder.inputs:
            below = carries.get(literal[0]) if isinstance(literal[0], int) else None
            signs = [second for second in adder.inputs if second is not literal]
            if (
                below is None
                or literal[1]
                or below is adder
                or not all(sign in below.inputs for sign in signs)
            ):
                continue
            bit, inverted = next(second for second in below.inputs if second not in signs)
            adder.inputs = [*signs, (bit, not inverted)]
            adder.sum, adder.carry = None, adder.sum
            changed = True
            break
    return changed


# Emission -----------------------------------------------------------------------------------------------


def _driven(netlist: Netlist, literal: Literal, inverters: dict[Bit, int]) -> Bit:
    """A bit with the literal's value, through the one inverter that a net ever gets."""
    bit, inverted = literal
    if not inverted:
        return bit
    if isinstance(bit, str):
        return "1" if bit == "0" else "0"
    if bit not in inverters:
        inverters[bit] = netlist.new_bit()
        netlist.add("$_NOT_", A=bit, Y=inverters[bit])
    return inverters[bit]


def _emit_cell(netlist: Netlist, adder: Adder, cell: FullAdderCell, inverters: dict[Bit, int]) -> str:
    pins: dict[str, Bit] = {}
    for pin, (bit, inverted) in zip(cell.inputs, adder.inputs, strict=True):
        pins[pin] = _driven(netlist, (bit, inverted ^ adder.inverted), inverters)
    for pin, output, inverted in (
        (cell.sum, adder.sum, cell.sum_inverted),
        (cell.carry, adder.carry, cell.carry_inverted),
    ):
        if output is None:
            continue
        if inverted ^ adder.inverted:
            pins[pin] = netlist.new_bit()
            netlist.add("$_NOT_", A=pins[pin], Y=output)
        else:
            pins[pin] = output
    return netlist.add(cell.name, (cell.sum, cell.carry), **pins)


def _emit_logic(netlist: Netlist, adder: Adder, inverters: dict[Bit, int]) -> None:
    """Plain gates; sum and carry share a ^ b, without which a mapper ends 20 % larger."""
    constant = next((bit for bit, _ in adder.inputs if isinstance(bit, str)), None)
    a, b, *rest = (
        _driven(netlist, literal, inverters) for literal in adder.inputs if not isinstance(literal[0], str)
    )
    if constant is not None:
        if adder.sum is not None:
            netlist.gate("$_XOR_" if constant == "0" else "$_XNOR_", a, b, adder.sum)
        if adder.carry is not None:
            netlist.gate("$_AND_" if constant == "0" else "$_OR_", a, b, adder.carry)
        return
    c = rest[0]
    different = netlist.gate("$_XOR_", a, b)
    if adder.sum is not None:
        netlist.gate("$_XOR_", different, c, adder.sum)
    if adder.carry is not None:
        netlist.gate("$_OR_", netlist.gate("$_AND_", a, b), netlist.gate("$_AND_", different, c), adder.carry)
