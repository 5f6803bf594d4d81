"""Names of a core's modules."""

from __future__ import annotations

from generator.config import CoreConfig


def format_name(config: CoreConfig) -> str:
    """The activation format, and what is done with it, in a module's name."""
    cut = "t" if config.rounding == "truncate" else ""
    bits = f"{config.aligned_bits}{cut}" if config.aligned_bits else ""
    datapath = f"_{config.datapath}{bits}" if config.datapath else ""
    return config.activation + ("s" if config.symmetric else "") + datapath


def core_name(config: CoreConfig) -> str:
    """A name that no other core has: the main parameters, and a digest of all of them."""
    group = f"mu{config.group_size}_" if config.architecture == "lut" else ""
    rows = f"x{config.rows}" if config.rows > 1 else ""
    shape = f"{config.tables}x{config.columns}{rows}"
    return f"{config.architecture}_{group}{format_name(config)}_{shape}_{config.digest}"
