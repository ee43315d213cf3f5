// The parts of models as tensors and parameters, on their way into a file.
#pragma once

#include "io/parameters.hpp"
#include "io/safetensors.hpp"

#include <crosslift/ids.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/sparse.hpp>

#include <deque>
#include <string>
#include <vector>

namespace crosslift::io {

constexpr int model_version = 1;

/// Keeps views of what it is given: that must live until save() has returned. An empty column is left out.
class ModelWriter {
public:
    ParameterWriter parameters;

    template <class T>
    void column(const std::string& name, const std::vector<T>& values) {
        if (!values.empty()) tensors_.add<T>(name, values);
    }
    void ids(const std::string& name, const IdMap& ids);
    void id_column(const std::string& name, const IdColumn& column);
    void texts(const std::string& name, const std::vector<std::string>& texts);
    void matrix(const std::string& name, const Matrix& matrix);
    void csr(const std::string& name, const CsrMatrix& matrix);

    void save(const std::filesystem::path& path, const std::string& kind) const;

private:
    TensorWriter tensors_;
    std::deque<std::string> texts_;
    std::deque<std::vector<std::int64_t>> numbers_;
    std::deque<Matrix> matrices_;
};

}  // namespace crosslift::io
