// Takes Arrow streams and arrays over and keeps them until their table goes.
#include "data/arrow.hpp"

#include <crosslift/error.hpp>

#include <cstring>
#include <utility>

namespace crosslift {
namespace {

// Moves an Arrow struct into a shared owner that releases it.
template <class T>
std::shared_ptr<T> take_over(T* from) {
    std::shared_ptr<T> owned(new T(*from), [](T* it) {
        if (it->release != nullptr) it->release(it);
        delete it;
    });
    from->release = nullptr;
    return owned;
}

[[noreturn]] void fail(ArrowArrayStream& stream, int code) {
    const char* text = stream.get_last_error(&stream);
    throw DataError("the table's Arrow stream failed with code " + std::to_string(code) + ": " +
                    (text != nullptr ? text : "no message"));
}

struct ReadStream {
    std::shared_ptr<ArrowSchema> schema;
    std::vector<std::shared_ptr<ArrowArray>> arrays;
};

ReadStream read_all(ArrowArrayStream* from) {
    const auto stream = take_over(from);
    ReadStream read;
    ArrowSchema schema{};
    if (const int code = stream->get_schema(stream.get(), &schema); code != 0) fail(*stream, code);
    read.schema = take_over(&schema);
    while (true) {
        ArrowArray array{};
        if (const int code = stream->get_next(stream.get(), &array); code != 0) fail(*stream, code);
        if (array.release == nullptr) return read;
        read.arrays.push_back(take_over(&array));
    }
}

}  // namespace

std::int64_t ArrowColumn::length() const {
    std::int64_t sum = 0;
    for (const ArrowChunk& chunk : chunks) sum += chunk.length;
    return sum;
}

const ArrowColumn* ArrowTable::State::find(std::string_view name) const {
    for (const ArrowColumn& column : columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

ArrowTable::ArrowTable() : state_(std::make_shared<State>()) {}

void ArrowTable::add_columns(ArrowArrayStream* stream) {
    const ReadStream read = read_all(stream);
    if (std::strcmp(read.schema->format, "+s") != 0) {
        throw DataError(std::string("a table was wanted, but the Arrow stream holds arrays of type '") +
                        read.schema->format + "': give a frame, not a single column");
    }
    for (std::int64_t c = 0; c < read.schema->n_children; ++c) {
        const ArrowSchema* schema = read.schema->children[c];
        ArrowColumn column{schema->name != nullptr ? schema->name : "", schema, {}};
        for (const auto& batch : read.arrays) {
            const ArrowArray* child = batch->children[c];
            column.chunks.push_back({child, child->offset + batch->offset, batch->length});
        }
        state_->columns.push_back(std::move(column));
    }
    state_->owners.push_back(read.schema);
    state_->owners.insert(state_->owners.end(), read.arrays.begin(), read.arrays.end());
}

void ArrowTable::add_column(const std::string& name, ArrowArrayStream* stream) {
    const ReadStream read = read_all(stream);
    ArrowColumn column{name, read.schema.get(), {}};
    for (const auto& array : read.arrays) column.chunks.push_back({array.get(), array->offset, array->length});
    state_->columns.push_back(std::move(column));
    state_->owners.push_back(read.schema);
    state_->owners.insert(state_->owners.end(), read.arrays.begin(), read.arrays.end());
}

void ArrowTable::add_column(const std::string& name, ArrowSchema* schema, ArrowArray* array) {
    const auto own_schema = take_over(schema);
    const auto own_array = take_over(array);
    state_->columns.push_back({name, own_schema.get(), {{own_array.get(), own_array->offset, own_array->length}}});
    state_->owners.push_back(own_schema);
    state_->owners.push_back(own_array);
}

void ArrowTable::mention(const std::string& name) {
    state_->mentioned.push_back(name);
}

std::int64_t ArrowTable::rows() const {
    if (state_->columns.empty()) return 0;
    const ArrowColumn& first = state_->columns.front();
    for (const ArrowColumn& column : state_->columns) {
        if (column.length() != first.length()) {
            throw DataError("column '" + column.name + "' has " + std::to_string(column.length()) + " rows, column '" +
                            first.name + "' has " + std::to_string(first.length()) + ": give columns of one length");
        }
    }
    return first.length();
}

std::vector<std::string> ArrowTable::names() const {
    std::vector<std::string> names;
    for (const ArrowColumn& column : state_->columns) names.push_back(column.name);
    names.insert(names.end(), state_->mentioned.begin(), state_->mentioned.end());
    return names;
}

}  // namespace crosslift
