#include "cpu/cpu_backend.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/eligibility.hpp"
#include "formulas/ranking.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace crosslift::cpu {
namespace {

class CpuItems final : public backend::Items {
public:
    CpuItems(backend::DenseView factors, std::shared_ptr<void> owner, const backend::ItemColumns& columns)
        : factors_(factors),
          owner_(std::move(owner)),
          category(columns.category.begin(), columns.category.end()),
          price(columns.price.begin(), columns.price.end()),
          bias(columns.bias.begin(), columns.bias.end()) {}
    std::int64_t items() const override { return factors_.rows; }
    std::int64_t factors() const override { return factors_.cols; }
    backend::DenseView view() const { return factors_; }

private:
    backend::DenseView factors_;
    std::shared_ptr<void> owner_;

public:
    const std::vector<std::int32_t> category;
    const std::vector<float> price;
    const std::vector<float> bias;
};

/// Sorted copies of one filter's lists.
class OwnFilter {
public:
    explicit OwnFilter(const backend::QueryFilter& filter) {
        const auto keep = [&](std::span<const std::int32_t> list) -> const std::int32_t* {
            lists_.emplace_back(list.begin(), list.end());
            std::sort(lists_.back().begin(), lists_.back().end());
            return lists_.back().data();
        };
        lists_.reserve(4);
        const auto size = [](std::span<const std::int32_t> list) { return static_cast<std::int64_t>(list.size()); };
        sorted_ = {keep(filter.exclude),
                   size(filter.exclude),
                   keep(filter.allow),
                   size(filter.allow),
                   keep(filter.categories),
                   size(filter.categories),
                   keep(filter.exclude_categories),
                   size(filter.exclude_categories),
                   filter.min_price,
                   filter.max_price,
                   filter.use_allow};
    }
    const formulas::SortedFilter& sorted() const { return sorted_; }

private:
    std::vector<std::vector<std::int32_t>> lists_;
    formulas::SortedFilter sorted_{};
};

struct Candidate {
    float score;
    std::int32_t row;
    bool operator<(const Candidate& other) const { return formulas::ranks_before(score, row, other.score, other.row); }
};

}  // namespace

std::shared_ptr<const backend::Items> CpuBackend::make_items(backend::DenseView factors, std::shared_ptr<void> owner,
                                                             const backend::ItemColumns& columns) const {
    return std::make_shared<CpuItems>(factors, std::move(owner), columns);
}

void CpuBackend::top_k(backend::Lane& lane, const backend::Items& items, backend::DenseView queries, int k,
                       std::span<const backend::QueryFilter> filters, std::int32_t* rows, float* scores) const {
    const auto* own = dynamic_cast<const CpuItems*>(&items);
    if (own == nullptr) throw InvalidArgument("these items were made by another backend; make them with the CPU's");
    const std::int64_t n = own->items();
    check_shape(queries, queries.rows, own->factors(), "the queries of top_k");
    parallel_for(threads_of(lane), queries.rows, [&](std::int64_t q, int) {
        const OwnFilter filter(filters.empty()       ? backend::QueryFilter{}
                               : filters.size() == 1 ? filters[0]
                                                     : filters[static_cast<std::size_t>(q)]);
        std::vector<Candidate> best;
        for (std::int64_t item = 0; item < n; ++item) {
            const auto i = static_cast<std::size_t>(item);
            if (!formulas::eligible(filter.sorted(), static_cast<std::int32_t>(item),
                                    own->category.empty() ? -1 : own->category[i],
                                    own->price.empty() ? NAN : own->price[i]))
                continue;
            float score = 0;
            for (std::int64_t f = 0; f < queries.cols; ++f) score += queries.row(q)[f] * own->view().row(item)[f];
            best.push_back({own->bias.empty() ? score : score + own->bias[i], static_cast<std::int32_t>(item)});
        }
        const auto kept = std::min<std::size_t>(best.size(), static_cast<std::size_t>(k));
        std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(kept), best.end());
        for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
            rows[q * k + static_cast<std::int64_t>(i)] = i < kept ? best[i].row : -1;
            scores[q * k + static_cast<std::int64_t>(i)] = i < kept ? best[i].score : -INFINITY;
        }
    });
}

}  // namespace crosslift::cpu
