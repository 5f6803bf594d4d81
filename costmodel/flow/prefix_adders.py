"""Carries in parallel: the adders of a carry chain as a parallel-prefix network of plain gates.

A ripple adder's delay grows with its width, a prefix adder's with the logarithm, for more area. Bit i
generates a carry (g) or passes one on (p); the pairs of neighbouring spans are joined by

    (g, p) over both = (g₁ + p₁·g₀, p₁·p₀)

in an order that the network chooses: Brent and Kung's (*A regular layout for parallel adders*, IEEE ToC 1982)
has the fewest joins, Sklansky's (*Conditional-sum addition logic*, IRE ToEC 1960) the fewest levels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, assert_never, get_args

from costmodel.flow.netlist import Bit, Netlist
from costmodel.flow.netlist import Literal as Polar
from costmodel.flow.polarity import Adder

Network = Literal["brent_kung", "sklansky"]
NETWORKS: tuple[Network, ...] = get_args(Network)
LEAST_BITS = 3
"""A carry through fewer adders is left to ripple."""


def carry_chains(adders: Sequence[Adder], least_bits: int = LEAST_BITS) -> list[list[Adder]]:
    """Runs of at least so many adders of one word, each of which reads the carry of the one before."""
    chains: defaultdict[int, list[Adder]] = defaultdict(list)
    for adder in adders:
        chains[adder.chain].append(adder)
    runs = []
    for chain in chains.values():
        run: list[Adder] = []
        for adder in chain:
            if run and not (run[-1].carry is not None and (run[-1].carry, False) in adder.inputs):
                runs.append(run)
                run = []
            run.append(adder)
        runs.append(run)
    return [run for run in runs if len(run) >= least_bits]


def emit_chain(
    netlist: Netlist, run: Sequence[Adder], network: Network, driven: Callable[[Polar], Bit]
) -> None:
    """The gates of a run; ``driven`` gives the bit of a literal. Constants are left to logic optimisation."""
    gate = netlist.gate
    carry: Bit = "0"
    differences: list[Bit] = []
    spans: list[tuple[Bit, Bit]] = []
    for i, adder in enumerate(run):
        inputs = [driven(literal) for literal in adder.inputs]
        if i:
            inputs.remove(run[i - 1].carry or "0")
            a, b = inputs
        else:
            # A constant, if there is one, comes in as the carry.
            a, b, carry = sorted(inputs, key=lambda bit: isinstance(bit, str))
        both: Bit = gate("$_AND_", a, b)
        differ = gate("$_XOR_", a, b)
        differences.append(differ)
        if not i:
            both = gate("$_OR_", both, gate("$_AND_", differ, carry))
        spans.append((both, differ))
    for upper, lower in joins(len(run), network):
        (g1, p1), (g0, p0) = spans[upper], spans[lower]
        spans[upper] = gate("$_OR_", g1, gate("$_AND_", p1, g0)), gate("$_AND_", p1, p0)
    carries: list[Bit] = [carry, *(generated for generated, _ in spans)]
    for adder, difference, carried, carry_out in zip(
        run, differences, carries[:-1], carries[1:], strict=True
    ):
        if adder.sum is not None:
            netlist.add("$_XOR_", A=difference, B=carried, Y=adder.sum)
        if adder.carry is not None:
            netlist.add("$_BUF_", A=carry_out, Y=adder.carry)


def joins(bits: int, network: Network) -> Iterator[tuple[int, int]]:
    """(upper, lower) in order: the span that ends at ``upper`` grows by the one that ends at ``lower``.

    After all of them each span reaches down to bit 0.
    """
    distances = [1 << level for level in range((bits - 1).bit_length())]
    match network:
        case "brent_kung":
            for distance in distances:
                for upper in range(2 * distance - 1, bits, 2 * distance):
                    yield upper, upper - distance
            for distance in reversed(distances):
                for upper in range(3 * distance - 1, bits, 2 * distance):
                    yield upper, upper - distance
        case "sklansky":
            for distance in distances:
                for upper in range(bits):
                    if upper & distance:
                        yield upper, upper // distance * distance - 1
        case unknown:
            assert_never(unknown)
