// What a customer last bought in each leaf, kept while their baskets go by.
#pragma once

#include "evaluation/trade_up_events.hpp"

#include <cmath>
#include <span>
#include <vector>

namespace crosslift::evaluation {

/// State of one customer at a time; begin() forgets the one before without touching every leaf.
class LeafWalk {
public:
    struct Leaf {
        std::int32_t last = -1;     ///< dearest priced item of the last basket in the leaf
        std::int32_t dearest = -1;  ///< dearest item bought in the leaf so far
    };

    explicit LeafWalk(const ItemFacts& items)
        : items_(items), leaves_(static_cast<std::size_t>(items.leaves)), owner_(leaves_.size(), -1) {}

    void begin(std::int32_t customer) { customer_ = customer; }

    /// The state of a leaf before the current basket.
    const Leaf& leaf(std::int32_t leaf) {
        const auto at = static_cast<std::size_t>(leaf);
        if (owner_[at] != customer_) {
            owner_[at] = customer_;
            leaves_[at] = {};
        }
        return leaves_[at];
    }

    /// Takes a basket in, after it was looked at.
    void pass(std::span<const std::int32_t> basket) {
        for (const std::int32_t item : basket) {
            if (leaf_of(item) >= 0) {
                leaf(leaf_of(item));
                leaves_[static_cast<std::size_t>(leaf_of(item))].last = -1;
            }
        }
        for (const std::int32_t item : basket) {
            if (leaf_of(item) < 0 || std::isnan(price(item))) continue;
            Leaf& state = leaves_[static_cast<std::size_t>(leaf_of(item))];
            if (state.last < 0 || price(item) > price(state.last)) state.last = item;
            if (state.dearest < 0 || price(item) > price(state.dearest)) state.dearest = item;
        }
    }

    std::int32_t leaf_of(std::int32_t item) const { return items_.leaf[static_cast<std::size_t>(item)]; }
    float price(std::int32_t item) const { return items_.price[static_cast<std::size_t>(item)]; }

private:
    const ItemFacts& items_;
    std::vector<Leaf> leaves_;
    std::vector<std::int32_t> owner_;
    std::int32_t customer_ = -1;
};

}  // namespace crosslift::evaluation
