// What Verilator's FST writer needs of LZ4, so that waves need no development package on the machine:
// a greedy compressor into the LZ4 block format (lz4_Block_format.md of the LZ4 project).
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

static inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

namespace ternlut {

// The length beyond a token's four bits: 255 for every full 255, then the rest.
static inline uint8_t* lz4Length(uint8_t* out, int length) {
    for (; length >= 255; length -= 255) *out++ = 255;
    *out++ = static_cast<uint8_t>(length);
    return out;
}

// One sequence: literals, then a match of `match` bytes `offset` back (none where `match` is 0).
static inline uint8_t* lz4Sequence(uint8_t* out, const uint8_t* literal, int literals, int offset, int match) {
    const int extra = match ? match - 4 : 0;
    *out++ = static_cast<uint8_t>((literals < 15 ? literals : 15) << 4 | (extra < 15 ? extra : 15));
    if (literals >= 15) out = lz4Length(out, literals - 15);
    if (literals) std::memcpy(out, literal, literals);
    out += literals;
    if (match) {
        *out++ = static_cast<uint8_t>(offset);
        *out++ = static_cast<uint8_t>(offset >> 8);
        if (extra >= 15) out = lz4Length(out, extra - 15);
    }
    return out;
}

}  // namespace ternlut

static inline int LZ4_compress_default(const char* source, char* target, int size, int) {
    const uint8_t* const in = reinterpret_cast<const uint8_t*>(source);
    uint8_t* out = reinterpret_cast<uint8_t*>(target);
    std::vector<int> seen(1 << 14, -1);
    int anchor = 0;
    // The format wants the last five bytes to be literals, and no match to start in the last twelve.
    for (int at = 0; at + 12 < size;) {
        uint32_t word;
        std::memcpy(&word, in + at, 4);
        int& slot = seen[(word * 2654435761u) >> 18];
        const int before = slot;
        slot = at;
        if (before < 0 || at - before > 65535 || std::memcmp(in + before, in + at, 4)) {
            ++at;
            continue;
        }
        int match = 4;
        while (at + match < size - 5 && in[before + match] == in[at + match]) ++match;
        out = ternlut::lz4Sequence(out, in + anchor, at - anchor, at - before, match);
        at += match;
        anchor = at;
    }
    out = ternlut::lz4Sequence(out, in + anchor, size - anchor, 0, 0);
    return static_cast<int>(out - reinterpret_cast<uint8_t*>(target));
}
