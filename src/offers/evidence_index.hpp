// Counts of items bought together, exact and in microseconds.
#pragma once

#include <crosslift/history.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace crosslift {

/// Answers evidence() for any pair of items. Pairs that stand together in at least `often` baskets are counted once,
/// when the index is made (unless that takes more than `most_steps`); the others from basket lists, with a bitmap for
/// each item where that takes at most twice the memory of its list. Keeps a pointer to the history, which must outlive
/// it.
class EvidenceIndex {
public:
    explicit EvidenceIndex(const PurchaseHistory& history);

    Evidence operator()(std::int32_t first, std::int32_t second) const;
    /// The same for pairs that stand together in `support` baskets or more, none for others: a look-up where `support`
    /// is at least `often`.
    std::optional<Evidence> supported(std::int32_t first, std::int32_t second, std::int64_t support) const;

    static constexpr std::int64_t often = 3;
    static constexpr std::int64_t most_steps = 2'000'000'000;  ///< sum of squared basket sizes; about 5 s

private:
    void count_pairs();
    // Baskets with both where that is `often` or more, else 0; only if pairs_known_.
    std::int64_t often_together(std::int32_t first, std::int32_t second) const;
    std::int64_t together(std::int32_t first, std::int32_t second) const;
    const std::uint64_t* bitmap(std::int32_t item) const;

    const PurchaseHistory* history_;
    std::int64_t words_ = 0;                 // 64-bit words of one bitmap
    std::vector<std::int32_t> bitmap_slot_;  // per item: its bitmap, or -1
    std::vector<std::uint64_t> bits_;
    bool pairs_known_ = false;
    // Pairs that are often together: for each item those of a higher row, ascending, with their baskets.
    std::vector<std::int64_t> pairs_begin_;
    std::vector<std::int32_t> pair_item_, pair_count_;
};

}  // namespace crosslift
