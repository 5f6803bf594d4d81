"""The command that lists names: workloads, technologies, memories, metrics, formats, alphabets and FPGAs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import typer

from dse.commands.options import AsJson, UsageError
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, say_json
from generator.errors import instead


class Listing(NamedTuple):
    """Names with what is said of each: a row a name, the name first."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def list_names(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="workloads, technologies, memories, metrics, formats, alphabets or devices.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the names that specs, core files and options may use."""
    if not kind:
        lines = [f"ternlut list {name}" for name in KINDS]
        if as_json:
            say_json({"items": list(KINDS)})
        else:
            say("\n".join(lines))
        return
    if kind not in KINDS:
        raise UsageError(f"list {kind}: {instead(kind, KINDS)}")
    listing = KINDS[kind]()
    if as_json:
        say_json({"kind": kind, "items": [dict(zip(listing.head, row, strict=True)) for row in listing.rows]})
    else:
        say(aligned(listing.head, listing.rows, text=range(len(listing.head))))


def workloads() -> Listing:
    """The built-in models."""
    from dse.spec.models import models

    def size(count: int) -> str:
        return f"{count / 1e9:.2f} billion ternary weights"

    return Listing(
        ("name", "title", "size"),
        [
            (name, model.title, size(sum(each.inputs * each.outputs * each.count for each in model.layers)))
            for name, model in models().items()
        ],
    )


def technologies() -> Listing:
    """The shipped technologies."""
    from costmodel.price.technology import Technology, load_technology, shipped_technologies, ships_cells

    def cells(each: Technology) -> str:
        if each.cost_at().key == each.cost_at().name:
            return "counted"  # an FPGA's
        return "shipped" if ships_cells(each.name) else "with --liberty FILE"

    return Listing(
        ("name", "library", "cells", "corner"),
        [
            (name, each.library, cells(each), each.corner)
            for name in shipped_technologies()
            for each in [load_technology(name)]
        ],
    )


def memories() -> Listing:
    """The off-chip memories that ``dram`` may name."""
    from dse.spec.memory import memories

    return Listing(
        ("name", "MT/s", "bits", "GB/s", "pJ/bit", "source"),
        [
            (
                name,
                f"{each.rate_mt_per_s:g}",
                f"{each.width_bits}",
                f"{each.peak_gb_per_s:.1f}",
                "" if each.pj_per_bit is None else f"{each.pj_per_bit:g}",
                each.source,
            )
            for name, each in memories().items()
        ],
    )


def metrics() -> Listing:
    """The figures that objectives, budgets, constraints and expressions name."""
    from dse.pricing.metrics import METRICS

    return Listing(
        ("name", "unit", "meaning"), [(name, each.unit, each.says) for name, each in METRICS.items()]
    )


def formats() -> Listing:
    """The number formats of activations."""
    from generator.formats import FLOATS, INTEGER_BITS

    integers = [(f"int{bits}", str(bits), "two's complement") for bits in INTEGER_BITS]
    floats = [
        (name, str(each.bits), f"{each.exponent} bits exponent, {each.mantissa} mantissa")
        for name, each in FLOATS.items()
    ]
    return Listing(("name", "bits", "what it is"), integers + floats)


def fpgas() -> Listing:
    """The FPGAs whose resources are known."""
    from costmodel.cells.fabrics import RESOURCES, devices

    return Listing(
        ("name", "title", "fabric", "part", *(name for name in RESOURCES if name != "carry")),
        [
            (
                each.name,
                each.title,
                each.fabric,
                each.part,
                *(f"{each.capacity.get(name, 0):.12g}" for name in RESOURCES if name != "carry"),
            )
            for each in devices().values()
        ],
    )


def alphabets() -> Listing:
    """The weights that there may be, with the bits that a weight costs in the largest group."""
    from generator.alphabets import ALPHABETS, code_of

    def row(name: str) -> tuple[str, str, str, str]:
        each = ALPHABETS[name]
        largest = code_of(name, each.group_sizes[-1])
        sizes = ", ".join(map(str, each.group_sizes))
        return name, sizes, f"{largest.key_width / largest.group_size:.4g}", each.meaning

    return Listing(("name", "group sizes", "bits a weight", "what it is"), [row(name) for name in ALPHABETS])


KINDS: dict[str, Callable[[], Listing]] = {
    "workloads": workloads,
    "technologies": technologies,
    "memories": memories,
    "metrics": metrics,
    "formats": formats,
    "devices": fpgas,
    "alphabets": alphabets,
}
"""What can be listed."""
