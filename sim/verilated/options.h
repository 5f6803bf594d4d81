// The program's options: every one is `--name value`.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

class Options {
public:
    Options(int count, char** arguments, const std::set<std::string>& known) {
        for (int at = 1; at < count; at += 2) {
            const std::string name = arguments[at];
            if (name.rfind("--", 0) != 0 || !known.count(name.substr(2)))
                throw std::runtime_error(name + ": no such option");
            if (at + 1 == count) throw std::runtime_error(name + ": a value is expected");
            values_[name.substr(2)] = arguments[at + 1];
        }
    }

    std::string text(const std::string& name, const std::string& otherwise = "") const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }

    std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t least = 0) const {
        return read<std::uint64_t>(name, otherwise, least, UINT64_MAX,
                                   [](const std::string& text, std::size_t* end) { return std::stoull(text, end); });
    }

    double probability(const std::string& name) const {
        return read<double>(name, 0.0, 0.0, 0.99,
                            [](const std::string& text, std::size_t* end) { return std::stod(text, end); });
    }

private:
    template <class Number, class Read>
    Number read(const std::string& name, Number otherwise, Number least, Number most, Read parsed) const {
        const std::string given = text(name);
        if (given.empty()) return otherwise;
        std::size_t end = 0;
        Number value{};
        try {
            value = parsed(given, &end);
        } catch (const std::logic_error&) {
            end = 0;
        }
        if (end != given.size() || given[0] == '-' || value < least || value > most)
            throw std::runtime_error("--" + name + " " + given + ": a number from " + std::to_string(least) +
                                     " to " + std::to_string(most) + " is expected");
        return value;
    }

    std::map<std::string, std::string> values_;
};
