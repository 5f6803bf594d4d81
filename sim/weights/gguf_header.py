"""Where the tensors of a GGUF file are, whatever their types.

The ``gguf`` package reads the header, and refuses the whole file for one type that it does not know. Its
reader is taken for everything but the list of tensors, and made to say where a damaged file ends.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType
from gguf.gguf_reader import ReaderField

OURS = {34: "TQ1_0", 35: "TQ2_0", 36: "I2_S", 42: "Q2_0", 142: "PQ2_0", 143: "PTQ1_0"}
"""Names of the ternary types, some of which the package lacks."""


class Stored(NamedTuple):
    """A tensor of the file: its type by name and number, its shape with the first axis slowest, where its
    bytes start in the file, and how many there are to the next one or to the end."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    room: int


def kind_of(number: int) -> str:
    """The name of a type, or ``type NUMBER`` where it has none that is known."""
    known = {int(kind): kind.name for kind in GGMLQuantizationType} | OURS
    return known.get(number, f"type {number}")


class GGUFHeader(GGUFReader):
    """The header of the GGUF file ``path``, and ``stored``, its tensors in the file's order.

    Raises ``ValueError`` in one line that says at which byte the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.stored: list[Stored] = []
        self._at = 0
        try:
            super().__init__(path)
        except (EndOfFile, ForeignOrder):
            raise
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"it is damaged, or of no known version, at byte {self._at:,}: {reason}"
            ) from None

    def _get(
        self,
        offset: int,
        dtype: npt.DTypeLike,
        count: int = 1,
        override_order: Literal["I", "S", "<"] | None = None,
    ) -> npt.NDArray[Any]:
        self._require(int(offset), int(offset) + np.dtype(dtype).itemsize * int(count))
        return super()._get(offset, dtype, count, override_order)

    def _get_field_parts(
        self, orig_offs: int, raw_type: int
    ) -> tuple[int, list[npt.NDArray[Any]], list[int], list[GGUFValueType]]:
        """Arrays, a tokenizer's vocabulary for example, are passed over: reading them takes seconds."""
        if raw_type != GGUFValueType.ARRAY:
            return super()._get_field_parts(orig_offs, raw_type)
        return self._end_of_array(int(orig_offs)) - int(orig_offs), [], [], [GGUFValueType.ARRAY]

    def _end_of_array(self, start: int) -> int:
        """Where an array that begins with its elements' type and count ends."""
        kind = GGUFValueType(int(self._get(start, np.uint32)[0]))
        count, at = int(self._get(start + 4, np.uint64)[0]), start + 12
        if kind == GGUFValueType.ARRAY:
            for _ in range(count):
                at = self._end_of_array(at)
        elif kind == GGUFValueType.STRING:
            octets: Any = self.data
            octets, length = memoryview(octets), struct.Struct("<Q" if self.byte_order == "I" else ">Q")
            for _ in range(count):
                self._require(at, at + length.size)
                at += length.size + length.unpack_from(octets, at)[0]
        else:
            at += count * np.dtype(self.gguf_scalar_to_np[kind]).itemsize
        self._require(start, at)
        return at

    def _require(self, start: int, end: int) -> None:
        """Raises where the file ends before ``end`` of what begins at ``start``."""
        self._at = start
        if end > len(self.data):
            raise EndOfFile(
                f"it is damaged or cut short: at byte {start:,} its header goes on to byte {end:,}, "
                f"the file has {len(self.data):,}"
            )

    def _build_tensors(self, start_offs: int, fields: list[ReaderField]) -> None:
        if self.byte_order != "I":
            raise ForeignOrder("it is big-endian, a little-endian file is expected")
        places = [int(start_offs) + int(field.parts[5][0]) for field in fields]
        ends = sorted({*places, len(self.data)})
        following = dict(zip(ends, [*ends[1:], len(self.data)], strict=True))
        names: set[str] = set()
        for field, start in zip(fields, places, strict=True):
            self._at = field.offset
            if field.name in names:
                raise ValueError(f"two tensors are named {field.name!r}")
            names.add(field.name)
            if start > len(self.data):
                raise EndOfFile(
                    f"it is damaged or cut short: tensor {field.name!r} is said to start at byte {start:,}, "
                    f"the file has {len(self.data):,}"
                )
            shape = tuple(int(size) for size in reversed(field.parts[3].tolist()))
            kind = kind_of(int(field.parts[4][0]))
            self.stored.append(Stored(field.name, kind, shape, start, following[start] - start))

    def octets(self, stored: Stored, count: int) -> npt.NDArray[np.uint8]:
        """The first ``count`` bytes of a tensor, mapped; ``ValueError`` where the file is shorter."""
        end = stored.start + count
        if end > len(self.data):
            raise EndOfFile(
                f"it is damaged or cut short: tensor {stored.name!r}, {list(stored.shape)}, goes on to "
                f"byte {end:,}, the file has {len(self.data):,}"
            )
        return np.asarray(self.data[stored.start : end])


class EndOfFile(ValueError):
    """The file is shorter than its header says."""


class ForeignOrder(ValueError):
    """The file is in the other byte order."""
