// A gate-level simulation of one netlist, 64 stimuli side by side: bit i of every word belongs to lane i.
//
// Time within a clock cycle is counted in whole quanta from the rising edge, and every net settles before the
// next. So a net's whole waveform in a cycle, a list of moments and the lanes that change there, is worked out
// once its inputs' are known: gates are visited in topological order, and there is no queue of events.
//
// A change of a gate's inputs at t that changes its output puts a transition at t + delay, by the input and
// the output's edge. If a transition of the same lane lies less than `filter` times that delay before it, both
// disappear: the pulse between them is too short to leave the gate. With filter 1 these are the inertial
// delays of Verilog's module paths. With all delays 0 each net changes at most once a cycle.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using Word = uint64_t;

namespace {

inline int count(Word word) { return __builtin_popcountll(word); }

struct Event {
    int32_t time;
    Word lanes;
};

// What ends every waveform.
const int32_t NEVER = INT32_MAX;
const Event never{NEVER, 0};

struct Pending {
    int32_t time;
    int16_t pin;
    int32_t step;
    Word lanes;
};

}  // namespace

extern "C" {

// Programs are binary decision diagrams: node k, counted from 2, is `low` or `high` by variable `var`; nodes 0
// and 1 are the constants. A program's last node is its value.
struct Netlist {
    int32_t nets, gates, flops, domains;
    double filter;
    int32_t half;  // quanta of half a clock period

    const int32_t *node_var, *node_low, *node_high;
    const int32_t *program_start;  // of each program, and one more

    // Gates in topological order.
    const int32_t *gate_output, *gate_program, *gate_input_start, *gate_inputs;
    const int32_t *gate_rise, *gate_fall;  // delays by input
    const int32_t *gate_counter;           // the first counter
    const int32_t *gate_classes;           // where the classes are, -1 if there is one for each input and edge
    const int32_t *classes;                // of a gate: [(input * 2 + edge) << inputs | state]

    // Flip-flops: a program over data nets and then the state; outputs with inversions and delays.
    const int32_t *flop_program, *flop_data_start, *flop_data, *flop_domain;
    const int32_t *flop_output_start, *flop_outputs, *flop_inverted, *flop_rise, *flop_fall;
    const int32_t *flop_counter;  // the first counter: of rise and fall of each output, then of classes
    // Where the classes are of the clock pin: [edge << pins | state], and of data pin i:
    // [((i * 2 + edge) * 2 + clock) << pins | state]; state is of data nets and outputs, in that order.
    const int32_t *flop_clock_classes, *flop_data_classes;

    // Clocks behind gates: a program over nets enables the next pulse. Domain 0 is the clock itself.
    const int32_t *domain_parent, *domain_program, *domain_input_start, *domain_inputs;

    // Leakage: of each cell the nets that it depends on and where its table (nW) begins.
    int32_t cells;
    const int32_t *leak_start, *leak_nets, *leak_table;
    const double *leak_nw;
};

struct Results {
    Word *values;  // settled, by net
    int64_t *rises, *falls, *counters;
    int64_t *pulses;  // of clocks, by domain
    int64_t *ones;    // settled ones of measured cycles, by net
    double *leakage;  // nW, a sum over measured cycles, by cell
};

}  // extern "C"

namespace {

class Simulation {
    Netlist n;
    Results r;

public:
    // Of each net where its waveform of the cycle is in `events`, and what it was before.
    std::vector<Event> events;
    std::vector<int32_t> begin, end;
    std::vector<Word> before;

    Simulation(const Netlist &netlist, const Results &results)
        : n(netlist), r(results), begin(n.nets), end(n.nets), before(n.nets), state(n.flops, 0),
          enabled(n.domains, ~Word(0)) {
        int longest = 0;
        int programs = 0;
        for (int g = 0; g < n.gates; ++g) programs = std::max(programs, n.gate_program[g] + 1);
        for (int f = 0; f < n.flops; ++f) programs = std::max(programs, n.flop_program[f] + 1);
        for (int d = 1; d < n.domains; ++d) programs = std::max(programs, n.domain_program[d] + 1);
        for (int p = 0; p < programs; ++p)
            longest = std::max(longest, n.program_start[p + 1] - n.program_start[p]);
        nodes.resize(longest + 2);
        nodes[0] = 0, nodes[1] = ~Word(0);
        // Before the first cycle everything is 0, which gates may contradict; it settles in that cycle.
    }

    // One clock cycle: flip-flops take what has settled, `changes` ports take new words at `arrival`.
    void cycle(int changes, const int32_t *nets, const Word *words, const int32_t *arrival, bool counts) {
        measured = counts;
        events.clear();
        std::fill(begin.begin(), begin.end(), 0);
        std::fill(end.begin(), end.end(), 0);
        edge();
        for (int i = 0; i < changes; ++i) {
            Word change = r.values[nets[i]] ^ words[i];
            if (change) drive(nets[i], change, arrival[2 * i], arrival[2 * i + 1]);
        }
        for (int g = 0; g < n.gates; ++g) gate(g);
        if (measured) {
            for (int f = 0; f < n.flops; ++f) falling(f);
            for (int net = 0; net < n.nets; ++net) r.ones[net] += count(r.values[net]);
            leak();
        }
        first = false;
    }

private:
    std::vector<Word> state, enabled, nodes, next, snapshots;
    std::vector<Pending> pending;
    bool measured = false, first = true;
    int lane = 0;

    template <class Inputs> Word value(int program, Inputs input) {
        int start = n.program_start[program], length = n.program_start[program + 1] - start;
        if (length == 0) return 0;
        for (int k = 0; k < length; ++k) {
            int node = start + k;
            Word low = nodes[n.node_low[node]];
            nodes[k + 2] = low ^ (input(n.node_var[node]) & (low ^ nodes[n.node_high[node]]));
        }
        return nodes[length + 1];
    }

    // A net that rises in some of the lanes that change and falls in the others; known to change only once.
    void drive(int net, Word change, int32_t rise, int32_t fall) {
        Word old = r.values[net], up = change & ~old, down = change & old;
        before[net] = old;
        begin[net] = int32_t(events.size());
        if (rise == fall) {
            events.push_back({rise, change});
        } else {
            if (down && fall < rise) events.push_back({fall, down});
            if (up) events.push_back({rise, up});
            if (down && fall > rise) events.push_back({fall, down});
        }
        end[net] = int32_t(events.size());
        events.push_back(never);
        r.values[net] = old ^ change;
        if (measured) {
            r.rises[net] += count(up);
            r.falls[net] += count(down);
        }
    }

    void edge() {
        for (int d = 1; d < n.domains; ++d) {
            const int32_t *inputs = n.domain_inputs + n.domain_input_start[d];
            enabled[d] = enabled[n.domain_parent[d]]
                & value(n.domain_program[d], [&](int i) { return r.values[inputs[i]]; });
        }
        if (measured)
            for (int d = 0; d < n.domains; ++d) r.pulses[d] += count(enabled[d]);
        next.resize(n.flops);
        for (int f = 0; f < n.flops; ++f) {
            const int32_t *data = n.flop_data + n.flop_data_start[f];
            int width = n.flop_data_start[f + 1] - n.flop_data_start[f];
            Word old = state[f], enable = first ? 0 : enabled[n.flop_domain[f]];
            Word taken = value(n.flop_program[f], [&](int i) { return i < width ? r.values[data[i]] : old; });
            next[f] = (taken & enable) | (old & ~enable);
            if (measured) by_state(f, enable, n.flop_clock_classes[f], 0, data, width);
        }
        for (int f = 0; f < n.flops; ++f) {
            Word change = next[f] ^ state[f];
            state[f] = next[f];
            int outputs = n.flop_output_start[f];
            for (int o = outputs; o < n.flop_output_start[f + 1]; ++o) {
                // The first cycle has no edge: flip-flops hold 0, and inverted outputs rise.
                Word wanted = n.flop_inverted[o] ? ~next[f] : next[f];
                Word toggles = first ? wanted ^ r.values[n.flop_outputs[o]] : change;
                if (!toggles) continue;
                if (measured) {
                    int64_t *counter = r.counters + n.flop_counter[f] + 2 * (o - outputs);
                    counter[0] += count(toggles & wanted);
                    counter[1] += count(toggles & ~wanted);
                }
                drive(n.flop_outputs[o], toggles, n.flop_rise[o], n.flop_fall[o]);
            }
        }
    }

    // Counts `lanes` by what the flip-flop's pins are in them; classes are at [edge << pins | state].
    void by_state(int f, Word lanes, int start, int edge, const int32_t *data, int width) {
        if (start < 0) return;
        const int32_t *outputs = n.flop_outputs + n.flop_output_start[f];
        int pins = width + n.flop_output_start[f + 1] - n.flop_output_start[f];
        const int32_t *table = n.classes + start + (edge << pins);
        for (int state = 0; state < 1 << pins; ++state) {
            Word in = lanes;
            for (int i = 0; i < pins; ++i) {
                Word word = r.values[i < width ? data[i] : outputs[i - width]];
                in &= state >> i & 1 ? word : ~word;
            }
            r.counters[n.flop_counter[f] + table[state]] += count(in);
        }
    }

    // The falling edge of a flip-flop's clock, and the changes of its data pins during the cycle.
    void falling(int f) {
        const int32_t *data = n.flop_data + n.flop_data_start[f];
        const int32_t *outputs = n.flop_outputs + n.flop_output_start[f];
        int width = n.flop_data_start[f + 1] - n.flop_data_start[f];
        int pins = width + n.flop_output_start[f + 1] - n.flop_output_start[f];
        by_state(f, enabled[n.flop_domain[f]], n.flop_clock_classes[f], 1, data, width);
        int start = n.flop_data_classes[f];
        if (start < 0) return;
        for (int pin = 0; pin < width; ++pin) {
            int net = data[pin];
            Word now = before[net];
            for (int e = begin[net]; e < end[net]; ++e) {
                now ^= events[e].lanes;
                Word high = events[e].time < n.half ? enabled[n.flop_domain[f]] : 0;
                for (int clock = 0; clock < 2; ++clock)
                    for (int edge = 0; edge < 2; ++edge) {
                        Word lanes = events[e].lanes & (clock ? high : ~high) & (edge ? ~now : now);
                        if (!lanes) continue;
                        const int32_t *table
                            = n.classes + start + (((pin * 2 + edge) * 2 + clock) << pins);
                        for (int state = 0; state < 1 << pins; ++state) {
                            Word in = lanes;
                            for (int i = 0; i < pins; ++i) {
                                Word word = i == pin ? now : r.values[i < width ? data[i] : outputs[i - width]];
                                in &= state >> i & 1 ? word : ~word;
                            }
                            if (in) r.counters[n.flop_counter[f] + table[state]] += count(in);
                        }
                    }
            }
        }
    }

    void gate(int g) {
        switch (n.gate_input_start[g + 1] - n.gate_input_start[g]) {
            case 1: return gate_of<1>(g);
            case 2: return gate_of<2>(g);
            case 3: return gate_of<3>(g);
            case 4: return gate_of<4>(g);
            case 5: return gate_of<5>(g);
            case 6: return gate_of<6>(g);
            default: return gate_of<0>(g);
        }
    }

    // `known` is the number of inputs, 0 of one that the compiler does not know.
    template <int known> void gate_of(int g) {
        constexpr int most = known ? known : 16;
        const int width = known ? known : n.gate_input_start[g + 1] - n.gate_input_start[g];
        const int32_t *inputs = n.gate_inputs + n.gate_input_start[g];
        bool active = first;
        for (int i = 0; i < width; ++i) active |= end[inputs[i]] > begin[inputs[i]];
        if (!active) return;
        const int32_t *rise = n.gate_rise + n.gate_input_start[g], *fall = n.gate_fall + n.gate_input_start[g];
        const int output = n.gate_output[g], program = n.gate_program[g];
        const bool by_state = n.gate_classes[g] >= 0 && measured;
        Word words[most], changed[most];
        const Event *at[most];
        for (int i = 0; i < width; ++i) {
            int net = inputs[i];
            bool moves = end[net] > begin[net];
            at[i] = moves ? &events[begin[net]] : &never;
            words[i] = moves ? before[net] : r.values[net];
        }
        const Word old = r.values[output];
        Word target = old;
        int step = 0;
        pending.clear();
        snapshots.clear();
        if (first) {
            // Whatever contradicts the zeros that all began with settles at once.
            Word now = value(program, [&](int i) { return words[i]; });
            if (now != target) {
                for (int i = 0; i < width; ++i) snapshots.push_back(words[i]);
                pending.push_back({0, 0, step++, now ^ target});
                target = now;
            }
        }
        for (;;) {
            int32_t time = NEVER;
            for (int i = 0; i < width; ++i) time = std::min(time, at[i]->time);
            if (time == NEVER) break;
            for (int i = 0; i < width; ++i) {
                bool here = at[i]->time == time;
                changed[i] = here ? at[i]->lanes : 0;
                at[i] += here;
                words[i] ^= changed[i];
            }
            Word now = value(program, [&](int i) { return words[i]; });
            Word change = now ^ target;
            if (!change) continue;
            target = now;
            if (by_state)
                for (int i = 0; i < width; ++i) snapshots.push_back(words[i]);
            for (int edge = 0; edge < 2; ++edge) {
                const int32_t *delay = edge ? fall : rise;
                Word left = change & (edge ? ~now : now);
                while (left) {
                    // Of inputs that change together the quickest decides.
                    int quickest = -1;
                    for (int i = 0; i < width; ++i)
                        if (changed[i] & left && (quickest < 0 || delay[i] < delay[quickest])) quickest = i;
                    Word lanes = left & changed[quickest];
                    left &= ~lanes;
                    schedule(time + delay[quickest], delay[quickest], quickest, step, lanes);
                }
            }
            ++step;
        }
        if (!pending.empty()) finish(g, output, old, width);
    }

    void schedule(int32_t time, int32_t delay, int pin, int step, Word lanes) {
        // Whole quanta: t > time - filter * delay for the whole numbers t that are greater than this.
        const int32_t earliest = std::min(time - int32_t(std::ceil(n.filter * delay)), time - 1);
        size_t place = pending.size();
        for (size_t k = pending.size(); k-- > 0 && pending[k].time > earliest;) {
            Word both = pending[k].lanes & lanes;
            pending[k].lanes ^= both;
            lanes ^= both;
            if (pending[k].time > time) place = k;
            if (!lanes) return;
        }
        if (place == pending.size())
            pending.push_back({time, int16_t(pin), step, lanes});
        else
            pending.insert(pending.begin() + place, {time, int16_t(pin), step, lanes});
    }

    // Writes the transitions that are left as the output's waveform, and counts them.
    void finish(int g, int output, Word old, int width) {
        Word now = old;
        int start = int(events.size());
        int64_t *counter = r.counters + n.gate_counter[g];
        for (const Pending &transition : pending) {
            if (!transition.lanes) continue;
            if (int(events.size()) > start && events.back().time == transition.time)
                events.back().lanes |= transition.lanes;
            else
                events.push_back({transition.time, transition.lanes});
            now ^= transition.lanes;
            if (!measured) continue;
            Word up = transition.lanes & now, down = transition.lanes & ~now;
            r.rises[output] += count(up);
            r.falls[output] += count(down);
            if (n.gate_classes[g] < 0) {
                counter[transition.pin * 2] += count(up);
                counter[transition.pin * 2 + 1] += count(down);
                continue;
            }
            const Word *words = &snapshots[size_t(transition.step) * width];
            for (int edge = 0; edge < 2; ++edge) {
                const int32_t *table = n.classes + n.gate_classes[g] + ((transition.pin * 2 + edge) << width);
                for (Word lanes = edge ? down : up; lanes; lanes &= lanes - 1) {
                    int bit = __builtin_ctzll(lanes), state = 0;
                    for (int i = 0; i < width; ++i) state |= int(words[i] >> bit & 1) << i;
                    ++counter[table[state]];
                }
            }
        }
        if (int(events.size()) == start) return;
        begin[output] = start;
        end[output] = int(events.size());
        events.push_back(never);
        before[output] = old;
        r.values[output] = now;
    }

    // States are those of one lane, another one every cycle.
    void leak() {
        for (int c = 0; c < n.cells; ++c) {
            int state = 0;
            for (int i = n.leak_start[c]; i < n.leak_start[c + 1]; ++i)
                state |= int(r.values[n.leak_nets[i]] >> lane & 1) << (i - n.leak_start[c]);
            r.leakage[c] += n.leak_nw[n.leak_table[c] + state];
        }
        lane = (lane + 1) & 63;
    }
};

}  // namespace

extern "C" {

void *simulation_new(const Netlist *netlist, const Results *results) {
    return new Simulation(*netlist, *results);
}

void simulation_delete(void *simulation) { delete static_cast<Simulation *>(simulation); }

void simulation_cycle(
    void *simulation, int32_t changes, const int32_t *nets, const uint64_t *words, const int32_t *arrival,
    int32_t counts
) {
    static_cast<Simulation *>(simulation)->cycle(changes, nets, words, arrival, counts);
}

// Where each net changed in the last cycle in one lane: the times, at most `most`; how many there are.
int32_t simulation_changes(void *simulation, int32_t net, int32_t lane, int32_t *times, int32_t most) {
    const Simulation &s = *static_cast<Simulation *>(simulation);
    int32_t number = 0;
    for (int e = s.begin[net]; e < s.end[net] && number < most; ++e)
        if (s.events[e].lanes >> lane & 1) times[number++] = s.events[e].time;
    return number;
}
}
