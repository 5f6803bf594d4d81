"""What software needs of an accelerator: a C header with its registers and descriptors, and an example."""

from __future__ import annotations

from collections.abc import Mapping

from dse.handoff.templates import text_of
from generator.formats import Integer
from generator.plan import top_name
from generator.plan.accelerator import AcceleratorPlan
from generator.plan.registers import (
    DESCRIPTOR,
    DESCRIPTOR_BYTES,
    ERROR_MEANINGS,
    IDENTITY,
    INTERFACE_VERSION,
    REGISTERS,
)


def software_files(axi: AcceleratorPlan) -> dict[str, str]:
    """Path below ``software/`` → text."""
    top = top_name(axi.core.config)
    size = str(DESCRIPTOR_BYTES)
    header = text_of(
        "software/ternlut.h",
        TOP=top,
        CONSTANTS=constants(axi),
        REGISTERS=registers(),
        ERRORS=errors(),
        DESCRIPTOR=descriptor(),
        DESCRIPTOR_BYTES=size,
        RESULT=f"{'' if isinstance(axi.core.config.format, Integer) else 'u'}int{axi.container_bits}_t",
    )
    return {"ternlut.h": header, "example.c": text_of("software/example.c", TOP=top, DESCRIPTOR_BYTES=size)}


def defined(values: Mapping[str, tuple[str, str]]) -> str:
    """Macros, each with its value and what it is."""
    name_width, value_width = max(map(len, values)), max(len(value) for value, _ in values.values())
    lines = []
    for name, (value, about) in values.items():
        comment = f"/* {about} */" if about else ""
        lines.append(f"#define TERNLUT_{name:<{name_width}} {value:<{value_width}} {comment}".rstrip())
    return "\n".join(lines)


def constants(axi: AcceleratorPlan) -> str:
    """The accelerator in numbers."""
    core = axi.core
    return defined(
        {
            "IDENTITY_VALUE": (f"{IDENTITY:#010x}u", ""),
            "INTERFACE_VALUE": (f"{INTERFACE_VERSION}u", ""),
            "CORE_VALUE": (f"0x{core.config.digest[:8]}u", "of the configuration"),
            "BUS_BYTES": (f"{axi.bus_bytes}u", "a word of the bus"),
            "TILE_INPUTS": (f"{core.tile_length}u", "activations of a tile"),
            "TILE_OUTPUTS": (f"{core.columns}u", "outputs of a tile"),
            "TILE_TOKENS": (f"{core.config.rows}u", "tokens of a block"),
            "ACTIVATION_BITS": (f"{core.activation_width}u", core.config.activation),
            "KEY_BEAT_BYTES": (f"{axi.keys.beat}u", "keys of a tile"),
            "ACTIVATION_BEAT_BYTES": (
                f"{axi.activations.beat}u",
                "activations of a tile, of a block of tokens",
            ),
            "RESULT_BEAT_BYTES": (f"{axi.results.beat}u", "results of a tile, of a block of tokens"),
            "RESULT_BITS": (f"{core.result_width}u", "that count in a result"),
        }
    )


def registers() -> str:
    """Offsets of registers, and their bits."""
    values = {}
    for register in REGISTERS:
        values[f"REG_{register.name}".upper()] = (
            f"{register.offset:#04x}u",
            f"{register.access}: {register.about}",
        )
        for bit, name in enumerate(register.bits):
            values[f"{register.name}_{name}_bit".upper()] = (f"{bit}", "")
    return defined(values)


def errors() -> str:
    """Error codes."""
    return defined(
        {f"ERROR_{code.name}": (f"{code.value}", meaning) for code, meaning in ERROR_MEANINGS.items()}
    )


def descriptor() -> str:
    """The members of the descriptor's structure."""
    lines, end = [], 0
    for field in DESCRIPTOR:
        assert field.offset == end, f"{field.name} does not follow what is before it"
        kind = "float" if field.name == "scale" else f"uint{8 * field.size}_t"
        lines.append(f"    {kind} {field.name}; /* {field.about} */")
        end += field.size
    lines.append(f"    uint8_t reserved[{DESCRIPTOR_BYTES - end}]; /* 0 */")
    return "\n".join(lines)
