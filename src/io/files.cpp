#include "io/files.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace crosslift::io {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }
    int close() {
        const int result = ::close(number_);
        number_ = -1;
        return result;
    }

private:
    int number_;
};

// A file that is removed again unless it has been given its name.
struct Temporary {
    std::filesystem::path path;
    ~Temporary() {
        if (!path.empty()) ::unlink(path.c_str());
    }
};

[[noreturn]] void fail(const char* act, const std::filesystem::path& path) {
    const int error = errno;
    throw FileError(std::string("cannot ") + act + " '" + path.string() + "': " + std::strerror(error));
}

constexpr std::size_t most_at_once = 1U << 30;  // Linux moves at most 2 GB per call

void write_all(int file, std::span<const std::byte> bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), std::min(bytes.size(), most_at_once));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("write", path);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &facts) != 0) fail("open", path);
    if (!S_ISREG(facts.st_mode)) {
        ::close(descriptor_);
        throw FileError("'" + path.string() + "' is a folder or a device; a file is wanted");
    }
    size_ = static_cast<std::uint64_t>(facts.st_size);
}

InputFile::~InputFile() {
    ::close(descriptor_);
}

std::span<std::byte> InputFile::read(std::span<std::byte> to) {
    std::size_t have = 0;
    while (have < to.size()) {
        const ssize_t count = ::read(descriptor_, to.data() + have, std::min(to.size() - have, most_at_once));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("read", path_);
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    return to.first(have);
}

void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
    static std::atomic<unsigned> number{0};
    std::filesystem::path beside = path;
    beside += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(number++);
    Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.number() < 0) fail("write", beside);
    Temporary temporary{beside};
    for (const auto part : parts) write_all(file.number(), part, beside);
    if (::fsync(file.number()) != 0 || file.close() != 0) fail("write", beside);
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("write", path);
    temporary.path.clear();
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.number() >= 0) ::fsync(directory.number());  // so that the new name survives a crash too
}

}  // namespace crosslift::io
