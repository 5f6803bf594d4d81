"""What pydantic complains of, as a ``ConfigError`` in one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError

from generator.errors import ConfigError, instead

Valid = TypeVar("Valid", bound=BaseModel)

UNITS = {"_mhz": "MHz", "_ps": "ps", "_um2": "µm²", "_gb_per_s": "GB/s"}
"""By the end of a key's name."""


def validated(model: type[Valid], values: Any, handler: ModelWrapValidatorHandler[Valid]) -> Valid:
    """A ``model`` of ``values``; ``ConfigError`` in one line where they are not allowed."""
    try:
        return handler(values)
    except ValidationError as error:
        raise ConfigError(one_line(error, model)) from None


def one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """What pydantic complains of as a sentence with the key, the value and what is allowed.

    Of several complaints that of an unknown key comes first: it explains what is missing.
    """
    complaints = error.errors()
    first = next((each for each in complaints if each["type"] == "extra_forbidden"), complaints[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        fields = _model_at(model, first["loc"][:-1]).model_fields
        return f"unknown key {key!r}: {instead(first['loc'][-1], [f.alias or n for n, f in fields.items()])}"
    if first["type"] == "missing":
        return f"{key} is missing"
    message = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    message = message.partition(", unable to parse")[0]
    unit = next((unit for end, unit in UNITS.items() if key.endswith(end)), "")
    if unit and message == "a valid number":
        message = f"a number in {unit}"
    return f"{key} = {first['input']!r}: {message} is expected"


def _model_at(model: type[BaseModel], place: Iterable[int | str]) -> type[BaseModel]:
    """The model that describes what stands at ``place`` in what ``model`` describes."""
    for part in place:
        field = model.model_fields.get(str(part))
        inner = _models_in(field.annotation) if field else []
        model = inner[0] if inner else model
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
