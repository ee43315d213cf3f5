// Exact top-K by inner product, filtered while it scores.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>
#include <crosslift/matrix.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace crosslift {

/// Which items one query may return. Spans may be empty: then that test is off.
struct Filter {
    std::span<const std::int32_t> exclude;  ///< item rows never returned (already bought, deny list)
    std::span<const std::int32_t> allow;    ///< if `use_allow`, only these item rows
    bool use_allow = false;
    std::span<const std::uint32_t> allow_bitmap;  ///< if not empty, only rows r with bit r % 32 of word r / 32 set;
                                                  ///< (items + 31) / 32 words
    std::span<const std::int32_t> categories;     ///< if not empty, only items of these categories
    std::span<const std::int32_t> exclude_categories;  ///< items of these categories never; items without one pass
    float min_price = -std::numeric_limits<float>::infinity();  ///< with either bound, items of unknown price are out
    float max_price = std::numeric_limits<float>::infinity();
};

/// One answer: score descending, then row ascending; rows.size() <= k.
struct TopK {
    std::vector<std::int32_t> rows;
    std::vector<float> scores;
};

struct RetrieverOptions {
    bool cosine = false;                          ///< rank by cosine instead of inner product; a zero row scores 0
    std::span<const std::int32_t> category = {};  ///< one per item, -1 unknown; empty: none
    std::span<const float> price = {};            ///< one per item, NaN unknown; empty: none
    std::span<const float> bias = {};             ///< added to each item's score; empty: none
    int threads = 0;
    Device device = {};
};

/// Item embeddings made ready for search on one device. Immutable; any number of threads may query at once.
/// The embeddings may come from anywhere: Crosslift's own models or a matrix of yours.
class CROSSLIFT_API Retriever {
public:
    /// `item_factors` is items x factors. Throws InvalidArgument for NaN or infinite numbers or columns of wrong
    /// length.
    explicit Retriever(const Matrix& item_factors, const RetrieverOptions& options = {});

    std::int64_t items() const;
    int factors() const;

    /// The best k items for each row of `queries` (n x factors). `filters` has one entry per query, one for all, or
    /// none. A filtered item is never returned; fewer than k is normal. Throws InvalidArgument if k < 1, sizes differ,
    /// or a query is not finite.
    std::vector<TopK> top_k(const Matrix& queries, int k, std::span<const Filter> filters = {}) const;

    /// Single query, on the calling thread.
    TopK top_k(std::span<const float> query, int k, const Filter& filter = {}) const;

private:
    struct State;
    std::shared_ptr<const State> state_;
};

}  // namespace crosslift
