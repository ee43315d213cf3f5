#include "algorithms/leave_one_out.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <utility>

namespace crosslift::algorithms {
namespace {

constexpr std::size_t targets_per_basket = 10;

// The same on every standard library, unlike std::uniform_int_distribution.
std::size_t draw_below(std::mt19937_64& random, std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
}

// Keeps `wanted` of the queries, each subset as likely as the other, in their order (Knuth's selection sampling).
void thin_out(LeaveOneOut& queries, std::size_t wanted, std::mt19937_64& random) {
    std::size_t kept = 0;
    const std::size_t all = queries.size();
    for (std::size_t n = 0; n < all && kept < wanted; ++n) {
        if (draw_below(random, all - n) >= wanted - kept) continue;
        queries.rows[kept] = queries.rows[n];
        queries.targets[kept++] = queries.targets[n];
    }
    queries.rows.resize(kept);
    queries.targets.resize(kept);
}

// Sums of EASE's rows, kept while queries stay in one basket.
struct EaseSums {
    Matrix weights;
    std::span<const float> intercept;
    std::int64_t row = -1;
    std::vector<float> sum;

    void add(std::int32_t item, float sign) {
        const auto weight = std::as_const(weights).row(item);
        for (std::size_t n = 0; n < sum.size(); ++n) sum[n] += sign * weight[n];
    }
};

}  // namespace

LeaveOneOut leave_one_out(CsrMatrix held, std::int64_t max_queries, std::uint64_t seed) {
    LeaveOneOut queries;
    queries.baskets = std::move(held);
    std::mt19937_64 random(seed);
    std::vector<std::int32_t> items;
    for (std::int64_t row = 0; row < queries.baskets.rows; ++row) {
        const auto basket = queries.baskets.view().row(row);
        if (basket.size() < 2) continue;
        items.assign(basket.begin(), basket.end());
        const std::size_t count = std::min(items.size(), targets_per_basket);
        for (std::size_t n = 0; n < count; ++n) {
            std::swap(items[n], items[n + draw_below(random, items.size() - n)]);
            queries.rows.push_back(row);
            queries.targets.push_back(items[n]);
        }
    }
    if (queries.size() > idx(max_queries)) thin_out(queries, idx(max_queries), random);
    return queries;
}

std::int64_t rank_of(std::span<const float> scores, std::span<const float> scale, std::span<const std::int32_t> basket,
                     std::int32_t target) {
    const auto value = [&](std::size_t item) { return scale.empty() ? scores[item] : scores[item] * scale[item]; };
    const std::size_t hidden = idx(target);
    const float bar = value(hidden);
    std::int64_t before = 0;
    for (std::size_t item = 0; item < hidden; ++item) before += value(item) >= bar ? 1 : 0;
    for (std::size_t item = hidden + 1; item < scores.size(); ++item) before += value(item) > bar ? 1 : 0;
    for (const std::int32_t item : basket) {
        if (item == target) continue;
        const float other = value(idx(item));
        if (other > bar || (other == bar && item < target)) --before;
    }
    return before;
}

void RankTally::add(std::int64_t rank) {
    ++count_;
    if (rank < 10) ++hits_;
    gain_ += 1.0 / std::log2(static_cast<double>(rank) + 2.0);
}

HitRates RankTally::rates() const {
    if (count_ == 0) return {};
    const double count = static_cast<double>(count_);
    return {static_cast<double>(hits_) / count, gain_ / count};
}

std::vector<HitRates> hit_rates(const LeaveOneOut& queries, const QueryScores& scores,
                                std::span<const std::vector<float>> scales) {
    std::vector<RankTally> tallies(scales.size());
    std::vector<float> buffer(idx(queries.baskets.cols));
    for (std::size_t query = 0; query < queries.size(); ++query) {
        scores(query, buffer);
        for (std::size_t n = 0; n < scales.size(); ++n)
            tallies[n].add(rank_of(buffer, scales[n], queries.basket(query), queries.targets[query]));
    }
    std::vector<HitRates> rates;
    rates.reserve(tallies.size());
    for (const RankTally& tally : tallies) rates.push_back(tally.rates());
    return rates;
}

QueryScores ease_scores(const LeaveOneOut& queries, const EaseModel& model) {
    auto sums = std::make_shared<EaseSums>();
    sums->weights = model.weights;
    sums->intercept = model.intercept;
    sums->sum.resize(model.intercept.size());
    return [&queries, sums](std::size_t query, std::span<float> scores) {
        if (sums->row != queries.rows[query]) {
            sums->row = queries.rows[query];
            std::ranges::copy(sums->intercept, sums->sum.begin());
            for (const std::int32_t item : queries.basket(query)) sums->add(item, 1.0F);
        }
        const auto hidden = std::as_const(sums->weights).row(queries.targets[query]);
        for (std::size_t n = 0; n < scores.size(); ++n) scores[n] = sums->sum[n] - hidden[n];
    };
}

QueryScores complement_scores(const LeaveOneOut& queries, const ComplementModel& model) {
    const auto rest = std::make_shared<std::vector<std::int32_t>>();
    return [&queries, &model, rest](std::size_t query, std::span<float> scores) {
        rest->clear();
        for (const std::int32_t item : queries.basket(query))
            if (item != queries.targets[query]) rest->push_back(item);
        std::ranges::fill(scores, 0.0F);
        add_basket_scores(model, *rest, scores);
    };
}

}  // namespace crosslift::algorithms
