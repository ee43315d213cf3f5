// Features of items from the columns of the catalog.
#include <crosslift/content.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

namespace crosslift {
namespace {

bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Calls `found` with each word of a name.
template <class Found>
void words(std::string_view name, const Found& found) {
    std::string word;
    const auto finish = [&] {
        if (word.size() > 1) found(word);
        word.clear();
    };
    for (const char c : name) {
        if (in_word(lower(c)))
            word += lower(c);
        else
            finish();
    }
    finish();
}

class Features {
public:
    explicit Features(std::int32_t items) : rows_(static_cast<std::size_t>(items)) {}

    // The first byte keeps kinds of features apart.
    void add(std::int32_t item, char kind, std::string_view text) {
        name_.assign(1, kind).append(text);
        rows_[static_cast<std::size_t>(item)].push_back(ids_.add(name_));
    }

    CsrMatrix weighted() {
        std::vector<std::int64_t> holders(static_cast<std::size_t>(ids_.size()), 0);
        for (std::vector<std::int32_t>& row : rows_) {
            std::ranges::sort(row);
            row.erase(std::unique(row.begin(), row.end()), row.end());
            for (const std::int32_t feature : row) ++holders[static_cast<std::size_t>(feature)];
        }
        CsrMatrix matrix;
        matrix.rows = static_cast<std::int64_t>(rows_.size());
        matrix.cols = ids_.size();
        for (const std::vector<std::int32_t>& row : rows_) append(matrix, row, holders);
        return matrix;
    }

private:
    void append(CsrMatrix& matrix, const std::vector<std::int32_t>& row, const std::vector<std::int64_t>& holders) {
        const std::size_t first = matrix.values.size();
        double squares = 0;
        for (const std::int32_t feature : row) {
            const auto count = static_cast<double>(holders[static_cast<std::size_t>(feature)]);
            if (count < 2) continue;
            const double weight = std::log1p(static_cast<double>(rows_.size()) / count);
            matrix.indices.push_back(feature);
            matrix.values.push_back(static_cast<float>(weight));
            squares += weight * weight;
        }
        const auto length = static_cast<float>(std::sqrt(squares));
        for (std::size_t n = first; n < matrix.values.size(); ++n) matrix.values[n] /= length;
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }

    IdMap ids_;
    std::string name_;
    std::vector<std::vector<std::int32_t>> rows_;
};

void add_column(Features& features, const IdColumn& column, char kind) {
    for (std::size_t item = 0; item < column.rows.size(); ++item)
        if (column.rows[item] != IdMap::unknown)
            features.add(static_cast<std::int32_t>(item), kind, column.ids[column.rows[item]]);
}

void add_categories(Features& features, const Catalog& catalog) {
    std::string path;
    for (std::int32_t item = 0; item < catalog.size(); ++item) {
        path.clear();
        for (const IdColumn& level : catalog.category()) {
            const std::int32_t row = level.rows[static_cast<std::size_t>(item)];
            if (row == IdMap::unknown) continue;
            path.append(level.ids[row]).push_back('\n');
            features.add(item, 'c', path);
        }
    }
}

}  // namespace

ItemContent item_content(const Catalog& catalog) {
    Features features(catalog.size());
    add_categories(features, catalog);
    add_column(features, catalog.brand(), 'b');
    add_column(features, catalog.manufacturer(), 'm');
    const std::vector<std::string>& names = catalog.table().name;
    for (std::size_t item = 0; item < names.size(); ++item)
        words(names[item], [&](const std::string& word) { features.add(static_cast<std::int32_t>(item), 'w', word); });
    ItemContent content;
    content.features = features.weighted();
    for (const float price : catalog.price())
        content.log_price.push_back(price > 0 ? std::log(price) : std::numeric_limits<float>::quiet_NaN());
    return content;
}

}  // namespace crosslift
