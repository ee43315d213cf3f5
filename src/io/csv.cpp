// libcsv parses, zlib unpacks; here are lines counted, columns picked and errors worded.
#include "io/csv.hpp"

#include "io/utf8.hpp"

#include <crosslift/error.hpp>

#include <csv.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

namespace crosslift::io {
namespace {

constexpr std::size_t chunk_bytes = 1U << 16;
constexpr std::size_t longest_field = 1U << 24;

void* realloc_field(void* memory, std::size_t bytes) {
    return bytes > longest_field ? nullptr : std::realloc(memory, bytes);  // NOLINT(cppcoreguidelines-no-malloc)
}

// Bytes of a file, unpacked if they are packed.
class GzFile {
public:
    explicit GzFile(const std::filesystem::path& path) : path_(path) {
        if (std::filesystem::is_directory(path)) {
            throw FileError("'" + path.string() + "' is a folder; a CSV file is wanted");
        }
        errno = 0;
        file_.reset(gzopen(path.c_str(), "rb"));
        if (!file_) {
            throw FileError("cannot open '" + path.string() +
                            "': " + (errno != 0 ? std::strerror(errno) : "out of memory"));
        }
        gzbuffer(file_.get(), chunk_bytes);
    }

    /// 0 at the end. `line`: what to name if the stream is broken here.
    std::size_t read(std::span<char> to, std::int64_t line) {
        const int count = gzread(file_.get(), to.data(), static_cast<unsigned>(to.size()));
        int code = Z_OK;
        const char* text = gzerror(file_.get(), &code);
        if (count < 0 || code == Z_BUF_ERROR) {
            const bool cut = code == Z_BUF_ERROR;
            throw DataError("'" + path_.string() + "' line " + std::to_string(line) + ": the gzip stream " +
                            (cut ? "ends early (a truncated file)" : "is damaged (" + std::string(text) + ")") +
                            "; get the file anew");
        }
        return static_cast<std::size_t>(count);
    }

private:
    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };
    std::filesystem::path path_;
    std::unique_ptr<std::remove_pointer_t<gzFile>, Close> file_;
};

class Parser {
public:
    Parser(const std::filesystem::path& path, const CsvHeader& header, const CsvSink& sink)
        : path_(path), header_(header), sink_(sink) {
        if (csv_init(&csv_, CSV_REPALL_NL) != 0) throw FileError("cannot start the CSV parser");
        csv_set_realloc_func(&csv_, realloc_field);
        csv_set_blk_size(&csv_, 4096);
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;
    ~Parser() { csv_free(&csv_); }

    std::int64_t line() const { return line_; }

    void feed(std::string_view bytes) {
        const std::size_t read = csv_parse(&csv_, bytes.data(), bytes.size(), on_field, on_row, this);
        if (error_) std::rethrow_exception(error_);
        if (read != bytes.size()) fail_parse();
    }

    void finish() {
        // Strict only here: a quote inside an unquoted field (5" disk) is text, one that never ends is an error.
        csv_set_opts(&csv_, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
        const int result = csv_fini(&csv_, on_field, on_row, this);
        if (error_) std::rethrow_exception(error_);
        if (result != 0) fail_parse();
        if (names_.empty())
            throw DataError("'" + path_.string() + "' is empty; a header line with column names is wanted");
    }

private:
    // libcsv is C: no exception may pass through it, so the first one is kept and rethrown by feed().
    template <class Act>
    void guarded(Act act) noexcept {
        if (error_) return;
        try {
            act();
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    static void on_field(void* text, std::size_t size, void* self) {
        auto& parser = *static_cast<Parser*>(self);
        parser.guarded([&] { parser.field({static_cast<const char*>(text), size}); });
    }
    static void on_row(int end, void* self) {
        auto& parser = *static_cast<Parser*>(self);
        parser.guarded([&] { parser.row(end); });
    }

    void fail_parse() {
        const std::string place = "'" + path_.string() + "' line " + std::to_string(line_) + ": ";
        if (csv_error(&csv_) == CSV_EPARSE) {
            throw DataError(place + "a quoted field begins here or later in this row and never ends; close the quote");
        }
        throw DataError(place + "a field is longer than 16 MB, most likely because a quote is never closed");
    }

    void field(std::string_view text) {
        if (names_.empty()) {
            pending_.emplace_back(repair_utf8(text, repaired_));
        } else if (fields_seen_ < is_wanted_.size()) {
            if (is_wanted_[fields_seen_] != 0) buffers_[fields_seen_].assign(repair_utf8(text, repaired_));
        } else {
            throw DataError("'" + path_.string() + "' line " + std::to_string(line_) + ": more fields than the " +
                            std::to_string(names_.size()) +
                            " of the header; quote a field that holds a comma, or correct the line");
        }
        ++fields_seen_;
        newlines_in_row_ += std::count(text.begin(), text.end(), '\n');
        after_return_ = false;
    }

    // `end`: the character that ended the row or an empty line; -1 at the end of the file.
    void row(int end) {
        if (fields_seen_ > 0) {
            names_.empty() ? take_header() : take_row();
            fields_seen_ = 0;
        }
        line_ += newlines_in_row_;
        newlines_in_row_ = 0;
        if (end == CSV_LF && after_return_) {
            after_return_ = false;  // the second half of CR LF
            return;
        }
        if (end >= 0) ++line_;
        after_return_ = end == CSV_CR;
    }

    void take_header() {
        for (std::string& name : pending_) {
            const auto first = name.find_first_not_of(" \t");
            const auto last = name.find_last_not_of(" \t");
            name = first == std::string::npos ? "" : name.substr(first, last - first + 1);
        }
        wanted_ = header_(pending_);
        names_ = std::move(pending_);
        is_wanted_.assign(names_.size(), 0);
        buffers_.resize(names_.size());
        fields_.resize(wanted_.size());
        for (const int column : wanted_) {
            if (column >= 0) is_wanted_[static_cast<std::size_t>(column)] = 1;
        }
    }

    void take_row() {
        const bool too_short = fields_seen_ < names_.size();
        for (std::size_t n = 0; n < wanted_.size(); ++n) {
            const bool empty = too_short || wanted_[n] < 0;
            fields_[n] = empty ? std::string_view() : buffers_[static_cast<std::size_t>(wanted_[n])];
        }
        sink_({line_, too_short, fields_});
    }

    std::filesystem::path path_;
    const CsvHeader& header_;
    const CsvSink& sink_;
    csv_parser csv_{};
    std::exception_ptr error_;

    std::vector<std::string> names_, pending_;
    std::vector<int> wanted_;              // columns of the file in the order of `fields_`
    std::vector<std::uint8_t> is_wanted_;  // per column of the file
    std::vector<std::string> buffers_;     // per column of the file, used where it is wanted
    std::vector<std::string_view> fields_;
    std::string repaired_;
    std::size_t fields_seen_ = 0;
    std::int64_t line_ = 1;  // of the row that is being read
    std::int64_t newlines_in_row_ = 0;
    bool after_return_ = false;
};

std::string_view without_mark(std::string_view first_bytes, const std::filesystem::path& path) {
    if (first_bytes.starts_with("\xFF\xFE") || first_bytes.starts_with("\xFE\xFF")) {
        throw DataError("'" + path.string() + "' is UTF-16; save it as UTF-8");
    }
    if (first_bytes.starts_with("\xEF\xBB\xBF")) first_bytes.remove_prefix(3);
    return first_bytes;
}

}  // namespace

void read_csv(const std::filesystem::path& path, const CsvHeader& header, const CsvSink& sink) {
    GzFile file(path);
    Parser parser(path, header, sink);
    std::vector<char> chunk(chunk_bytes);
    bool first = true;
    while (const std::size_t count = file.read(chunk, parser.line())) {
        std::string_view bytes(chunk.data(), count);
        parser.feed(first ? without_mark(bytes, path) : bytes);
        first = false;
    }
    parser.finish();
}

}  // namespace crosslift::io
