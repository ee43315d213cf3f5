// What every judged method is to the judge: a number per item for a basket.
#pragma once

#include <crosslift/ids.hpp>

#include <cstdint>
#include <span>

namespace crosslift::evaluation {

/// A basket to score for. Items are rows of training, each once; their order is that of the receipt where it is known.
struct Query {
    std::span<const std::int32_t> items;
    std::int32_t customer = IdMap::unknown;  ///< row of training
};

class Scorer {
public:
    virtual ~Scorer() = default;

    /// Writes one row of scores per query (queries x items of training); higher is better, -infinity is not ranked.
    /// Any number of threads may call at once.
    virtual void score(std::span<const Query> queries, std::span<double> scores) const = 0;
};

/// A scorer that treats queries one by one.
class SingleScorer : public Scorer {
public:
    void score(std::span<const Query> queries, std::span<double> scores) const final {
        const std::size_t items = queries.empty() ? 0 : scores.size() / queries.size();
        for (std::size_t q = 0; q < queries.size(); ++q) score_one(queries[q], scores.subspan(q * items, items));
    }

private:
    /// Overwrites `scores`, one number per item.
    virtual void score_one(const Query& query, std::span<double> scores) const = 0;
};

}  // namespace crosslift::evaluation
