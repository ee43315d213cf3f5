#include "io/model_writer.hpp"

namespace crosslift::io {

void ModelWriter::ids(const std::string& name, const IdMap& ids) {
    tensors_.add<char>(name + ".text", std::span(ids.text()));
    tensors_.add<std::int64_t>(name + ".offsets", ids.offsets());
}

void ModelWriter::id_column(const std::string& name, const IdColumn& column) {
    if (column.empty()) return;
    ids(name, column.ids);
    tensors_.add<std::int32_t>(name + ".rows", column.rows);
}

void ModelWriter::texts(const std::string& name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::string& all = texts_.emplace_back();
    std::vector<std::int64_t>& offsets = numbers_.emplace_back(1, 0);
    for (const std::string& text : texts) {
        all += text;
        offsets.push_back(static_cast<std::int64_t>(all.size()));
    }
    tensors_.add<char>(name + ".text", std::span<const char>(all));
    tensors_.add<std::int64_t>(name + ".offsets", offsets);
}

void ModelWriter::matrix(const std::string& name, const Matrix& matrix) {
    const bool plain = matrix.device().kind == Device::Kind::cpu && matrix.dtype() == DType::f32 &&
                       matrix.scale() == 1.0F && matrix.stride() == matrix.cols();
    const Matrix& host = matrices_.emplace_back(plain ? matrix : matrix.to_host());
    const auto size = static_cast<std::size_t>(host.rows() * host.cols());
    tensors_.add<float>(name, {static_cast<const float*>(host.data()), size}, {host.rows(), host.cols()});
}

void ModelWriter::csr(const std::string& name, const CsrMatrix& matrix) {
    const auto& shape = numbers_.emplace_back(std::vector<std::int64_t>{matrix.rows, matrix.cols});
    tensors_.add<std::int64_t>(name + ".shape", shape);
    tensors_.add<std::int64_t>(name + ".indptr", matrix.indptr);
    tensors_.add<std::int32_t>(name + ".indices", matrix.indices);
    column(name + ".values", matrix.values);
}

void ModelWriter::save(const std::filesystem::path& path, const std::string& kind) const {
    tensors_.write(
        path, {{"format", "crosslift"},
               {"version", std::to_string(model_version)},
               {"kind", kind},
               {"library", CROSSLIFT_VERSION},
               {"parameters", parameters.json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)}});
}

}  // namespace crosslift::io
