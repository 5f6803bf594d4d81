"""Names of a core's modules."""

from __future__ import annotations

from typing import assert_never

from generator.alphabets import TERNARY
from generator.config import CoreConfig


def format_name(config: CoreConfig) -> str:
    """The activation format, and what is done with it, in a module's name."""
    cut = "t" if config.rounding == "truncate" else ""
    bits = f"{config.aligned_bits}{cut}" if config.aligned_bits else ""
    datapath = f"_{config.datapath}{bits}" if config.datapath else ""
    return config.activation + ("s" if config.symmetric else "") + datapath


def group_name(config: CoreConfig) -> str:
    """The group size, and the alphabet of its weights, in a module's name."""
    alphabet = "" if config.alphabet == TERNARY else f"_{config.alphabet}"
    depth = f"_d{config.table_depth}" if config.table_depth else ""
    symmetry = "" if config.symmetry == "half" else f"_{config.symmetry}"
    return f"mu{config.group_size}{alphabet}{depth}{symmetry}"


def architecture_name(config: CoreConfig) -> str:
    """The architecture, and the group size of one that has groups, in a module's name."""
    match config.architecture:
        case "lut":
            return f"lut_{group_name(config)}"
        case "select" | "multiplier":
            return config.architecture
        case unknown:
            assert_never(unknown)


def core_name(config: CoreConfig) -> str:
    """A name that no other core has: the main parameters, and a digest of all of them."""
    rows = f"x{config.rows}" if config.rows > 1 else ""
    cores = f"_{config.cores}{config.split}" if config.cores > 1 else ""
    shape = f"{config.tables}x{config.columns}{rows}{cores}"
    return f"{architecture_name(config)}_{format_name(config)}_{shape}_{config.digest}"


def top_name(config: CoreConfig) -> str:
    """The name of the emitted top."""
    return f"ternlut_{core_name(config)}"
