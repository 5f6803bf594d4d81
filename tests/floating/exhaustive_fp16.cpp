// Adds all 2^32 pairs of fp16 in the Verilated adder and compares each sum with the processor's own: an fp16 sum
// computed in float and rounded once is correctly rounded, because float has more than twice the precision.
//
// exhaustive_fp16 STATE THREADS: finished blocks are marked in the file STATE, one byte each, and not done again.

#include "Vdut.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>
#ifdef __F16C__
#include <immintrin.h>
#endif

double sc_time_stamp() { return 0; }

namespace {

const uint32_t BLOCKS = 4096, FIRST_OPERANDS = 65536 / BLOCKS;
const uint16_t CANONICAL_NAN = 0x7e00;

float decoded(uint16_t bits) {
    uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023, sign = uint32_t(bits >> 15) << 31, word;
    float value;
    if (exponent == 0) {
        value = float(fraction) * 0x1p-24f;
        return sign ? -value : value;
    }
    word = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
    std::memcpy(&value, &word, sizeof value);
    return value;
}

#ifdef __F16C__
const char* const METHOD = "F16C conversion";
uint16_t rounded(float value) { return _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT); }
#else
const char* const METHOD = "portable conversion";
uint16_t rounded(float value) {
    uint32_t word;
    std::memcpy(&word, &value, sizeof word);
    uint16_t sign = uint16_t(word >> 16 & 0x8000);
    word &= 0x7fffffff;
    if (word >= 0x7f800000) return sign | (word > 0x7f800000 ? 0x7e00 : 0x7c00);
    if (word < 0x38800000) {
        // 2^-1 has the unit of fp16's subnormals as its last place: adding it rounds there.
        float shifted = (sign ? -value : value) + 0.5f;
        std::memcpy(&word, &shifted, sizeof word);
        return uint16_t(sign | (word - 0x3f000000));
    }
    uint32_t up = 0xfff + (word >> 13 & 1);
    word = (word - 0x38000000 + up) >> 13;
    return uint16_t(sign | (word < 0x7c00 ? word : 0x7c00));
}
#endif

float values[65536];
std::atomic<uint32_t> next_block{0}, finished{0};
std::atomic<uint64_t> wrong{0};
std::mutex output;
std::vector<uint8_t> done(BLOCKS);
FILE* state;

void work() {
    VerilatedContext context;
    Vdut dut{&context};
    for (uint32_t block; (block = next_block++) < BLOCKS;) {
        if (done[block]) continue;
        uint64_t mistakes = 0;
        for (uint32_t a = block * FIRST_OPERANDS; a < (block + 1) * FIRST_OPERANDS; a++) {
            dut.a = uint16_t(a);
            for (uint32_t b = 0; b < 65536; b++) {
                dut.b = uint16_t(b);
                dut.eval();
                float sum = values[a] + values[b];
                uint16_t expected = sum != sum ? CANONICAL_NAN : rounded(sum);
                if (dut.sum != expected && mistakes++ == 0) {
                    std::lock_guard<std::mutex> lock(output);
                    std::printf("%04x + %04x = %04x, expected %04x\n", a, b, dut.sum, expected);
                }
            }
        }
        wrong += mistakes;
        std::lock_guard<std::mutex> lock(output);
        if (mistakes == 0) {
            std::fseek(state, block, SEEK_SET);
            std::fputc(1, state);
            std::fflush(state);
        }
        finished++;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    state = std::fopen(argv[1], "r+b");
    if (!state) state = std::fopen(argv[1], "w+b");
    if (!state) return std::perror(argv[1]), 2;
    size_t known = std::fread(done.data(), 1, BLOCKS, state);
    uint32_t before = 0;
    for (size_t block = 0; block < known; block++) before += done[block];
    for (uint32_t bits = 0; bits < 65536; bits++) values[bits] = decoded(uint16_t(bits));

    auto start = std::chrono::steady_clock::now();
    auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    std::vector<std::thread> threads;
    for (int i = 0; i < std::atoi(argv[2]); i++) threads.emplace_back(work);
    uint32_t todo = BLOCKS - before;
    while (finished < todo) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        double rate = finished / seconds(), pairs = rate * 65536 * FIRST_OPERANDS;
        std::fprintf(stderr, "\r%5.1f %% of 2^32 pairs, %5.1f million/s, %4.0f s left ",
                     100.0 * (before + finished) / BLOCKS, pairs / 1e6, rate > 0 ? (todo - finished) / rate : 0.0);
    }
    for (auto& thread : threads) thread.join();
    std::fprintf(stderr, "\n");
    std::printf("%llu of %.0f fp16 sums differ from the processor's (%s), %.0f s\n", (unsigned long long)wrong.load(),
                65536.0 * FIRST_OPERANDS * todo, METHOD, seconds());
    return wrong != 0;
}
