// What an engine derives from its models once, and every query reads.
#pragma once

#include "offers/attribute_scale.hpp"
#include "offers/evidence_index.hpp"

#include <crosslift/offers.hpp>
#include <crosslift/retrieval.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace crosslift {

struct EngineState {
    explicit EngineState(OfferModels given);

    OfferModels models;
    PurchaseHistory contexts;  // what counts as bought together; empty where it is the basket
    EvidenceIndex evidence;    // over contexts
    std::string context_noun;  // "baskets", "sessions", "30-day windows"
    std::shared_ptr<const TradeUpFacts> trade_up_facts;
    std::optional<Retriever> taste;    // taste item factors, by inner product
    std::optional<Retriever> similar;  // the same, by cosine

    std::vector<std::int64_t> basket_counts;  // per item: baskets with it
    std::int64_t most_baskets = 1;            // the largest of them, at least 1
    std::vector<std::int32_t> by_popularity;  // items that were bought, most baskets first, ties by row
    std::vector<std::uint8_t> replenishable;  // per item: customers come back for it
    std::vector<std::uint8_t> available;      // per item: the catalog does not say that it is not
    std::vector<std::int32_t> dearest_first;  // items of unknown price, then the others, highest price first
    std::vector<std::int32_t> leaf_name;  // per leaf: row of its finest category's name, shared by like-named leaves
    std::vector<std::vector<std::int32_t>> leaf_items;    // per leaf: items of known price, cheapest first, ties by row
    std::vector<std::vector<std::int32_t>> leaf_members;  // per leaf: all its items, ascending
    std::vector<PackSize> pack;                           // per item: its pack size; empty without that column
    std::vector<AttributeScale> attribute_scale;          // per attribute
    std::vector<std::int32_t> key;                        // per item: category_key()
    std::vector<std::vector<std::int32_t>> key_items;     // per category_key(): its items, ascending
    std::vector<std::vector<std::int32_t>> variant_items;  // per variant group: its items, ascending
    std::vector<std::vector<std::int32_t>> ladder_items;   // per ladder: its items, ascending
    /// Items of each category by the name of any level, and by a leaf's whole path; ascending.
    std::unordered_map<std::string, std::vector<std::int32_t>> category_items;

    std::vector<CustomerSegment> segments;  // per customer

    std::int32_t items() const { return models.catalog.size(); }
    /// A number that two items share when one must not be offered beside the other; -1 for an item without a leaf.
    std::int32_t category_key(std::int32_t item) const { return key[static_cast<std::size_t>(item)]; }
    /// Its row among the catalog's ladders; IdMap::unknown for an item on none.
    std::int32_t ladder(std::int32_t item) const {
        const auto& rows = models.catalog.ladder().rows;
        return rows.empty() ? IdMap::unknown : rows[static_cast<std::size_t>(item)];
    }
    /// What stands in for an item and is not offered beside it, the item itself included: those of its leaf's name, and
    /// those of its ladder. Each ascends; empty where it has none.
    std::array<std::span<const std::int32_t>, 2> substitutes(std::int32_t item) const;
    std::optional<CustomerSegment> segment_of(const std::string& customer) const;  // OfferEngine::segment_of()
};

/// A customer comes back for an item when at least this share of its buyers bought it in two baskets or more.
constexpr double replenishable_share = 0.25;
/// ... and at least this many customers bought it.
constexpr std::int64_t replenishable_buyers = 10;

}  // namespace crosslift
