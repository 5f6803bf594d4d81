"""TOML as files and command lines have it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from generator.errors import ConfigError


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file; ``ConfigError`` in one line when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file, TOML is expected") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def parse_value(text: str) -> Any:
    """A TOML value; what is none is taken as a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
