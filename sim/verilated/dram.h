// A memory off chip in time: so many bytes a cycle for all who share it, each burst after a latency. sim/dram.py is the
// same in Python.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

constexpr std::uint64_t TICKS = 1 << 24;  // parts of a cycle that times are counted in

// What a memory is busy with; without `ticks_per_byte` there is none, and everything is there at once.
struct Channel {
    std::uint64_t ticks_per_byte = 0, latency = 0, burst = 1, free = 0;

    // Asks for so many bytes; when the first begins to come.
    std::uint64_t read(std::uint64_t cycle, std::uint64_t bytes) {
        const std::uint64_t begin = std::max(free, (cycle + latency) * TICKS);
        free = begin + bytes * ticks_per_byte;
        return begin;
    }

    void write(std::uint64_t cycle, std::uint64_t bytes) {
        free = std::max(free, cycle * TICKS) + bytes * ticks_per_byte;
    }
};

// A stream's transfers of `size` bytes, `packet` of them together, `total` in all, read ahead: no more than `window`
// bytes are on their way, but always a burst.
class Reader {
public:
    Reader(Channel& channel, std::uint64_t size, std::uint64_t packet, std::uint64_t total, std::uint64_t window)
        : channel_(channel), size_(size), packet_(packet), left_(total), most_(std::max<std::uint64_t>(1, channel.burst / size)),
          window_(std::max(window / size, most_)), in_packet_(packet) {}

    void ask(std::uint64_t cycle) {
        while (channel_.ticks_per_byte && left_) {
            const std::uint64_t count = std::min(most_, in_packet_);
            if (under_way_ + count > window_) return;
            bursts_.push_back({channel_.read(cycle, count * size_), count, 0});
            under_way_ += count;
            left_ -= count;
            in_packet_ = in_packet_ == count ? packet_ : in_packet_ - count;
        }
    }

    bool there(std::uint64_t cycle) const {
        if (!channel_.ticks_per_byte) return true;
        if (bursts_.empty()) return false;
        const Burst& next = bursts_.front();
        return next.begin + (next.handed + 1) * size_ * channel_.ticks_per_byte <= cycle * TICKS;
    }

    void hand() {
        if (!channel_.ticks_per_byte) return;
        --under_way_;
        if (++bursts_.front().handed == bursts_.front().count) bursts_.pop_front();
    }

private:
    struct Burst {
        std::uint64_t begin, count, handed;
    };

    Channel& channel_;
    const std::uint64_t size_, packet_;
    std::uint64_t left_;
    const std::uint64_t most_, window_;
    std::uint64_t in_packet_, under_way_ = 0;
    std::deque<Burst> bursts_;
};
