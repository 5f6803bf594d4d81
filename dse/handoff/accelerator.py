"""The datasheet of an accelerator, README.md of its hand-off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from dse.handoff.arithmetic import rules
from dse.handoff.datasheet import (
    clock,
    counted,
    counted_keys,
    figures,
    keys,
    price_table,
    summary,
    tokens,
)
from dse.handoff.prices import Price
from dse.handoff.scripts import UTILISATION
from dse.handoff.templates import table, text_of
from generator.formats import Integer
from generator.plan import CorePlan, buffers_of
from generator.plan.accelerator import BURST_WORDS, BURSTS_AHEAD, AcceleratorPlan
from generator.plan.registers import DESCRIPTOR, DESCRIPTOR_BYTES, ERROR_MEANINGS, REGISTERS
from generator.verilog import ports

MEANINGS = {
    "aclk": "clock; everything happens at its rising edge",
    "aresetn": "synchronous reset, active low, for at least one cycle",
    "irq": "an event came that `interrupt_enable` names",
}


def accelerator_datasheet(
    axi: AcceleratorPlan, manifest: Mapping[str, Any], prices: Mapping[str, Price]
) -> str:
    """The datasheet as Markdown."""
    plan, config = axi.core, axi.core.config
    mhz = manifest["clock_mhz"]
    return text_of(
        "accelerator.md",
        TOP=str(manifest["top"]),
        SUMMARY=summary(plan),
        FIGURES=table(["figure", "value"], [*figures(plan), *bus_figures(axi)]),
        PORTS=table(["port", "direction", "bits", "meaning"], port_rows(axi)),
        REGISTERS=table(["offset", "register", "access", "bits", "meaning"], register_rows()),
        DESCRIPTOR=table(["offset", "bytes", "field", "meaning"], descriptor_rows()),
        DESCRIPTOR_BYTES=str(DESCRIPTOR_BYTES),
        BUS_BYTES=str(axi.bus_bytes),
        MEMORY=table(
            ["what", "bytes of a beat", "a beat", "beats, the last named changing fastest"], memory_rows(axi)
        ),
        ROWS=block(config.rows),
        ERRORS=table(["code", "meaning"], [[str(code.value), why] for code, why in ERROR_MEANINGS.items()]),
        BURST_WORDS=str(BURST_WORDS),
        BURST_BYTES=str(BURST_WORDS * axi.bus_bytes),
        BURSTS_AHEAD=str(BURSTS_AHEAD),
        WORDS_AHEAD=str(BURST_WORDS * BURSTS_AHEAD),
        KEYS=keys(plan),
        ARITHMETIC=rules(plan),
        CLOCK=clock(mhz),
        PRICES=price_table(prices, mhz),
        UTILISATION=str(UTILISATION),
        CONFIGURATION=config.to_toml().strip(),
        VERSIONS=", ".join(f"{name} {version}" for name, version in manifest["versions"].items()),
    )


def bus_figures(axi: AcceleratorPlan) -> list[list[str]]:
    """The bus in numbers, and what is buffered."""
    buffers = buffers_of(axi.core)
    held = "held and replayed" if buffers.activations else "streamed"
    ahead = f"{buffers.keys.words} beats held ahead" if buffers.keys else "not held beyond the bus's queues"
    return [
        ["bus", f"{axi.bus_bits} bits"],
        ["activations", f"{held} block by block"],
        ["keys", ahead],
    ]


def port_rows(axi: AcceleratorPlan) -> list[list[str]]:
    kinds = {"s_axi_": "AXI4-Lite", "m_axi_": "AXI4"}
    return [
        [f"`{name}`", way, str(width), MEANINGS.get(name, kinds.get(name[:6], ""))]
        for name, way, width in ports(axi.core)
    ]


def register_rows() -> list[list[str]]:
    return [
        [
            f"`{register.offset:#04x}`",
            f"`{register.name}`",
            register.access,
            ", ".join(f"`{bit}`" for bit in register.bits),
            register.about,
        ]
        for register in REGISTERS
    ]


def descriptor_rows() -> list[list[str]]:
    return [[str(field.offset), str(field.size), f"`{field.name}`", field.about] for field in DESCRIPTOR]


def memory_rows(axi: AcceleratorPlan) -> list[list[str]]:
    """What lies where in memory, stream by stream."""
    plan, config = axi.core, axi.core.config
    filled = "sign-extended" if isinstance(config.format, Integer) else "filled up with zeros"
    row = f"row (0 … {config.rows - 1})"
    return [
        [
            "keys",
            str(axi.keys.beat),
            f"{counted_keys(plan)}: column, table",
            f"{order_of_keys(plan)}; read once for each block of tokens",
        ],
        [
            "activations",
            str(axi.activations.beat),
            f"{counted(config.rows * plan.tile_length, plan.activation_width)}: {row}, activation",
            "block of tokens, n tile",
        ],
        [
            "results",
            str(axi.results.beat),
            f"{counted(axi.results_of_a_beat, axi.container_bits)}, of which {plan.result_width} count, "
            f"{filled}: {row}, column",
            "block of tokens, m tile",
        ],
    ]


def order_of_keys(plan: CorePlan) -> str:
    """The order in which beats of keys follow each other."""
    match plan.config.dataflow:
        case "output_stationary":
            return "m tile, n tile"
        case "table_stationary":
            return "n tile, m tile"
        case unknown:
            assert_never(unknown)


def block(rows: int) -> str:
    """What a block of tokens is."""
    if rows == 1:
        return "A block is a token."
    return f"A block is {tokens(rows)}; a last one of fewer is filled up with rows of zero activations."
