"""Models by name: the built-in ones, a table of the fields of their ``config.json``, and those of a file."""

from __future__ import annotations

import difflib
import json
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from dse.spec.decoder import Decoder
from dse.spec.layer import Layer
from dse.spec.model_config import read_model
from generator.errors import WorkloadError
from generator.toml import read_toml


class Model(NamedTuple):
    """A model's name in words, its ternary linear layers, and what it has beside them."""

    title: str
    layers: tuple[Layer, ...]
    decoder: Decoder


@cache
def models() -> dict[str, Model]:
    """The built-in models by name."""
    text = (resources.files("dse.spec") / "data" / "models.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {name: Model(fields["title"], *read_model(fields)) for name, fields in tables.items()}


VARIANTS = ("-instruct", "-base", "-unpacked", "-gguf")
"""What names of the same shapes end in."""


@cache
def find_model(name: str) -> Model:
    """The built-in model ``name`` (case and what separates do not matter), or that of a JSON or TOML file.

    Raises ``WorkloadError`` where there is none.
    """
    plain = name.lower().rpartition("/")[2].replace(".", "-").replace("_", "-")
    bare = plain
    for variant in VARIANTS:
        bare = bare.replace(variant, "")
    by_letters = {each.replace("-", ""): model for each, model in models().items()}
    built_in = by_letters.get(plain.replace("-", "")) or by_letters.get(bare.replace("-", ""))
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
        return Model(str(title), *read_model(fields))
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
