"""Layers that a CSV file lists."""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import ValidationError

from dse.spec.layer import Layer
from generator.errors import WorkloadError
from generator.validation import one_line


def read_layers(path: Path) -> tuple[Layer, ...]:
    """The layers in a CSV file with the columns name, inputs, outputs and, if they differ, count.

    Raises ``WorkloadError`` in one line where it is not one.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise WorkloadError(f"{path}: not a text file, CSV is expected") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if _says(line)]
    head = lines[0][1] if lines else ""
    # Some programs separate cells by semicolons or tabs, where a comma is the decimal point.
    separator = max(",;\t", key=head.count)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
    layers: list[Layer] = []
    for number, line in lines[1:]:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
        if len(cells) > len(names):
            raise WorkloadError(
                f"{path}: line {number}: {len(names)} cells are expected, it has {len(cells)}"
            )
        row = {name: _number(cell.strip()) for name, cell in zip(names, cells, strict=False) if cell.strip()}
        try:
            layers.append(
                Layer.model_validate({**row, "name": str(row.get("name", f"layer {len(layers) + 1}"))})
            )
        except ValidationError as error:
            raise WorkloadError(f"{path}: line {number}: {one_line(error, Layer)}") from None
    if not layers:
        raise WorkloadError(f"{path}: holds no layers: name,inputs,outputs and a line a layer are expected")
    return tuple(layers)


def _says(line: str) -> bool:
    """Whether a line of a table is more than separators and comments."""
    return bool(line.strip(" ,;\t")) and not line.lstrip().startswith("#")


def _number(cell: str) -> str | int:
    """A cell's whole number, also as 512.0 or 1e3; what is none stays text."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    return int(value) if value.is_integer() else cell
