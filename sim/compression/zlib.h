// What Verilator's FST writer needs of zlib: RFC 1950 and 1951 with stored blocks. The writer keeps whichever
// is smaller of this and the plain data, so nothing of it reaches a file.
#pragma once

#include <cstdint>
#include <cstring>

typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef unsigned long uLongf;
#define Z_OK 0

static inline uLong compressBound(uLong size) { return size + 5 * (size / 65535 + 1) + 6; }

static inline int compress2(Bytef* target, uLongf* targetSize, const Bytef* source, uLong size, int) {
    Bytef* out = target;
    *out++ = 0x78;
    *out++ = 0x01;
    uint32_t a = 1;
    uint32_t b = 0;
    for (uLong at = 0; at < size; ++at) {
        a = (a + source[at]) % 65521;
        b = (b + a) % 65521;
    }
    uLong left = size;
    do {
        const uLong piece = left < 65535 ? left : 65535;
        left -= piece;
        const Bytef header[5] = {static_cast<Bytef>(left == 0), static_cast<Bytef>(piece),
                                 static_cast<Bytef>(piece >> 8), static_cast<Bytef>(~piece),
                                 static_cast<Bytef>(~piece >> 8)};
        std::memcpy(out, header, 5);
        std::memcpy(out + 5, source, piece);
        out += 5 + piece;
        source += piece;
    } while (left);
    const uint32_t check = b << 16 | a;
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<Bytef>(check >> shift);
    *targetSize = static_cast<uLongf>(out - target);
    return Z_OK;
}
