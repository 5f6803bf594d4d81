// When a stream pauses: a hash of the seed, the stream and the cycle (SplitMix64's), so that any other testbench
// can pause in the very same cycles; sim/pauses.py does.

#pragma once

#include <cstdint>

class Pauses {
public:
    Pauses() = default;
    Pauses(std::uint64_t seed, std::uint64_t stream, double probability)
        : start_(mixed(seed * 3 + stream)), below_(static_cast<std::uint64_t>(probability * 0x1p53)) {}

    bool at(std::uint64_t cycle) const {
        return below_ != 0 && (mixed(start_ + cycle * 0x9E3779B97F4A7C15u) >> 11) < below_;
    }

    static std::uint64_t mixed(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

private:
    std::uint64_t start_ = 0, below_ = 0;
};
