"""Waves are FST files with every signal of the core, made without any compression library installed."""

from __future__ import annotations

import math
import random
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from generator.config import CoreConfig
from sim.build import SimulationError
from sim.harness import simulate
from sim.layers import LayerData
from sim.program import HERE

CONFIG = CoreConfig(group_size=2, tables=2, columns=3, max_reduction=64)
LAYER = LayerData.random(CONFIG, 40, 8, tokens=2, seed=3)
HEADER, HIERARCHY_LZ4, LENGTH = 0, 6, 9


def blocks(fst: bytes) -> dict[int, bytes]:
    """An FST file's blocks by type: a byte of type, eight of length, which count themselves."""
    found, at = {}, 0
    while at < len(fst):
        length = struct.unpack(">Q", fst[at + 1 : at + LENGTH])[0]
        found[fst[at]] = fst[at + LENGTH : at + 1 + length]
        at += 1 + length
    assert at == len(fst)
    return found


def lz4(data: bytes) -> bytes:
    """Decode an LZ4 block, by the letter of its format description."""
    out, at = bytearray(), 0

    def length(nibble: int) -> int:
        nonlocal at
        if nibble == 15:
            while True:
                nibble += data[at]
                at += 1
                if data[at - 1] != 255:
                    break
        return nibble

    while at < len(data):
        token = data[at]
        at += 1
        literals = length(token >> 4)
        out += data[at : at + literals]
        at += literals
        if at == len(data):
            break
        offset = data[at] | data[at + 1] << 8
        at += 2
        assert 0 < offset <= len(out)
        for _ in range(length(token & 15) + 4):
            out.append(out[-offset])
    return bytes(out)


PROGRAM = """
#include <cstdio>
#include <vector>
#include "lz4.h"
#include "zlib.h"
int main(int argc, char**) {
    std::vector<char> in(1 << 20), out(LZ4_compressBound(1 << 20) + compressBound(1 << 20));
    const int size = fread(in.data(), 1, in.size(), stdin);
    uLongf made = 0;
    if (argc > 1) compress2((Bytef*)out.data(), &made, (const Bytef*)in.data(), size, 9);
    else made = LZ4_compress_default(in.data(), out.data(), size, out.size());
    fwrite(out.data(), 1, made, stdout);
}
"""


def test_our_compressors_write_what_others_read(tmp_path: Path) -> None:
    (tmp_path / "try.cc").write_text(PROGRAM)
    include = f"-I{HERE / 'compression'}"
    subprocess.run(["g++", include, "-o", tmp_path / "try", tmp_path / "try.cc"], check=True)
    rng = random.Random(1)
    samples = [rng.randbytes(size) for size in (0, 1, 12, 13, 300, 70_000)]
    samples += [bytes(rng.choices(b"ab", k=size)) for size in (5, 13, 200, 5_000)]
    samples += [b"x" * size for size in (4, 17, 100, 1_000, 200_000)]
    samples += [b"".join(rng.choices([b"column", b"table", b"\0\0\0\0"], k=30_000)) for _ in range(2)]
    for sample in samples:
        small = subprocess.run([tmp_path / "try"], input=sample, capture_output=True, check=True).stdout
        assert lz4(small) == sample
        stored = subprocess.run([tmp_path / "try", "z"], input=sample, capture_output=True, check=True).stdout
        assert zlib.decompress(stored) == sample


def test_waves_hold_the_names_of_the_cores_signals(tmp_path: Path) -> None:
    target = tmp_path / "new" / "waves.fst"
    result = simulate(CONFIG, LAYER.activations, LAYER.weights, waves=target)
    assert result.passed
    assert result.waves == target
    found = blocks(target.read_bytes())
    begin, end = struct.unpack(">QQ", found[HEADER][:16])
    (endianness,) = struct.unpack("<d", found[HEADER][16:24])
    assert begin == 0 < 2 * result.cycles < end
    assert endianness == math.e
    size = struct.unpack(">Q", found[HIERARCHY_LZ4][:8])[0]
    names = lz4(found[HIERARCHY_LZ4][8:])
    assert len(names) == size > len(found[HIERARCHY_LZ4])
    for name in (b"aclk", b"s_axis_key_tdata", b"m_axis_result_tvalid", b"sequencer", b"column2"):
        assert name in names


def test_a_place_where_no_file_can_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SimulationError, match=r"file/waves\.fst: .*$"):
        simulate(CONFIG, LAYER.activations, LAYER.weights, waves=tmp_path / "file" / "waves.fst")
