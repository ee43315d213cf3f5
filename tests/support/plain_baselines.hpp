// Baselines once more in float64 over ids and maps, written for clarity.
#pragma once

#include "support/plain_judge.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace crosslift::testing {

/// Dunning's log-likelihood ratio of a pair by its four cells; 0 for pairs rarer than by chance.
inline double plain_llr(const PlainCounts& counts, const std::string& i, const std::string& j) {
    const double n = counts.baskets;
    const double row[2] = {counts.of(i), n - counts.of(i)};
    const double column[2] = {counts.of(j), n - counts.of(j)};
    const double both = counts.both(i, j);
    if (both * n <= row[0] * column[0]) return 0;
    const double cell[2][2] = {{both, row[0] - both}, {column[0] - both, n - row[0] - column[0] + both}};
    double sum = 0;
    for (int r = 0; r < 2; ++r) {
        for (int c = 0; c < 2; ++c) {
            if (cell[r][c] > 0) sum += cell[r][c] * std::log(cell[r][c] * n / (row[r] * column[c]));
        }
    }
    return 2 * sum;
}

/// Confidence of the best rule with one or two items before the arrow that the query fires.
class PlainRules {
public:
    PlainRules(std::vector<PlainBasket> train, double min_baskets)
        : train_(std::move(train)), min_baskets_(min_baskets) {}

    double operator()(const ItemSet& query, const std::string& j) {
        double best = 0;
        for (const auto& a : query) {
            for (const auto& b : query) {
                const double all = holding({a, b, j});
                if (all >= min_baskets_) best = std::max(best, all / holding({a, b}));
            }
        }
        return best;
    }

private:
    /// Baskets of two or more that hold all of `items`.
    double holding(const ItemSet& items) {
        const auto known = holding_.find(items);
        if (known != holding_.end()) return known->second;
        double baskets = 0;
        for (const auto& basket : train_) {
            const auto held = [&](const std::string& item) { return basket.items.contains(item); };
            baskets += basket.items.size() > 1 && std::all_of(items.begin(), items.end(), held) ? 1 : 0;
        }
        return holding_[items] = baskets;
    }

    std::vector<PlainBasket> train_;
    double min_baskets_;
    std::map<ItemSet, double> holding_;
};

/// PerNIR on receipts whose order is not known: places are replaced by their means over random orders.
class PlainPerNir {
public:
    PlainPerNir(const std::vector<PlainBasket>& train, std::size_t neighbours, double weight)
        : neighbours_(neighbours), weight_(weight) {
        for (const auto& basket : train) {
            if (!basket.customer.empty()) baskets_[basket.customer].push_back(basket.items);
        }
        for (const auto& [customer, own] : baskets_) {
            for (std::size_t b = 0; b < own.size(); ++b) {
                for (const auto& item : own[b]) profile_[customer][item] += 1.0 / static_cast<double>(own.size() - b);
            }
        }
    }

    double operator()(const std::string& customer, const ItemSet& query, const std::string& j) const {
        if (!baskets_.contains(customer)) return 0;
        std::vector<std::pair<double, std::string>> near;
        for (const auto& [other, profile] : profile_) {
            const double similarity = cosine(profile_.at(customer), profile);
            if (other != customer && similarity > 0) near.emplace_back(-similarity, other);
        }
        std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        if (near.size() > neighbours_) near.resize(neighbours_);
        double score = own(customer, query, j);
        for (const auto& [minus, other] : near) {
            score += weight_ * -minus * own(other, query, j) / static_cast<double>(near.size());
        }
        return score;
    }

private:
    static double cosine(const std::map<std::string, double>& a, const std::map<std::string, double>& b) {
        double product = 0, left = 0, right = 0;
        for (const auto& [item, value] : a) {
            left += value * value;
            if (b.contains(item)) product += value * b.at(item);
        }
        for (const auto& [item, value] : b) right += value * value;
        return product / std::sqrt(left * right);
    }

    double own(const std::string& customer, const ItemSet& query, const std::string& j) const {
        const auto& baskets = baskets_.at(customer);
        const auto size = static_cast<double>(query.size());
        double harmonic = 0;
        for (double n = 1; n <= size; ++n) harmonic += 1 / n;
        double score = 0;
        for (std::size_t b = 0; b < baskets.size(); ++b) {
            if (!baskets[b].contains(j)) continue;
            const double recent = 1.0 / static_cast<double>(baskets.size() - b);
            score += recent;
            // The mean of 1 / |p - q| over all pairs of different places.
            const auto places = static_cast<int>(baskets[b].size());
            double close = 0;
            for (int p = 0; p < places; ++p) {
                for (int q = 0; q < places; ++q) close += p == q ? 0 : 1.0 / std::abs(p - q);
            }
            if (places > 1) close /= places * (places - 1);
            for (const auto& i : query) {
                if (i != j && baskets[b].contains(i)) score += std::log(size) * harmonic / size * recent * close;
            }
        }
        return score;
    }

    std::size_t neighbours_;
    double weight_;
    std::map<std::string, std::vector<ItemSet>> baskets_;
    std::map<std::string, std::map<std::string, double>> profile_;
};

}  // namespace crosslift::testing
