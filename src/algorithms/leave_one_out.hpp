// Basket completion by leave-one-out: hide an item of a held-back basket and see where it ranks.
#pragma once

#include "algorithms/basket_slices.hpp"

#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace crosslift::algorithms {

/// Queries on held-back baskets: query n hides targets[n], an item of row rows[n] of `baskets`; rows ascend.
struct LeaveOneOut {
    CsrMatrix baskets;
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> targets;

    std::size_t size() const { return targets.size(); }
    std::span<const std::int32_t> basket(std::size_t query) const { return baskets.view().row(rows[query]); }
};

/// At most ten random targets of every basket with two items or more, and at most `max_queries` random ones of those.
LeaveOneOut leave_one_out(CsrMatrix held, std::int64_t max_queries, std::uint64_t seed);

/// What rank 0 is best for says: HR@10, and nDCG over the whole ranking (1 / log2(rank + 2)).
struct HitRates {
    double hr10 = 0;
    double ndcg = 0;
};

/// Items that stand before `target`: a higher score, or the same and a lower row; other items of the basket do not
/// count. Scores are multiplied by `scale` where that is not empty.
std::int64_t rank_of(std::span<const float> scores, std::span<const float> scale, std::span<const std::int32_t> basket,
                     std::int32_t target);

/// Adds up ranks.
class RankTally {
public:
    void add(std::int64_t rank);
    HitRates rates() const;

private:
    std::int64_t count_ = 0, hits_ = 0;
    double gain_ = 0;
};

/// Writes the scores of all items for query n, its target left out of the basket.
using QueryScores = std::function<void(std::size_t query, std::span<float> scores)>;

/// Ranks every query once for each scale (an empty one changes nothing).
std::vector<HitRates> hit_rates(const LeaveOneOut& queries, const QueryScores& scores,
                                std::span<const std::vector<float>> scales);

/// Scores of an EASE model fitted over the items of `queries`. Both must outlive the result; it is for one thread.
QueryScores ease_scores(const LeaveOneOut& queries, const EaseModel& model);

/// Scores of a complement model over the items of `queries`. Both must outlive the result; it is for one thread.
QueryScores complement_scores(const LeaveOneOut& queries, const ComplementModel& model);

}  // namespace crosslift::algorithms
