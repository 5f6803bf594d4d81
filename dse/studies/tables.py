"""Tables of studies, as CSV files that a study reads back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from generator.files import OutputError, describe, write_text


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Writes ``table`` without its index, numbers with six digits."""
    write_text(path, table.to_csv(index=False, float_format="%.6g"))


def read_table(path: Path) -> pd.DataFrame:
    """The table in ``path``; ``OutputError`` where it cannot be read."""
    try:
        return pd.read_csv(path)
    except OSError as error:
        raise OutputError(describe(error)) from None


def known_table(path: Path) -> pd.DataFrame | None:
    """What an earlier study left in ``path``; None where there is none."""
    return pd.read_csv(path) if path.exists() else None
