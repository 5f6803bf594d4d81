"""What software sees of an accelerator: its registers, and the descriptor of a layer in memory.

One definition for hardware, C header, packer and documentation. Offsets are in bytes, numbers little endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Access = Literal["read", "write", "read/write", "write 1 to clear"]

IDENTITY = 0x54554C54
"""``TLUT``, in the order of its bytes in memory."""
INTERFACE_VERSION = 1
"""Counts up where registers or descriptors are no longer what they were."""
REGISTER_BITS = 32
REGISTER_SPACE = 256
"""Bytes of address space that the registers take."""
DESCRIPTOR_BYTES = 64
"""Bytes of a descriptor, which is aligned to as many: no burst that reads one crosses 4 KiB."""
ADDRESS_BITS = 64
COUNT_BITS = 16
"""Bits of the number of descriptors in a list."""


class ErrorCode(IntEnum):
    """Why an accelerator stopped before the end of its list."""

    NONE = 0
    VERSION = 1
    INPUTS = 2
    OUTPUTS = 3
    TOKENS = 4
    ALIGNMENT = 5
    SIZE = 6
    READ_SLAVE = 8
    READ_DECODE = 9
    WRITE_SLAVE = 10
    WRITE_DECODE = 11


ERROR_MEANINGS: dict[ErrorCode, str] = {
    ErrorCode.NONE: "none",
    ErrorCode.VERSION: "a descriptor of another version",
    ErrorCode.INPUTS: "inputs are 0, or more than the core sums",
    ErrorCode.OUTPUTS: "outputs are 0, or more than the core keeps or counts",
    ErrorCode.TOKENS: "tokens are 0, or more than 65,535",
    ErrorCode.ALIGNMENT: "an address or a stride is no multiple of the bus's bytes, or a descriptor's of 64",
    ErrorCode.SIZE: "the keys of the layer are 4 GiB or more",
    ErrorCode.READ_SLAVE: "a read was answered by SLVERR",
    ErrorCode.READ_DECODE: "a read was answered by DECERR",
    ErrorCode.WRITE_SLAVE: "a write was answered by SLVERR",
    ErrorCode.WRITE_DECODE: "a write was answered by DECERR",
}


@dataclass(frozen=True)
class Register:
    """A register of 32 bits; ``bits`` names those that have a meaning each, bit 0 first."""

    name: str
    offset: int
    access: Access
    about: str
    bits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A number of ``size`` bytes in a descriptor."""

    name: str
    offset: int
    size: int
    about: str


REGISTERS = (
    Register("identity", 0x00, "read", f"{IDENTITY:#010x}, which is TLUT"),
    Register("interface", 0x04, "read", "version of registers and descriptors"),
    Register("core", 0x08, "read", "first eight digits of the digest of the core's configuration"),
    Register("control", 0x0C, "write", "begins with the list, unless busy", ("start",)),
    Register(
        "status",
        0x10,
        "read",
        "at work; since the last start, the list is done, or was stopped",
        ("busy", "done", "failed"),
    ),
    Register("interrupt_enable", 0x14, "read/write", "which events interrupt", ("done", "failed")),
    Register("interrupt_status", 0x18, "write 1 to clear", "which events came", ("done", "failed")),
    Register("error", 0x1C, "read", "why the list was stopped"),
    Register("descriptors_low", 0x20, "read/write", "address of the list, bits 31 to 0"),
    Register("descriptors_high", 0x24, "read/write", "address of the list, bits 63 to 32"),
    Register("count", 0x28, "read/write", "descriptors of the list, at most 65,535"),
    Register("completed", 0x2C, "read", "descriptors that are done; the number of the one that failed"),
    Register("busy_cycles", 0x30, "read", "clock cycles from start to end of the list"),
    Register("key_waits", 0x34, "read", "cycles in which the core waited for keys"),
    Register("activation_waits", 0x38, "read", "cycles in which the core waited for activations"),
    Register("result_waits", 0x3C, "read", "cycles in which results waited to be written"),
    Register("words_read", 0x40, "read", "words that came over the bus"),
    Register("words_written", 0x44, "read", "words that went over the bus"),
    Register("bus_bytes", 0x48, "read", "bytes of a word of the bus"),
    Register("tile_inputs", 0x4C, "read", "activations of a tile"),
    Register("tile_outputs", 0x50, "read", "outputs of a tile"),
    Register("tile_tokens", 0x54, "read", "tokens of a block"),
    Register("most_inputs", 0x58, "read", "inputs of a layer at most"),
    Register("most_outputs", 0x5C, "read", "outputs of a layer at most"),
)

COUNTERS = (
    "busy_cycles", "key_waits", "activation_waits", "result_waits", "words_read", "words_written",
)  # fmt: skip
"""Registers that count from 0 after each start, modulo 2^32."""

DESCRIPTOR = (
    Field("version", 0, 4, f"{INTERFACE_VERSION}"),
    Field("inputs", 4, 4, "N: activations of a token"),
    Field("outputs", 8, 4, "M: results of a token"),
    Field("tokens", 12, 4, "B: rows of activations, at most 65,535"),
    Field("keys", 16, 8, "address of the keys, as keys.bin has them"),
    Field("activations", 24, 8, "address of the activations of the first block of tokens"),
    Field("results", 32, 8, "address of the results of the first block of tokens"),
    Field("activation_stride", 40, 4, "bytes from a block's activations to those of the next"),
    Field("result_stride", 44, 4, "bytes from a block's results to those of the next"),
    Field("scale", 48, 4, "for software: what results are multiplied by, a 32-bit float"),
    Field("tag", 52, 4, "for software: the number of the layer, for example"),
)

REGISTER = {register.name: register for register in REGISTERS}
FIELD = {field.name: field for field in DESCRIPTOR}
