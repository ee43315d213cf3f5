#include "offers/evidence_index.hpp"

#include <algorithm>
#include <span>

namespace crosslift {
namespace {

// Numbers that are in both lists, each of which ascends, by looking each of the few up among the many.
std::int64_t search(std::span<const std::int32_t> few, std::span<const std::int32_t> many) {
    std::int64_t count = 0;
    auto from = many.begin();
    for (const std::int32_t basket : few) {
        from = std::lower_bound(from, many.end(), basket);
        if (from == many.end()) break;
        if (*from == basket) ++count;
    }
    return count;
}

// The same in one walk down both lists. Which of them steps on cannot be foretold, so no branch depends on it.
std::int64_t merge(std::span<const std::int32_t> first, std::span<const std::int32_t> second) {
    std::int64_t count = 0;
    for (std::size_t a = 0, b = 0; a < first.size() && b < second.size();) {
        const std::int32_t x = first[a], y = second[b];
        count += x == y ? 1 : 0;
        a += x <= y ? 1 : 0;
        b += y <= x ? 1 : 0;
    }
    return count;
}

}  // namespace

EvidenceIndex::EvidenceIndex(const PurchaseHistory& history)
    : history_(&history),
      words_((history.basket_count() + 63) / 64),
      bitmap_slot_(static_cast<std::size_t>(history.items()), -1) {
    const CsrView lists = history.item_baskets;
    std::int32_t slots = 0;
    for (std::int32_t item = 0; item < history.items(); ++item) {
        const auto length = static_cast<std::int64_t>(lists.row(item).size());
        if (length * 64 > history.basket_count()) bitmap_slot_[static_cast<std::size_t>(item)] = slots++;
    }
    bits_.assign(static_cast<std::size_t>(slots * words_), 0);
    for (std::int32_t item = 0; item < history.items(); ++item) {
        const std::int32_t slot = bitmap_slot_[static_cast<std::size_t>(item)];
        if (slot < 0) continue;
        std::uint64_t* words = bits_.data() + slot * words_;
        for (const std::int32_t basket : lists.row(item)) words[basket / 64] |= std::uint64_t{1} << (basket % 64);
    }
    double steps = 0;
    for (std::int64_t basket = 0; basket < history.basket_count(); ++basket) {
        const auto size = static_cast<double>(history.baskets.view().row(basket).size());
        steps += size * size;
    }
    if (steps <= static_cast<double>(most_steps)) count_pairs();
}

void EvidenceIndex::count_pairs() {
    const CsrView baskets = history_->baskets;
    const CsrView lists = history_->item_baskets;
    std::vector<std::int32_t> count(bitmap_slot_.size(), 0), touched;
    pairs_begin_.assign(1, 0);
    for (std::int32_t item = 0; item < history_->items(); ++item) {
        touched.clear();
        for (const std::int32_t basket : lists.row(item)) {
            const auto row = baskets.row(basket);  // ascending
            for (auto other = row.rbegin(); other != row.rend() && *other > item; ++other)
                if (++count[static_cast<std::size_t>(*other)] == often) touched.push_back(*other);
        }
        std::ranges::sort(touched);
        for (const std::int32_t other : touched) {
            pair_item_.push_back(other);
            pair_count_.push_back(count[static_cast<std::size_t>(other)]);
        }
        for (const std::int32_t basket : lists.row(item)) {
            const auto row = baskets.row(basket);
            for (auto other = row.rbegin(); other != row.rend() && *other > item; ++other)
                count[static_cast<std::size_t>(*other)] = 0;
        }
        pairs_begin_.push_back(static_cast<std::int64_t>(pair_item_.size()));
    }
    pair_item_.shrink_to_fit();
    pair_count_.shrink_to_fit();
    pairs_known_ = true;
}

std::int64_t EvidenceIndex::often_together(std::int32_t first, std::int32_t second) const {
    if (first > second) std::swap(first, second);
    const auto begin = pair_item_.begin() + pairs_begin_[static_cast<std::size_t>(first)];
    const auto end = pair_item_.begin() + pairs_begin_[static_cast<std::size_t>(first) + 1];
    const auto found = std::lower_bound(begin, end, second);
    if (found == end || *found != second) return 0;
    return pair_count_[static_cast<std::size_t>(found - pair_item_.begin())];
}

const std::uint64_t* EvidenceIndex::bitmap(std::int32_t item) const {
    const std::int32_t slot = bitmap_slot_[static_cast<std::size_t>(item)];
    return slot < 0 ? nullptr : bits_.data() + slot * words_;
}

std::int64_t EvidenceIndex::together(std::int32_t first, std::int32_t second) const {
    const CsrView lists = history_->item_baskets;
    if (lists.row(first).size() > lists.row(second).size()) std::swap(first, second);
    const auto shorter = lists.row(first);
    const auto longer = lists.row(second);
    const std::uint64_t* words = bitmap(second);
    if (words != nullptr) {
        return std::count_if(shorter.begin(), shorter.end(),
                             [&](std::int32_t basket) { return (words[basket / 64] >> (basket % 64) & 1) != 0; });
    }
    return longer.size() / 32 > shorter.size() ? search(shorter, longer) : merge(shorter, longer);
}

Evidence EvidenceIndex::operator()(std::int32_t first, std::int32_t second) const {
    const CsrView lists = history_->item_baskets;
    const std::int64_t known = pairs_known_ && first != second ? often_together(first, second) : 0;
    return count_evidence(known > 0 ? known : together(first, second),
                          static_cast<std::int64_t>(lists.row(first).size()),
                          static_cast<std::int64_t>(lists.row(second).size()), history_->basket_count());
}

std::optional<Evidence> EvidenceIndex::supported(std::int32_t first, std::int32_t second, std::int64_t support) const {
    if (pairs_known_ && support >= often && first != second && often_together(first, second) < support) return {};
    const Evidence evidence = (*this)(first, second);
    return evidence.together >= support ? std::optional(evidence) : std::nullopt;
}

}  // namespace crosslift
