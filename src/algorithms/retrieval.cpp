#include "backend/backend.hpp"
#include "devices/devices.hpp"

#include <crosslift/error.hpp>
#include <crosslift/retrieval.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace crosslift {
namespace {

void require(bool good, const std::string& message) {
    if (!good) throw InvalidArgument(message);
}

/// Throws unless every number of a host matrix is finite.
void check_finite(const Matrix& host, const char* what) {
    for (std::int64_t r = 0; r < host.rows(); ++r)
        for (const float number : host.row(r))
            require(std::isfinite(number),
                    "row " + std::to_string(r) + " of the " + what + " holds a number that is not finite");
}

template <class T>
void check_column(std::span<const T> column, std::int64_t items, const char* name) {
    require(column.empty() || static_cast<std::int64_t>(column.size()) == items,
            "the " + std::string(name) + " column has " + std::to_string(column.size()) + " entries for " +
                std::to_string(items) + " items; give one per item, or none");
}

void scale_to_length_one(std::span<float> row) {
    double sum = 0;
    for (const float number : row) sum += static_cast<double>(number) * static_cast<double>(number);
    if (sum <= 0) return;
    const double factor = 1 / std::sqrt(sum);
    for (float& number : row) number = static_cast<float>(static_cast<double>(number) * factor);
}

bool is_plain_host(const Matrix& matrix) {
    return matrix.device().kind == Device::Kind::cpu && matrix.dtype() == DType::f32 && matrix.scale() == 1.0F;
}

/// Factors where the backend can read them: as they are if they are already there, else a copy.
struct Placed {
    backend::DenseView view;
    std::shared_ptr<void> owner;
};

/// Are all numbers finite, by the diagonal of the gram matrix, which is made where they lie? Numbers whose squares are
/// too large may look otherwise.
bool looks_finite(const backend::Backend& backend, backend::Lane& lane, backend::DenseView view) {
    const std::int64_t d = view.cols;
    auto gram = backend.array<float>(d * d);
    backend.gram(lane, view, {gram.data(), d, d, d});
    std::vector<float> numbers(static_cast<std::size_t>(d * d));
    backend.copy_out(lane, numbers.data(), gram.data(), d * d * static_cast<std::int64_t>(sizeof(float)));
    return std::all_of(numbers.begin(), numbers.end(), [](float number) { return std::isfinite(number); });
}

/// `matrix` on the device of `backend`, checked, and with rows of length one where `cosine` asks.
Placed place(const backend::Backend& backend, backend::Lane& lane, const Matrix& matrix, bool cosine,
             const char* what) {
    const bool there = matrix.device() == backend.device() && matrix.dtype() == DType::f32 && matrix.scale() == 1.0F;
    const backend::DenseView view = {static_cast<const float*>(matrix.data()), matrix.rows(), matrix.cols(),
                                     matrix.stride()};
    const bool on_host = is_plain_host(matrix);
    if (there && !cosine && !on_host && looks_finite(backend, lane, view)) return {view, matrix.owner()};
    Matrix host = on_host ? matrix : matrix.to_host();
    check_finite(host, what);
    if (there && !cosine) return {view, matrix.owner()};
    if (cosine) {
        host = host.to_host();  // a copy of our own
        for (std::int64_t r = 0; r < host.rows(); ++r) scale_to_length_one(host.row(r));
    }
    auto copy = backend.array<float>(host.rows() * host.cols());
    constexpr auto itemsize = static_cast<std::int64_t>(sizeof(float));
    for (std::int64_t r = 0; r < host.rows(); ++r)
        backend.copy_in(lane, copy.data() + r * host.cols(), host.row(r).data(), host.cols() * itemsize);
    return {{copy.data(), host.rows(), host.cols(), host.cols()}, copy.memory()};
}

backend::QueryFilter query_filter(const Filter& filter, std::int64_t items) {
    require(!std::isnan(filter.min_price) && !std::isnan(filter.max_price),
            "a filter's price bound is not a number; leave it at -infinity or infinity for no bound");
    const std::int64_t words = (items + 31) / 32;
    require(filter.allow_bitmap.empty() || static_cast<std::int64_t>(filter.allow_bitmap.size()) == words,
            "a filter's allow_bitmap has " + std::to_string(filter.allow_bitmap.size()) + " words; for " +
                std::to_string(items) + " items it needs " + std::to_string(words) + ", or none");
    return {filter.exclude,      filter.allow,      filter.use_allow,
            filter.allow_bitmap, filter.categories, filter.exclude_categories,
            filter.min_price,    filter.max_price};
}

}  // namespace

struct Retriever::State {
    std::shared_ptr<const backend::Backend> backend;
    std::shared_ptr<const backend::Items> items;
    bool cosine = false;
    int threads = 0;

    std::vector<TopK> search(const Matrix& queries, int k, std::span<const Filter> filters, int lane_threads) const {
        check_query(queries, k, filters);
        const auto lane = backend->lane(lane_threads);
        const Placed placed = place(*backend, *lane, queries, cosine, "queries");
        std::vector<backend::QueryFilter> query_filters;
        query_filters.reserve(filters.size());
        for (const Filter& filter : filters) query_filters.push_back(query_filter(filter, items->items()));
        const int most = static_cast<int>(std::min<std::int64_t>(k, items->items()));
        const std::size_t size = static_cast<std::size_t>(queries.rows()) * static_cast<std::size_t>(most);
        std::vector<std::int32_t> rows(size);
        std::vector<float> scores(size);
        if (size > 0) backend->top_k(*lane, *items, placed.view, most, query_filters, rows.data(), scores.data());
        std::vector<TopK> answers(static_cast<std::size_t>(queries.rows()));
        for (std::size_t q = 0; q < answers.size(); ++q) {
            const auto first = static_cast<std::ptrdiff_t>(q * static_cast<std::size_t>(most));
            const auto end = std::find(rows.begin() + first, rows.begin() + first + most, -1);
            const std::ptrdiff_t found = end - (rows.begin() + first);
            answers[q].rows.assign(rows.begin() + first, end);
            answers[q].scores.assign(scores.begin() + first, scores.begin() + first + found);
        }
        return answers;
    }

    void check_query(const Matrix& queries, int k, std::span<const Filter> filters) const {
        require(k >= 1, "k is " + std::to_string(k) + "; give 1 or more");
        require(queries.cols() == items->factors(), "a query has " + std::to_string(queries.cols()) +
                                                        " factors, but the items have " +
                                                        std::to_string(items->factors()));
        require(filters.size() <= 1 || static_cast<std::int64_t>(filters.size()) == queries.rows(),
                std::to_string(filters.size()) + " filters came for " + std::to_string(queries.rows()) +
                    " queries; give one per query, one for all, or none");
    }
};

Retriever::Retriever(const Matrix& item_factors, const RetrieverOptions& options) {
    require(options.threads >= 0,
            "RetrieverOptions::threads is " + std::to_string(options.threads) + "; give 0 (all) or a positive number");
    require(item_factors.rows() <= std::numeric_limits<std::int32_t>::max(),
            std::to_string(item_factors.rows()) + " items are more than a 32-bit row can number");
    check_column(options.category, item_factors.rows(), "category");
    check_column(options.price, item_factors.rows(), "price");
    check_column(options.bias, item_factors.rows(), "bias");
    for (std::size_t item = 0; item < options.bias.size(); ++item)
        require(std::isfinite(options.bias[item]), "the bias of item " + std::to_string(item) + " is not finite");
    auto state = std::make_shared<State>();
    state->backend = open_backend(options.device);
    state->cosine = options.cosine;
    state->threads = options.threads;
    const auto lane = state->backend->lane(1);
    Placed placed = place(*state->backend, *lane, item_factors, options.cosine, "item factors");
    state->items = state->backend->make_items(placed.view, std::move(placed.owner),
                                              {options.category, options.price, options.bias});
    state_ = std::move(state);
}

std::int64_t Retriever::items() const {
    return state_->items->items();
}

int Retriever::factors() const {
    return static_cast<int>(state_->items->factors());
}

std::vector<TopK> Retriever::top_k(const Matrix& queries, int k, std::span<const Filter> filters) const {
    return state_->search(queries, k, filters, state_->threads);
}

TopK Retriever::top_k(std::span<const float> query, int k, const Filter& filter) const {
    // The query is only read; a Matrix, which could also be written, is the form that search() takes.
    const Matrix one(const_cast<float*>(query.data()), 1, static_cast<std::int64_t>(query.size()),
                     static_cast<std::int64_t>(query.size()), DType::f32, 1.0F, Device{}, nullptr);
    return std::move(state_->search(one, k, {&filter, 1}, 1).front());
}

}  // namespace crosslift
