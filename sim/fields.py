"""Fields of any width in bytes: how streams carry several numbers in a beat, the first in the lowest bits."""

from __future__ import annotations

import binascii
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


def beat_bytes(fields: int, width: int) -> int:
    """Bytes of a beat of ``fields`` fields of ``width`` bits."""
    return -(-fields * width // 8)


def pack_fields(values: NDArray[Any], width: int) -> NDArray[np.uint8]:
    """[beats, fields] of ``width`` ≤ 64 bits as [beats, bytes], least significant first, zero-padded.

    Of each value the lowest ``width`` bits are taken.
    """
    if width in (8, 16, 32, 64):
        return np.ascontiguousarray(values.astype(f"<u{width // 8}", copy=False)).view(np.uint8)
    if width <= 16:
        return _pack_narrow(values, width)
    octets = np.ascontiguousarray(values, dtype="<u8").view(np.uint8).reshape(*values.shape, 8)
    bits = np.unpackbits(octets, axis=-1, bitorder="little", count=width)
    return np.packbits(bits.reshape(len(values), -1), axis=-1, bitorder="little")


def unpack_fields(
    beats: NDArray[np.uint8], fields: int, width: int, signed: bool = True
) -> NDArray[np.int64]:
    """[beats, bytes] as [beats, fields] of numbers of ``width`` ≤ 64 bits, two's complement if ``signed``."""
    bits = np.unpackbits(beats, axis=-1, bitorder="little", count=fields * width)
    bits = bits.reshape(len(beats), fields, width)
    sign = np.repeat(bits[..., -1:] & signed, 64 - width, axis=-1)
    octets = np.packbits(np.concatenate([bits, sign], axis=-1), axis=-1, bitorder="little")
    return octets.view("<i8")[..., 0].astype(np.int64)


def unpack_unsigned(beats: NDArray[np.uint8], fields: int, width: int) -> NDArray[Any]:
    """[beats, bytes] as [beats, fields] of unsigned numbers of ``width`` ≤ 64 bits."""
    if width in (8, 16, 32, 64):
        return np.ascontiguousarray(beats[:, : beat_bytes(fields, width)]).view(f"<u{width // 8}")
    return _unpack_narrow(beats, fields, width) if width < 16 else unpack_fields(beats, fields, width, False)


def _pack_narrow(values: NDArray[Any], width: int) -> NDArray[np.uint8]:
    """``pack_fields`` for up to 16 bits, eight fields at a time in 64-bit words.

    The fields begin as wide as their type (8 or 16 bits). A step closes the gap between neighbours in every
    word at once: pairs, then pairs of pairs, until a word, or with 16-bit fields two, hold eight fields that
    touch, which is ``width`` bytes.
    """
    lane = 8 if width <= 8 else 16
    beats, fields = values.shape
    lanes = np.dtype(f"<u{lane // 8}")
    if fields % 8:
        padded = np.zeros((beats, -(-fields // 8) * 8), dtype=lanes)
        padded[:, :fields] = values.astype(lanes)
    else:
        padded = np.ascontiguousarray(values.astype(lanes, copy=False))
    words = padded.view("<u8") & _repeated((1 << width) - 1, lane)
    held, apart = width, lane
    while apart < 64:
        low = _repeated((1 << apart) - 1, 2 * apart)
        upper = words & ~low
        upper >>= np.uint64(apart - held)
        words &= low
        words |= upper
        held, apart = 2 * held, 2 * apart
    if lane == 16:
        words = words.reshape(beats, -1, 2)
        joined = words.copy()
        if held < 64:
            joined[..., 0] |= words[..., 1] << np.uint64(held)
            joined[..., 1] >>= np.uint64(64 - held)
        words = joined
    # The first bytes of every word or two: as one element of that many bytes they are copied at once.
    taken = words.view([("taken", f"V{width}"), ("rest", f"V{lane - width}")])["taken"]
    octets = np.ascontiguousarray(taken).view(np.uint8).reshape(beats, -1)
    return np.ascontiguousarray(octets[:, : beat_bytes(fields, width)])


def _unpack_narrow(beats: NDArray[np.uint8], fields: int, width: int) -> NDArray[Any]:
    """``unpack_unsigned`` for less than 16 bits: the steps of ``_pack_narrow`` back."""
    lane = 8 if width <= 8 else 16
    count, eights = len(beats), -(-fields // 8)
    octets = np.zeros((count, eights * width), dtype=np.uint8)
    used = min(beats.shape[1], octets.shape[1])
    octets[:, :used] = beats[:, :used]
    words = np.zeros((count, eights * lane // 8), dtype="<u8")
    places = words.view([("taken", f"V{width}"), ("rest", f"V{lane - width}")])
    places["taken"] = octets.view(f"V{width}")
    held, apart = 8 * width, 64
    if lane == 16:
        held = 4 * width
        pairs = words.reshape(count, -1, 2)
        pairs[..., 1] = (pairs[..., 0] >> np.uint64(held)) | (pairs[..., 1] << np.uint64(64 - held))
    while apart > lane:
        held, apart = held // 2, apart // 2
        low = _repeated((1 << held) - 1, 2 * apart)
        upper = words >> np.uint64(held)
        upper &= low
        upper <<= np.uint64(apart)
        words &= low
        words |= upper
    return words.view(f"<u{lane // 8}")[:, :fields]


def _repeated(pattern: int, period: int) -> np.uint64:
    """``pattern`` in every ``period`` bits of a word."""
    return np.uint64(sum(pattern << at for at in range(0, 64, period)))


def hex_lines(octets: NDArray[np.uint8]) -> bytes:
    """Beats [beats, bytes] as lines for ``$readmemh``, the most significant byte first."""
    beats, size = octets.shape
    if size % 2:
        reversed_beats = np.ascontiguousarray(octets[:, ::-1])
        return binascii.hexlify(reversed_beats.data, b"\n", size) + b"\n"
    # Two bytes at a time from a table: half as long as hexlify and to put the newlines in.
    pairs = np.ascontiguousarray(octets).view("<u2")
    lines = np.empty((beats, 2 * size + 1), dtype=np.uint8)
    lines[:, -1] = ord("\n")
    lines[:, :-1] = _digits()[pairs[:, ::-1].astype(np.intp)].view(np.uint8)
    return lines.tobytes()


@lru_cache
def _digits() -> NDArray[np.uint32]:
    """The four hexadecimal digits of every 16-bit number, in a word each."""
    return np.frombuffer(b"".join(b"%04x" % number for number in range(1 << 16)), dtype=np.uint32)
