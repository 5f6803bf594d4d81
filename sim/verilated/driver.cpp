// Runs one layer through a Verilated core: a program of our own around the model, as fast as the model itself.
//
// Activation and key beats come from files that hold each beat once, in the order of the streams; the core takes
// the keys again for each block of tokens, and, where it restreams, a block's activations for each tile of
// outputs. A buffered stream comes as words of a bus, a packet for each block. Result beats go to a file. What breaks the AXI-Stream rules or hangs is complained about; whether the
// results are right is for the reader of the file to say.
//
// One clock cycle is two evaluations of the model. The first shows it the inputs, because `tready` follows the
// inputs without a register, and tells which beats move; the second is the rising edge, at which they move.

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

#include "Vtop.h"
#include "dram.h"
#include "files.h"
#include "options.h"
#include "pauses.h"
#include "ports.h"
#include "verilated.h"

namespace {

constexpr std::uint64_t PATIENCE = 2000;  // beyond a memory's latency, cycles without a beat after which a core is given up
constexpr int RESET_CYCLES = 4;
enum Stream : std::uint64_t { ACTIVATION, KEY, RESULT, TILES };

// A stream into the core: `packet` transfers for a block of tokens, which come `repeats` times; where they are words
// of a bus, `last` bytes of a packet's last word count.
struct Packets {
    std::uint64_t packet, repeats, last;

    std::uint64_t transfers() const { return packet * repeats; }
};

struct Layer {
    std::uint64_t n_tiles, m_tiles, blocks;
    Packets activations, keys;

    std::uint64_t activation_transfers() const { return blocks * activations.transfers(); }
    std::uint64_t key_transfers() const { return blocks * keys.transfers(); }
    std::uint64_t result_beats() const { return blocks * m_tiles; }
};

class Bench {
public:
    Bench(const Options& options, const Layer& layer)
        : layer_(layer),
          activations_(options.text("activations"), layer.blocks * layer.activations.packet),
          keys_(options.text("keys"), layer.keys.packet),
          results_(options.text("results")),
          key_cycles_(options.text("key-cycles")),
          result_cycles_(options.text("result-cycles")),
          result_bytes_(options.number("result-bytes", sizeof top_->m_axis_result_tdata, 1)),
          silence_(options.number("silence", 0)),
          channel_{options.number("dram-ticks", 0), options.number("dram-latency", 0), options.number("dram-burst", 1, 1)},
          activation_reader_(channel_, activations_.beat_bytes(), layer.activations.packet, layer.activation_transfers(),
                             options.number("activation-window", 0)),
          key_reader_(channel_, keys_.beat_bytes(), layer.keys.packet, layer.key_transfers(),
                      options.number("key-window", 0)),
          noise_(Pauses::mixed(options.number("seed", 0) * 3 + TILES)) {
        const std::uint64_t seed = options.number("seed", 0);
        const char* names[] = {"pause-activation", "pause-key", "pause-result"};
        for (const std::uint64_t stream : {ACTIVATION, KEY, RESULT})
            pauses_[stream] = Pauses(seed, stream, options.probability(names[stream]));
        fits(activations_.beat_bytes(), sizeof top_->s_axis_activation_tdata, "activation");
        fits(keys_.beat_bytes(), sizeof top_->s_axis_key_tdata, "key");
        fits(result_bytes_, sizeof top_->m_axis_result_tdata, "result");
        held_.resize(result_bytes_);
    }

    void run() {
        reset();
        const auto began = std::chrono::steady_clock::now();
        for (; results_taken_ < layer_.result_beats(); ++cycle_) {
            if (cycle_ > progress_ + PATIENCE + channel_.latency + channel_.burst * channel_.ticks_per_byte / TICKS * 100) {
                complain("no beat moves after cycle " + std::to_string(progress_) + ": " +
                         std::to_string(activations_taken_) + " activation beats, " +
                         std::to_string(keys_taken_) + " key beats, " + std::to_string(results_taken_) +
                         " result beats were taken");
                break;
            }
            step();
        }
        seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (results_taken_ == layer_.result_beats()) listen_for_more();
        top_->final();
        results_.finish();
        key_cycles_.finish();
        result_cycles_.finish();
    }

    bool good() const { return complaints_.empty(); }

    void report() const {
        const std::uint64_t cycles = results_taken_ ? last_ - first_ + 1 : 0;
        std::printf("{\"cycles\": %" PRIu64 ", \"first_activation\": %" PRIu64 ", \"activation_beats\": %" PRIu64
                    ", \"key_beats\": %" PRIu64 ", \"result_beats\": %" PRIu64
                    ", \"seconds\": %.6f, \"cycles_per_second\": %.0f, \"complaints\": [",
                    cycles, first_, activations_taken_, keys_taken_, results_taken_, seconds_,
                    seconds_ > 0 ? cycle_ / seconds_ : 0.0);
        for (std::size_t at = 0; at < complaints_.size(); ++at)
            std::printf("%s\"%s\"", at ? ", " : "", complaints_[at].c_str());
        std::printf("]}\n");
    }

private:
    static void fits(std::size_t bytes, std::size_t port, const char* what) {
        if (bytes > port)
            throw std::runtime_error(std::string(what) + " beats of " + std::to_string(bytes) +
                                     " bytes do not fit the core's port");
    }

    void complain(const std::string& what) {
        if (complaints_.size() < 100) complaints_.push_back(what);
    }

    void edge() {
        top_->aclk = 1;
        top_->eval();
        top_->aclk = 0;
    }

    void reset() {
        top_->aresetn = 0;
        top_->s_axis_activation_tvalid = top_->s_axis_key_tvalid = top_->m_axis_result_tready = 0;
        for (int cycle = 0; cycle < RESET_CYCLES; ++cycle) {
            top_->aclk = 0;
            top_->eval();
            edge();
        }
        top_->eval();
        if (top_->m_axis_result_tvalid) complain("tvalid of the results is 1 in reset");
        top_->aresetn = 1;
        show_tiles();
    }

    // The tile counts are sampled with the first activation of a block; at all other times they are noise.
    void show_tiles() {
        const bool starts = activations_taken_ % layer_.activations.transfers() == 0 &&
                            activations_taken_ < layer_.activation_transfers();
        const std::uint64_t noise = Pauses::mixed(noise_ + activations_taken_);
        const std::uint64_t n = starts ? layer_.n_tiles : noise % (layer_.n_tiles + 1);
        const std::uint64_t m = starts ? layer_.m_tiles : (noise >> 32) % (layer_.m_tiles + 1);
        put(top_->n_tiles, bytes_of(n), sizeof top_->n_tiles);
        put(top_->m_tiles, bytes_of(m), sizeof top_->m_tiles);
    }

    void step() {
        top_->eval();
        const bool activation = top_->s_axis_activation_tvalid && top_->s_axis_activation_tready;
        const bool key = top_->s_axis_key_tvalid && top_->s_axis_key_tready;
        watch_results();
        edge();
        if (activation) {
            if (activations_taken_++ == 0) first_ = cycle_;
            progress_ = cycle_;
            show_tiles();
        }
        if (key) {
            ++keys_taken_;
            progress_ = cycle_;
            key_cycles_.write(&cycle_, sizeof cycle_);
        }
        offer_activation(activation);
        offer_key(key);
        top_->m_axis_result_tready = !pauses_[RESULT].at(cycle_);
    }

    // A beat once offered stays until it is taken.
    void offer_activation(bool taken) {
        activation_reader_.ask(cycle_);
        if (top_->s_axis_activation_tvalid && !taken) return;
        const bool offers = activations_taken_ < layer_.activation_transfers() && !pauses_[ACTIVATION].at(cycle_) &&
                            activation_reader_.there(cycle_);
        top_->s_axis_activation_tvalid = offers;
        if (!offers) return;
        activation_reader_.hand();
        const Packets& packets = layer_.activations;
        const std::uint64_t block = activations_taken_ / packets.transfers(), at = activations_taken_ % packets.packet;
        const bool last = at + 1 == packets.packet;
        put(top_->s_axis_activation_tdata, activations_.beat(block * packets.packet + at), activations_.beat_bytes());
        put_activation_end(*top_, ones(last ? packets.last : 64), last, 0);
    }

    void offer_key(bool taken) {
        key_reader_.ask(cycle_);
        if (top_->s_axis_key_tvalid && !taken) return;
        const bool offers =
            keys_taken_ < layer_.key_transfers() && !pauses_[KEY].at(cycle_) && key_reader_.there(cycle_);
        top_->s_axis_key_tvalid = offers;
        if (!offers) return;
        key_reader_.hand();
        const std::uint64_t at = keys_taken_ % layer_.keys.packet;
        const bool last = at + 1 == layer_.keys.packet;
        put(top_->s_axis_key_tdata, keys_.beat(at), keys_.beat_bytes());
        put_key_end(*top_, ones(last ? layer_.keys.last : 64), last, 0);
    }

    void watch_results() {
        if (!top_->m_axis_result_tvalid) {
            if (waiting_) complain("cycle " + std::to_string(cycle_) + ": tvalid fell before tready");
            waiting_ = false;
            return;
        }
        const std::uint8_t* beat = bytes_of(top_->m_axis_result_tdata);
        const bool last = top_->m_axis_result_tlast;
        if (!waiting_) {
            result_cycles_.write(&cycle_, sizeof cycle_);
        } else if (last != held_last_ || std::memcmp(beat, held_.data(), result_bytes_) != 0) {
            complain("cycle " + std::to_string(cycle_) + ": tdata or tlast changed before tready");
        }
        waiting_ = !top_->m_axis_result_tready;
        if (waiting_) {
            std::memcpy(held_.data(), beat, result_bytes_);
            held_last_ = last;
            return;
        }
        results_.write(beat, result_bytes_);
        channel_.write(cycle_, result_bytes_);
        if (last != (results_taken_ % layer_.m_tiles == layer_.m_tiles - 1))
            complain("tlast of result beat " + std::to_string(results_taken_) + " is " + (last ? "1" : "0"));
        ++results_taken_;
        progress_ = last_ = cycle_;
    }

    // After the last result the core must fall silent.
    void listen_for_more() {
        top_->s_axis_activation_tvalid = top_->s_axis_key_tvalid = 0;
        for (std::uint64_t more = 0; more < silence_; ++more) {
            top_->eval();
            if (top_->m_axis_result_tvalid) {
                complain("cycle " + std::to_string(cycle_ + more) + ": a result after the last one");
                return;
            }
            edge();
        }
    }

    const Layer layer_;
    const std::unique_ptr<Vtop> top_ = std::make_unique<Vtop>();
    const BeatFile activations_, keys_;
    OutputFile results_, key_cycles_, result_cycles_;
    const std::size_t result_bytes_;
    const std::uint64_t silence_;
    Channel channel_;
    Reader activation_reader_, key_reader_;
    const std::uint64_t noise_;
    Pauses pauses_[3];
    std::uint64_t cycle_ = 0, progress_ = 0, first_ = 0, last_ = 0;
    std::uint64_t activations_taken_ = 0, keys_taken_ = 0, results_taken_ = 0;
    bool waiting_ = false, held_last_ = false;
    std::vector<std::uint8_t> held_;
    std::vector<std::string> complaints_;
    double seconds_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    try {
        const Options options(count, arguments,
                              {"n-tiles", "m-tiles", "blocks", "restreams", "activations", "keys", "results",
                               "result-bytes", "key-cycles", "result-cycles", "pause-activation", "pause-key",
                               "pause-result", "seed", "silence", "activation-packet", "activation-last", "key-packet",
                               "key-last", "activation-window", "key-window", "dram-ticks", "dram-latency", "dram-burst"});
        // Registers start at random values, so that a core that needs no reset in simulation alone is found out.
        Verilated::defaultContextp()->randReset(2);
        Verilated::defaultContextp()->randSeed(1);
        const std::uint64_t n = options.number("n-tiles", 1, 1), m = options.number("m-tiles", 1, 1);
        Bench bench(options, {n, m, options.number("blocks", 1, 1),
                              {options.number("activation-packet", n, 1), options.number("restreams", 1, 1),
                               options.number("activation-last", 0)},
                              {options.number("key-packet", n * m, 1), 1, options.number("key-last", 0)}});
        bench.run();
        bench.report();
        return bench.good() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
