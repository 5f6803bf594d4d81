// Beats in files: read by mapping them, so that a layer of any size takes no memory, and written through a buffer.

#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

inline std::runtime_error file_error(const std::string& path) {
    return std::runtime_error(path + ": " + std::strerror(errno));
}

// `count` beats of equal size; the size follows from the file's.
class BeatFile {
public:
    BeatFile(const std::string& path, std::uint64_t count) {
        const int file = open(path.c_str(), O_RDONLY);
        struct stat about {};
        if (file < 0 || fstat(file, &about) < 0) throw file_error(path);
        size_ = static_cast<std::size_t>(about.st_size);
        if (size_ == 0 || size_ % count != 0)
            throw std::runtime_error(path + ": " + std::to_string(size_) + " bytes are no " +
                                     std::to_string(count) + " beats");
        void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
        if (mapped == MAP_FAILED) throw file_error(path);
        close(file);
        data_ = static_cast<const std::uint8_t*>(mapped);
        bytes_ = size_ / count;
    }
    ~BeatFile() { munmap(const_cast<std::uint8_t*>(data_), size_); }
    BeatFile(const BeatFile&) = delete;
    BeatFile& operator=(const BeatFile&) = delete;

    const std::uint8_t* beat(std::uint64_t number) const { return data_ + number * bytes_; }
    std::size_t beat_bytes() const { return bytes_; }

private:
    const std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0, bytes_ = 0;
};

// A file that is written from its beginning to its end; without a path nothing is written.
class OutputFile {
public:
    explicit OutputFile(const std::string& path) : path_(path) {
        if (!path.empty() && !(file_ = std::fopen(path.c_str(), "wb"))) throw file_error(path);
    }
    ~OutputFile() {
        if (file_) std::fclose(file_);
    }
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    void write(const void* data, std::size_t bytes) {
        if (file_ && std::fwrite(data, 1, bytes, file_) != bytes) throw file_error(path_);
    }
    void finish() {
        if (file_ && std::fflush(file_) != 0) throw file_error(path_);
    }

private:
    std::string path_;
    std::FILE* file_ = nullptr;
};
