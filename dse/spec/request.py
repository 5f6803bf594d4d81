"""A request: a prompt that is read, and tokens that are made one after the other; and the passes it takes.

A pass takes some tokens of every sequence through the whole model. A prompt is read in blocks, a pass a
block; the last one makes the first token. Every further token is a pass, with a context that grows by one.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generator.errors import WorkloadError

Phase = Literal["prompt", "generate"]
PHASES: tuple[Phase, ...] = get_args(Phase)

MOST_TOKENS = 1 << 20


class Passes(NamedTuple):
    """Passes that differ in their context alone, one for each of ``contexts``.

    Each takes ``each`` tokens of ``sequences`` sequences through the model, and makes one token of every
    sequence if it ``makes`` one. ``contexts`` are the tokens of a sequence before these.
    ``model``: the one that they go through, where requests say which.
    """

    phase: Phase
    sequences: int
    each: int
    contexts: range
    makes: bool
    model: str | None = None

    @property
    def tokens(self) -> int:
        """B, tokens of a pass."""
        return self.sequences * self.each


class Request(BaseModel):
    """``batch`` sequences side by side: ``prompt`` tokens of each are read, ``generate`` are made.

    ``context``: tokens that the cache holds of each before. ``weight``: how often the request comes beside
    others; ``name`` names its figures. ``model``: what answers it, where several models are asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$")
    model: str | None = None
    prompt: int = Field(default=0, ge=0, le=MOST_TOKENS)
    generate: int = Field(default=0, ge=0, le=MOST_TOKENS)
    batch: int = Field(default=1, ge=1, le=MOST_TOKENS)
    context: int = Field(default=0, ge=0, le=MOST_TOKENS)
    weight: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] = 1.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.prompt and not self.generate:
            raise WorkloadError("prompt and generate are 0: tokens that are read, or made, are expected")
        return self

    def passes(self, block: int) -> tuple[Passes, ...]:
        """All passes, the prompt in blocks of at most ``block`` tokens, of all of it where that is 0."""
        passes = []
        start = self.context
        if self.prompt:
            size = min(block or self.prompt, self.prompt)
            last = (self.prompt - 1) % size + 1
            end = start + self.prompt - last
            if end > start:
                passes.append(Passes("prompt", self.batch, size, range(start, end, size), False))
            passes.append(Passes("prompt", self.batch, last, range(end, end + 1), self.generate > 0))
            start += self.prompt
        further = self.generate - (self.prompt > 0)
        if further > 0:
            passes.append(Passes("generate", self.batch, 1, range(start, start + further), True))
        return tuple(each._replace(model=self.model) for each in passes)

    @property
    def title(self) -> str:
        """The request in a few words."""
        read = f"{self.prompt:,} tokens read" if self.prompt else ""
        made = (
            f"{self.generate:,} {'token' if self.generate == 1 else 'tokens'} made" if self.generate else ""
        )
        words = ", ".join(part for part in (read, made) if part)
        if self.context:
            words += f" after {self.context:,}"
        return words + (f", {self.batch:,} sequences at once" if self.batch > 1 else "")
