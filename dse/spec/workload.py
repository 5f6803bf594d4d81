"""What the hardware is to compute: the ternary linear layers of a model, and how many tokens at a time.

A model is described by the fields of its Hugging Face ``config.json``; the built-in ones are a table of
those, so a new model is data.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generator.config import one_line, read_toml
from generator.errors import WorkloadError


class Layer(BaseModel):
    """y[outputs] = W[outputs, inputs] · x[inputs], ``count`` times in the model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    inputs: int = Field(ge=1, le=1 << 24)
    outputs: int = Field(ge=1, le=1 << 24)
    count: int = Field(default=1, ge=1)


class Transformer(BaseModel):
    """A decoder with a gated feed-forward network, in the names of Hugging Face's ``config.json``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    hidden_size: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int | None = Field(default=None, ge=1)
    head_dim: int | None = Field(default=None, ge=1)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its linear layers: q, k, v, o, gate, up, down, each once a block."""
        head = self.head_dim or self.hidden_size // self.num_attention_heads
        queries = self.num_attention_heads * head
        keys = (self.num_key_value_heads or self.num_attention_heads) * head
        shapes = {
            "q": (self.hidden_size, queries),
            "k": (self.hidden_size, keys),
            "v": (self.hidden_size, keys),
            "o": (queries, self.hidden_size),
            "gate": (self.hidden_size, self.intermediate_size),
            "up": (self.hidden_size, self.intermediate_size),
            "down": (self.intermediate_size, self.hidden_size),
        }
        return tuple(
            Layer(name=name, inputs=inputs, outputs=outputs, count=self.num_hidden_layers)
            for name, (inputs, outputs) in shapes.items()
        )


class Shape(NamedTuple):
    """Layers of one shape: N inputs, M outputs, and how many there are."""

    inputs: int
    outputs: int
    layers: int


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
            return {**values, "layers": find_model(str(values["model"])).layers}
        if isinstance(values, dict) and isinstance(values.get("layers"), str):
            return {**values, "layers": read_layers(Path(values["layers"]))}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.layers:
            raise WorkloadError(f"model or layers is missing: {', '.join(models())} are built in")
        return self

    @property
    def title(self) -> str:
        """The workload in a few words."""
        own = "an own layer" if len(self.layers) == 1 else f"{len(self.layers)} own layers"
        name = find_model(self.model).title or self.model if self.model else own
        return f"{name}, {'decode' if self.tokens == 1 else f'{self.tokens} tokens at once'}"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The distinct shapes, how often each occurs in the whole model."""
        counts: Counter[tuple[int, int]] = Counter()
        for layer in self.layers:
            counts[layer.inputs, layer.outputs] += layer.count
        return tuple(Shape(*shape, count) for shape, count in counts.items())

    @property
    def macs(self) -> int:
        """Ternary multiply-accumulates of one token."""
        return sum(shape.inputs * shape.outputs * shape.layers for shape in self.shapes)

    @property
    def launches(self) -> int:
        """Layers run for one token."""
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
    import pandas as pd  # of some weight, and here alone

    try:
        table = pd.read_csv(path, skipinitialspace=True, comment="#")
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise WorkloadError(f"{path}: not CSV: {str(error).splitlines()[0]}") from None
    layers = []
    for line, row in enumerate(table.to_dict("records"), start=1):
        try:
            layers.append(Layer.model_validate({**row, "name": str(row.get("name", f"layer {line}"))}))
        except ValidationError as error:
            raise WorkloadError(f"{path}: layer {line}: {one_line(error, Layer)}") from None
    if not layers:
        raise WorkloadError(f"{path}: holds no layers: name,inputs,outputs and a line a layer are expected")
    return tuple(layers)


@cache
def models() -> dict[str, Transformer]:
    """The built-in models by name."""
    text = (resources.files("dse.spec") / "data" / "models.toml").read_text(encoding="utf-8")
    return {name: Transformer.model_validate(fields) for name, fields in tomllib.loads(text).items()}


@cache
def find_model(name: str) -> Transformer:
    """The built-in model ``name`` (case, dots and underscores do not matter), or that of a JSON or TOML file.

    Raises ``WorkloadError`` where there is none.
    """
    plain = name.lower().rpartition("/")[2].replace(".", "-").replace("_", "-")
    found = [known for known in models() if plain == known or plain.replace("-instruct", "") == known]
    if found:
        return models()[found[0]]
    path = Path(name)
    if path.suffix not in (".json", ".toml"):
        raise WorkloadError(
            f"model {name!r} is unknown: {', '.join(models())} are built in, a path ends in .json or .toml"
        )
    try:
        fields = read_toml(path) if path.suffix == ".toml" else json.loads(path.read_text(encoding="utf-8"))
        return Transformer.model_validate(fields)
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        raise WorkloadError(f"{path}: {one_line(error, Transformer)}") from None
    except ValueError as error:
        raise WorkloadError(f"{path}: not JSON: {error}") from None
