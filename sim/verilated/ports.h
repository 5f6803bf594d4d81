// A model's ports as bytes. Verilator gives each port the smallest type that holds it, CData to QData, or above
// 64 bits a VlWide of 32-bit words; all of them hold the lowest byte first on the machines that we run on.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "beats are copied as little-endian bytes");

template <class Port>
void put(Port& port, const std::uint8_t* beat, std::size_t bytes) {
    auto* to = reinterpret_cast<std::uint8_t*>(&port);
    std::memcpy(to, beat, bytes);
    // Verilator takes for granted that bits above a port's width are zero.
    std::memset(to + bytes, 0, sizeof(Port) - bytes);
}

template <class Port>
const std::uint8_t* bytes_of(const Port& port) {
    return reinterpret_cast<const std::uint8_t*>(&port);
}

// Ports that tops with buffers have: whether a word is the last of its packet, and which of its bytes count.

template <class Top>
auto put_activation_end(Top& top, std::uint64_t keep, bool last, int) -> decltype((void)top.s_axis_activation_tkeep) {
    put(top.s_axis_activation_tkeep, bytes_of(keep), sizeof top.s_axis_activation_tkeep);
    top.s_axis_activation_tlast = last;
}

template <class Top>
void put_activation_end(Top&, std::uint64_t, bool, long) {}

template <class Top>
auto put_key_end(Top& top, std::uint64_t keep, bool last, int) -> decltype((void)top.s_axis_key_tkeep) {
    put(top.s_axis_key_tkeep, bytes_of(keep), sizeof top.s_axis_key_tkeep);
    top.s_axis_key_tlast = last;
}

template <class Top>
void put_key_end(Top&, std::uint64_t, bool, long) {}

// So many of the lowest bits.
inline std::uint64_t ones(std::size_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}
