"""What the hardware is to compute: a model, and the requests that it is to answer.

A model is described by the fields of its Hugging Face ``config.json`` (``model_config``); the built-in ones
are a table of those, so a new model is data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dse.spec.decoder import Decoder
from dse.spec.layer import Layer
from dse.spec.layer_table import read_layers
from dse.spec.models import find_model, models
from dse.spec.request import MOST_TOKENS, Passes, Request
from generator.errors import WorkloadError
from generator.validation import one_line

MOST_MACS = 1 << 60
"""Multiply-accumulates that can be counted."""

Stored = Literal["none", "int4", "int8", "fp8_e4m3", "fp16", "bf16"]
Head = Literal["none", "ternary", "int4", "int8", "bf16"]

BITS = {"none": 0, "ternary": 0, "int4": 4, "int8": 8, "fp8_e4m3": 8, "fp16": 16, "bf16": 16}
"""Bits of a value in memory; a ternary output head is read as keys, whose bits are the core's."""

REQUEST_KEYS = ("prompt", "generate", "batch", "context")
"""Keys of a request that a workload of one request may state itself."""


class Shape(NamedTuple):
    """Layers of one shape: N inputs, M outputs, how many are run for B tokens, each with how many of them."""

    inputs: int
    outputs: int
    layers: int
    tokens: int


class Served(BaseModel):
    """One of several models that requests ask: its ``name`` in the spec, its title, what it consists of."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    title: str
    layers: tuple[Layer, ...] = Field(strict=False)
    decoder: Decoder


class Workload(BaseModel):
    """A model, and one or several requests that it answers; or several models with a request or more each.

    In a spec either ``model`` names the layers (built in, or the path of a ``config.json``), or ``layers``
    lists them, or names a CSV file that does. A request is ``prompt``, ``generate``, ``batch`` and
    ``context``, or several are ``requests``. ``tokens = B`` is short for one pass of B tokens without
    anything before: one token made (B = 1), or B tokens read at once. Prompts are read in blocks of ``block``
    tokens, all at once where that is 0.

    What is not ternary counts, too: the output ``head``, the ``embedding`` and the keys and values of earlier
    tokens, ``kv``, in these formats; ``none`` leaves one out. ``tied``: whether output head and embedding are
    one matrix, where it is not as in the model's config. ``decoder`` has the sizes of all that; with a model
    it follows from the config.

    Where requests have a ``model`` each, ``served`` are these; model, layers and decoder are then those of
    the first request.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ignored_types=(cached_property,))

    model: str | None = None
    layers: tuple[Layer, ...] = Field(default=(), strict=False)
    tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    requests: tuple[Request, ...] = Field(default=(), strict=False)
    block: int = Field(default=0, ge=0, le=MOST_TOKENS)
    head: Head = "bf16"
    embedding: Stored = "bf16"
    kv: Stored = "bf16"
    tied: bool | None = None
    decoder: Decoder = Decoder()
    served: tuple[Served, ...] = Field(default=(), strict=False)

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        values = _with_models(_with_requests(values))
        if values.get("model") is not None and not values.get("layers"):
            if not isinstance(values["model"], str):
                raise WorkloadError(f"model = {values['model']!r}: the name of one model is expected")
            model = find_model(values["model"])
            return {"decoder": model.decoder, **values, "layers": model.layers}
        if isinstance(values.get("layers"), str):
            return {**values, "layers": read_layers(Path(values["layers"]))}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.layers:
            raise WorkloadError(f"model or layers is missing: {', '.join(models())} are built in")
        most = max(passes.tokens for _, passes in self.passes)
        if self.macs * most > MOST_MACS:
            raise WorkloadError(
                f"{self.macs * most:.1e} multiply-accumulates for {most:,} tokens: "
                f"{MOST_MACS:.1e} are the most"
            )
        names = [request.name for request in self.requests]
        if len(names) > 1 and (not all(names) or len(set(names)) < len(names)):
            raise WorkloadError("requests: of several each has a name of its own, name = ...")
        return self

    @property
    def title(self) -> str:
        """The workload in a few words."""
        unnamed = "an own layer" if len(self.layers) == 1 else f"{len(self.layers)} own layers"
        name = (
            find_model(self.model).title or Path(self.model).stem
            if self.model and not self.served
            else unnamed
        )
        names = [one.title or Path(one.name).stem for one in self.served] or [name]
        return f"{' and '.join(names)}, {'; '.join(self._request_titles())}"

    def _request_titles(self) -> Iterator[str]:
        for request in self.requests:
            yield f"{request.name}: {request.title}" if len(self.requests) > 1 else request.title
        if not self.requests:
            yield "decode" if self.tokens in (None, 1) else f"{self.tokens} tokens at once"

    @cached_property
    def asked(self) -> tuple[Request, ...]:
        """The requests, weighted so that the weights add up to 1."""
        at_once = self.tokens or 1
        alone = Request(generate=1) if at_once == 1 else Request(prompt=at_once)
        requests = self.requests or (alone,)
        total = sum(request.weight for request in requests)
        return tuple(request.model_copy(update={"weight": request.weight / total}) for request in requests)

    @cached_property
    def passes(self) -> tuple[tuple[Request, Passes], ...]:
        """All passes of every request."""
        return tuple((request, passes) for request in self.asked for passes in request.passes(self.block))

    @cached_property
    def rated(self) -> Passes:
        """The passes that figures of a pass are of: of the first request, those that make tokens one after
        the other, or read the prompt where there are none."""
        passes = self.asked[0].passes(self.block)
        return next((each for each in passes if each.phase == "generate"), passes[0])

    def serving(self, model: str | None) -> Workload:
        """The workload as ``model`` has it, one of those that requests name; None is the only one."""
        if model is None or model == self.model:
            return self
        (chosen,) = (one for one in self.served if one.name == model)
        return self.model_copy(
            update={"model": model, "layers": chosen.layers, "decoder": chosen.decoder, "served": ()}
        )

    @property
    def models(self) -> tuple[Workload, ...]:
        """The workload as each of its models has it."""
        return tuple(self.serving(one.name) for one in self.served) or (self,)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Parts of the model that are not counted, because they are switched off or not known."""
        if not self.model:
            return ()
        parts = []
        if self.head == "none" or not self.decoder.vocabulary:
            parts.append("output head")
        if self.embedding == "none":
            parts.append("embedding")
        if self.kv == "none":
            parts.append("cache of keys and values")
        return tuple(parts)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The distinct shapes of a pass, how often each is run for its B tokens, and with how many."""
        return self.shapes_of(self.rated.tokens)

    def shapes_of(self, tokens: int) -> tuple[Shape, ...]:
        """The distinct shapes, how often each is run for ``tokens`` tokens, and with how many of them.

        Of experts as many are run as the tokens need.
        """
        counts: Counter[tuple[int, int, int]] = Counter()
        for layer in self.layers:
            count, used = layer.used(tokens)
            counts[layer.inputs, layer.outputs, used] += count
        return tuple(Shape(inputs, outputs, count, used) for (inputs, outputs, used), count in counts.items())

    def ternary_head(self, sequences: int) -> Shape | None:
        """The output head as a layer for the last token of each of ``sequences``, where it is ternary."""
        if self.head != "ternary" or not self.decoder.vocabulary:
            return None
        return Shape(self.decoder.width, self.decoder.vocabulary, 1, sequences)

    @cached_property
    def macs(self) -> float:
        """Ternary multiply-accumulates of one token, but for those of an output head; of several models the
        mean of the tokens that rates are of."""
        if not self.served:
            return _macs(self.layers)
        rated = [(request.weight, each) for request, each in self.passes if each.phase == self.rated.phase]
        tokens = [weight * each.tokens * len(each.contexts) for weight, each in rated]
        macs = [_macs(self.serving(each.model).layers) for _, each in rated]
        return sum(t * m for t, m in zip(tokens, macs, strict=True)) / sum(tokens)

    @property
    def weights(self) -> int:
        """Ternary weights of all models, those of experts that a token does not need included."""
        return sum(
            layer.inputs * layer.outputs * (layer.stored or layer.count)
            for model in self.models
            for layer in model.layers
        )

    @property
    def launches(self) -> int:
        """Layers run for the B tokens of a pass."""
        return sum(shape.layers for shape in self.shapes)

    @property
    def longest_layer(self) -> Layer:
        """The layer of the largest N."""
        return max((layer for model in self.models for layer in model.layers), key=lambda layer: layer.inputs)

    @property
    def longest(self) -> int:
        """The largest N."""
        heads = [head.inputs for model in self.models if (head := model.ternary_head(1))]
        return max(self.longest_layer.inputs, *heads, 0)

    @property
    def widest(self) -> int:
        """The largest M."""
        heads = [head.outputs for model in self.models if (head := model.ternary_head(1))]
        return max(*(layer.outputs for model in self.models for layer in model.layers), *heads, 0)


def _macs(layers: Iterable[Layer]) -> int:
    return sum(layer.inputs * layer.outputs * layer.count for layer in layers)


def _with_models(values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with the models that requests name, if they do, and the first one's as its own."""
    requests = values.get("requests") or ()
    if values.get("served") or not isinstance(requests, list | tuple):
        return values
    named = [_stated_model(request) for request in requests]
    if not any(named):
        return values
    names = [name or values.get("model") for name in named]
    for request, name in zip(requests, names, strict=True):
        if not isinstance(name, str):
            stated = request.get("name", "") if isinstance(request, dict) else request.name
            raise WorkloadError(f"requests: model of {stated!r} is missing: all have one, or none")
    served = {str(name): find_model(str(name)) for name in names}
    return values | {
        "requests": tuple(
            {**(request if isinstance(request, dict) else request.model_dump()), "model": name}
            for request, name in zip(requests, names, strict=True)
        ),
        "served": tuple(
            Served(name=name, title=model.title, layers=model.layers, decoder=model.decoder)
            for name, model in served.items()
        ),
        "model": names[0],
        "layers": served[str(names[0])].layers,
        "decoder": served[str(names[0])].decoder,
    }


def _stated_model(request: Any) -> Any:
    return request.get("model") if isinstance(request, dict) else getattr(request, "model", None)


def _with_requests(values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with the request that they state themselves among ``requests``."""
    stated = {key: values[key] for key in REQUEST_KEYS if values.get(key) is not None}
    others = [key for key in ("tokens", "requests") if values.get(key)]
    if not stated and len(others) < 2:
        return values
    if others:
        given = " and ".join([*stated, *others])
        raise WorkloadError(
            f"workload: {given}: either tokens, or {', '.join(REQUEST_KEYS)}, or requests are expected"
        )
    try:
        request = Request.model_validate(stated)
    except ValidationError as error:
        raise WorkloadError(f"workload.{one_line(error, Request)}") from None
    rest = {key: value for key, value in values.items() if key not in REQUEST_KEYS}
    return {**rest, "requests": (request,)}
