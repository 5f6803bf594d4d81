"""Memories between a bus and the cores, as a core file states them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

BusBits = Literal[64, 128, 256, 512]


class BufferConfig(BaseModel):
    """Memories between a bus and the cores: table ``buffers`` of a core file. By default there are none.

    ``activations``: a block of tokens is written once and replayed for every tile of outputs, while the next
    one is written. ``keys``: so many beats of keys are held ahead, 0 for none. Streams that are buffered come
    as words of ``bus_bits`` that hold their beats' bytes one after the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    activations: bool = Field(default=False, description="a block of activations, replayed, and the next")
    keys: int = Field(default=0, ge=0, le=1 << 16, description="beats of keys held ahead; 0: none")
    bus_bits: BusBits = Field(default=128, description="width of the words of buffered streams")

    @property
    def any(self) -> bool:
        """Whether anything is buffered."""
        return self.activations or self.keys > 0
