#include "io/model_reader.hpp"

#include "io/model_writer.hpp"

#include <cmath>
#include <cstring>

namespace crosslift::io {
namespace {

constexpr int deepest = 16;

std::string entry(const TensorFile& file, const char* key) {
    const auto at = file.metadata().find(key);
    if (at == file.metadata().end()) file.fail("its metadata lacks '" + std::string(key) + "'");
    return at->second;
}

std::string as_text(std::vector<std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

ModelReader::ModelReader(const std::filesystem::path& path, const std::string& kind) : file_(path) {
    if (entry(file_, "format") != "crosslift") file_.fail("Crosslift did not write it");
    const std::string version = entry(file_, "version");
    if (version != std::to_string(model_version)) {
        file_.fail("it is of version " + version.substr(0, 20) + ", this library reads version " +
                   std::to_string(model_version) + "; update Crosslift");
    }
    if (const std::string came = entry(file_, "kind"); came != kind) {
        file_.fail("it holds a model of kind '" + came.substr(0, 40) + "', wanted is '" + kind + "'");
    }
    const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        if (depth > deepest) file_.fail("its parameters are nested too deep");
        return true;
    };
    try {
        json_ = nlohmann::json::parse(entry(file_, "parameters"), shallow);
    } catch (const nlohmann::json::exception& error) {
        file_.fail(std::string("its parameters cannot be read (") + error.what() + ")");
    }
    want(json_.is_object(), "its parameters are no JSON object");
}

IdMap ModelReader::ids(const std::string& name) const {
    return guarded([&] {
        return IdMap::from_text(as_text(file_.take<std::uint8_t>(name + ".text")),
                                file_.take<std::int64_t>(name + ".offsets"));
    });
}

IdColumn ModelReader::id_column(const std::string& name) const {
    if (!file_.has(name + ".rows")) return {};
    return {ids(name), file_.take<std::int32_t>(name + ".rows")};
}

std::vector<std::string> ModelReader::texts(const std::string& name) const {
    if (!file_.has(name + ".offsets")) return {};
    const std::string all = as_text(file_.take<std::uint8_t>(name + ".text"));
    const auto offsets = file_.take<std::int64_t>(name + ".offsets");
    want(!offsets.empty() && offsets.front() == 0 && offsets.back() == static_cast<std::int64_t>(all.size()),
         "the offsets of a text column do not fit its text");
    std::vector<std::string> texts;
    texts.reserve(offsets.size() - 1);
    for (std::size_t n = 1; n < offsets.size(); ++n) {
        want(offsets[n - 1] <= offsets[n] && offsets[n] <= offsets.back(), "the offsets of a text column decrease");
        texts.push_back(all.substr(static_cast<std::size_t>(offsets[n - 1]),
                                   static_cast<std::size_t>(offsets[n] - offsets[n - 1])));
    }
    return texts;
}

Matrix ModelReader::matrix(const std::string& name) const {
    std::vector<std::int64_t> shape;
    const auto numbers = file_.take<float>(name, shape, 2);
    for (const float number : numbers) want(std::isfinite(number), "a factor is not finite");
    Matrix matrix(shape[0], shape[1]);
    if (!numbers.empty()) std::memcpy(matrix.data(), numbers.data(), numbers.size() * sizeof(float));
    return matrix;
}

CsrMatrix ModelReader::csr(const std::string& name, std::int64_t rows, std::int64_t cols) const {
    const auto shape = file_.take<std::int64_t>(name + ".shape");
    want(shape.size() == 2 && shape[0] == rows && shape[1] == cols,
         "the sizes of its sparse tables do not fit its items and customers");
    CsrMatrix matrix{rows, cols, file_.take<std::int64_t>(name + ".indptr"),
                     file_.take<std::int32_t>(name + ".indices"), column<float>(name + ".values")};
    guarded([&] { check(matrix); });
    return matrix;
}

}  // namespace crosslift::io
