#include "evaluation/partners.hpp"

#include "evaluation/ranking_metrics.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t chunk = 64;

bool is_partner(const std::vector<std::int32_t>& partners, std::int32_t item) {
    return std::binary_search(partners.begin(), partners.end(), item);
}

std::size_t first(const std::vector<std::int32_t>& list, int k) {
    return std::min(list.size(), static_cast<std::size_t>(k));
}

}  // namespace

std::vector<std::vector<std::int32_t>> rank_partners(const Scorer& scorer, const std::vector<PartnerQuery>& queries,
                                                     std::int64_t items, int length, int threads,
                                                     const std::stop_token& stop) {
    std::vector<std::vector<std::int32_t>> lists(queries.size());
    const auto count = static_cast<std::int64_t>(queries.size());
    const auto width = static_cast<std::size_t>(items);
    for_each_task(threads, (count + chunk - 1) / chunk, stop, [&](std::int64_t n, int) {
        const auto begin = static_cast<std::size_t>(n * chunk);
        const auto size = static_cast<std::size_t>(std::min(chunk, count - n * chunk));
        std::vector<Query> asked;
        for (std::size_t q = 0; q < size; ++q) asked.push_back({queries[begin + q].items, queries[begin + q].customer});
        std::vector<double> scores(size * width);
        scorer.score(asked, scores);
        for (std::size_t q = 0; q < size; ++q) {
            const auto row = std::span(scores).subspan(q * width, width);
            for (const std::int32_t item : queries[begin + q].barred) {
                row[static_cast<std::size_t>(item)] = not_ranked<double>;
            }
            auto& list = lists[begin + q];
            list.resize(static_cast<std::size_t>(length));
            best_positions<double>(row, list);
            std::erase(list, -1);
        }
    });
    return lists;
}

double hits(const std::vector<std::int32_t>& list, const std::vector<std::int32_t>& partners, int k) {
    return static_cast<double>(std::count_if(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(first(list, k)),
                                             [&](std::int32_t item) { return is_partner(partners, item); }));
}

double ndcg(const std::vector<std::int32_t>& list, const std::vector<std::int32_t>& partners, int k) {
    double gain = 0;
    double best = 0;
    for (std::size_t n = 0; n < first(list, k); ++n) {
        if (is_partner(partners, list[n])) gain += 1 / std::log2(static_cast<double>(n) + 2);
    }
    for (std::size_t n = 0; n < first(partners, k); ++n) best += 1 / std::log2(static_cast<double>(n) + 2);
    return best == 0 ? 0 : gain / best;
}

}  // namespace crosslift::evaluation
