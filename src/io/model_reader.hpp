// The parts of models out of a file; nothing is believed before it is checked.
#pragma once

#include "io/parameters.hpp"
#include "io/safetensors.hpp"

#include <crosslift/error.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/sparse.hpp>

#include <string>
#include <utility>
#include <vector>

namespace crosslift::io {

/// Mirrors ModelWriter. Every error is a FormatError that names the file.
class ModelReader {
public:
    ModelReader(const std::filesystem::path& path, const std::string& kind);

    template <class T>
    void parameter(const char* name, T& value) const {
        guarded([&] { ParameterReader{json_}(name, value); });
    }
    /// Empty where the file has no such column.
    template <class T>
    std::vector<T> column(const std::string& name) const {
        return file_.has(name) ? file_.take<T>(name) : std::vector<T>();
    }
    IdMap ids(const std::string& name) const;
    IdColumn id_column(const std::string& name) const;
    std::vector<std::string> texts(const std::string& name) const;
    /// Every number is finite.
    Matrix matrix(const std::string& name) const;
    /// Keeps the promises of CsrView, and is rows x cols.
    CsrMatrix csr(const std::string& name, std::int64_t rows, std::int64_t cols) const;

    /// FormatError with `what` unless `ok`.
    void want(bool ok, const char* what) const {
        if (!ok) file_.fail(what);
    }
    /// Runs `act`; what it finds wrong with its arguments is wrong with the file.
    template <class Act>
    auto guarded(Act act) const {
        try {
            return act();
        } catch (const UnusableFile&) {
            throw;
        } catch (const Error& error) {
            file_.fail(error.what());
        }
    }

private:
    TensorFile file_;
    nlohmann::json json_;
};

}  // namespace crosslift::io
