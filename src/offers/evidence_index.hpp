// Counts of items bought together, exact and in microseconds.
#pragma once

#include <crosslift/history.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

/// Answers evidence() for any pair of items from basket lists, with a bitmap for each item where that takes at most
/// twice the memory of its list. Keeps a pointer to the history, which must outlive it.
class EvidenceIndex {
public:
    explicit EvidenceIndex(const PurchaseHistory& history);

    Evidence operator()(std::int32_t first, std::int32_t second) const;

private:
    std::int64_t together(std::int32_t first, std::int32_t second) const;
    const std::uint64_t* bitmap(std::int32_t item) const;

    const PurchaseHistory* history_;
    std::int64_t words_ = 0;                 // 64-bit words of one bitmap
    std::vector<std::int32_t> bitmap_slot_;  // per item: its bitmap, or -1
    std::vector<std::uint64_t> bits_;
};

}  // namespace crosslift
