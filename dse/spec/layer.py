"""A linear layer of a workload."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Layer(BaseModel):
    """y[outputs] = W[outputs, inputs] · x[inputs], ``count`` times for a token.

    ``stored``: how many there are in the model where a router picks ``count`` of them for each token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    inputs: int = Field(ge=1, le=1 << 24)
    outputs: int = Field(ge=1, le=1 << 24)
    count: int = Field(default=1, ge=1, le=1 << 24)
    stored: int | None = Field(default=None, ge=1, le=1 << 24)

    def used(self, tokens: int) -> tuple[int, int]:
        """How many of them B = ``tokens`` tokens at once need, and how many tokens each then has.

        A router is taken to spread tokens evenly: ever more experts have to be read, until all are.
        """
        if self.stored is None or self.stored <= self.count:
            return self.count, tokens
        needed = min(self.stored, self.count * tokens)
        return needed, -(-self.count * tokens // needed)
