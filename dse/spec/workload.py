"""What the hardware is to compute: the ternary linear layers of a model, and how many tokens at a time.

A model is described by the fields of its Hugging Face ``config.json`` (``model_config``); the built-in ones
are a table of those, so a new model is data.
"""

from __future__ import annotations

import csv
import difflib
import json
import tomllib
from collections import Counter
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dse.spec.layer import Layer
from dse.spec.model_config import layers_of
from generator.errors import WorkloadError
from generator.toml import read_toml
from generator.validation import one_line

MOST_MACS = 1 << 60
"""Multiply-accumulates that can be counted."""


class Model(NamedTuple):
    """A model's name in words, and its ternary linear layers."""

    title: str
    layers: tuple[Layer, ...]


class Shape(NamedTuple):
    """Layers of one shape: N inputs, M outputs, how many are run for B tokens, each with how many of them."""

    inputs: int
    outputs: int
    layers: int
    tokens: int


class Workload(BaseModel):
    """A model's layers, each run on ``tokens`` tokens at once (B = 1 is decoding).

    In a spec either ``model`` names the layers (built in, or the path of a ``config.json``), or ``layers``
    lists them, or names a CSV file that does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: str | None = None
    layers: tuple[Layer, ...] = Field(default=(), strict=False)
    tokens: int = Field(default=1, ge=1, le=1 << 20)

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("model") is not None and not values.get("layers"):
            if not isinstance(values["model"], str):
                raise WorkloadError(f"model = {values['model']!r}: the name of one model is expected")
            return {**values, "layers": find_model(values["model"]).layers}
        if isinstance(values, dict) and isinstance(values.get("layers"), str):
            return {**values, "layers": read_layers(Path(values["layers"]))}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.layers:
            raise WorkloadError(f"model or layers is missing: {', '.join(models())} are built in")
        if self.macs * self.tokens > MOST_MACS:
            raise WorkloadError(
                f"{self.macs * self.tokens:.1e} multiply-accumulates for {self.tokens:,} tokens: "
                f"{MOST_MACS:.1e} are the most"
            )
        return self

    @property
    def title(self) -> str:
        """The workload in a few words."""
        unnamed = "an own layer" if len(self.layers) == 1 else f"{len(self.layers)} own layers"
        name = find_model(self.model).title or self.model if self.model else unnamed
        return f"{name}, {'decode' if self.tokens == 1 else f'{self.tokens} tokens at once'}"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The distinct shapes, how often each is run for the B tokens, and with how many of them at a time.

        Of experts as many are run as the tokens need.
        """
        counts: Counter[tuple[int, int, int]] = Counter()
        for layer in self.layers:
            count, tokens = layer.used(self.tokens)
            counts[layer.inputs, layer.outputs, tokens] += count
        return tuple(
            Shape(inputs, outputs, count, tokens) for (inputs, outputs, tokens), count in counts.items()
        )

    @property
    def macs(self) -> int:
        """Ternary multiply-accumulates of one token."""
        return sum(layer.inputs * layer.outputs * layer.count for layer in self.layers)

    @property
    def weights(self) -> int:
        """Ternary weights of the model, those of experts that a token does not need included."""
        return sum(layer.inputs * layer.outputs * (layer.stored or layer.count) for layer in self.layers)

    @property
    def launches(self) -> int:
        """Layers run for the B tokens."""
        return sum(shape.layers for shape in self.shapes)

    @property
    def longest(self) -> int:
        """The largest N."""
        return max(layer.inputs for layer in self.layers)

    @property
    def widest(self) -> int:
        """The largest M."""
        return max(layer.outputs for layer in self.layers)


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


@cache
def models() -> dict[str, Model]:
    """The built-in models by name."""
    text = (resources.files("dse.spec") / "data" / "models.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {name: Model(fields["title"], layers_of(fields)) for name, fields in tables.items()}


VARIANTS = ("-instruct", "-base", "-unpacked", "-gguf")
"""What names of the same shapes end in."""


@cache
def find_model(name: str) -> Model:
    """The built-in model ``name`` (case, dots and underscores do not matter), or that of a JSON or TOML file.

    Raises ``WorkloadError`` where there is none.
    """
    plain = name.lower().rpartition("/")[2].replace(".", "-").replace("_", "-")
    bare = plain
    for variant in VARIANTS:
        bare = bare.replace(variant, "")
    built_in = models().get(plain) or models().get(bare)
    if built_in is not None:
        return built_in
    path = Path(name)
    if path.suffix not in (".json", ".toml"):
        close = difflib.get_close_matches(bare, models(), n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise WorkloadError(
            f"model {name!r} is unknown{hint}: {', '.join(models())} are built in, a path ends in .json or "
            ".toml"
        )
    try:
        fields = read_toml(path) if path.suffix == ".toml" else read_json(path)
        title = fields.get("title", "") if isinstance(fields, dict) else ""
        return Model(str(title), layers_of(fields))
    except WorkloadError as error:
        raise WorkloadError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None


def read_json(path: Path) -> Any:
    """The contents of a JSON file, with or without a byte order mark; ``WorkloadError`` in one line."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise WorkloadError(f"{path}: not JSON: {str(error).splitlines()[0]}") from None
