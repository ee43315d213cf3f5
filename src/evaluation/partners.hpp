// Queries with several right answers: ranked lists, and what they are worth.
#pragma once

#include "evaluation/scorer.hpp"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

struct PartnerQuery {
    std::vector<std::int32_t> items;  ///< the query; may be empty
    std::int32_t customer = IdMap::unknown;
    std::vector<std::int32_t> partners;  ///< the right answers, rising; never in `barred`
    std::vector<std::int32_t> barred;    ///< taken out of the ranking
    std::int64_t cluster = 0;
};

/// The first `length` items of each query's ranking, best first.
std::vector<std::vector<std::int32_t>> rank_partners(const Scorer& scorer, const std::vector<PartnerQuery>& queries,
                                                     std::int64_t items, int length, int threads,
                                                     const std::stop_token& stop);

/// How many of the first k are right.
double hits(const std::vector<std::int32_t>& list, const std::vector<std::int32_t>& partners, int k);

/// Discounted gain of the first k over that of the best possible list.
double ndcg(const std::vector<std::int32_t>& list, const std::vector<std::int32_t>& partners, int k);

}  // namespace crosslift::evaluation
