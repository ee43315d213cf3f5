// What one ranked list is worth: the place of the target, and gains that follow from it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace crosslift::evaluation {

/// An item that must not be ranked gets this score.
template <class T>
constexpr T not_ranked = -std::numeric_limits<T>::infinity();

/// Place of `target` when scores are ranked in falling order, 0 = first; of equal scores the lower position comes
/// first. A target that is not ranked (or has a NaN score) comes after all.
template <class T>
std::int32_t rank_of(std::span<const T> scores, std::int32_t target) {
    const auto at = static_cast<std::size_t>(target);
    const T wanted = scores[at];
    if (!(wanted > not_ranked<T>)) return static_cast<std::int32_t>(scores.size());
    std::int32_t better = 0;
    for (std::size_t j = 0; j < at; ++j) better += scores[j] >= wanted ? 1 : 0;
    for (std::size_t j = at + 1; j < scores.size(); ++j) better += scores[j] > wanted ? 1 : 0;
    return better;
}

/// The best positions, best first; items that are not ranked never appear and leave -1 at the end.
template <class T>
void best_positions(std::span<const T> scores, std::span<std::int32_t> best) {
    for (auto& position : best) position = -1;
    T bar = not_ranked<T>;
    for (std::size_t j = 0; j < scores.size(); ++j) {
        if (!(scores[j] > bar)) continue;
        std::size_t place = best.size() - 1;
        while (place > 0 && (best[place - 1] < 0 || scores[static_cast<std::size_t>(best[place - 1])] < scores[j])) {
            best[place] = best[place - 1];
            --place;
        }
        best[place] = static_cast<std::int32_t>(j);
        if (best.back() >= 0) bar = scores[static_cast<std::size_t>(best.back())];
    }
}

/// 1 if the target stands among the first k.
inline double hit(std::int32_t rank, int k) {
    return rank < k ? 1.0 : 0.0;
}

/// Normalised discounted cumulative gain with one relevant item: 1 / log2(rank + 2) among the first k.
inline double ndcg(std::int32_t rank, int k) {
    return rank < k ? 1.0 / std::log2(rank + 2.0) : 0.0;
}

/// 1 / place, place counted from 1.
inline double reciprocal_rank(std::int32_t rank) {
    return 1.0 / (rank + 1.0);
}

}  // namespace crosslift::evaluation
