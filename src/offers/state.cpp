#include "offers/state.hpp"

#include "offers/segments.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string_view>

namespace crosslift {
namespace {

std::vector<std::int64_t> count_baskets(const PurchaseHistory& history) {
    const CsrView lists = history.item_baskets;
    std::vector<std::int64_t> counts(static_cast<std::size_t>(history.items()));
    for (std::int64_t item = 0; item < history.items(); ++item)
        counts[static_cast<std::size_t>(item)] = static_cast<std::int64_t>(lists.row(item).size());
    return counts;
}

std::vector<std::int32_t> rank_popular(const std::vector<std::int64_t>& counts) {
    std::vector<std::int32_t> order;
    for (std::size_t item = 0; item < counts.size(); ++item)
        if (counts[item] > 0) order.push_back(static_cast<std::int32_t>(item));
    std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
        return counts[static_cast<std::size_t>(a)] > counts[static_cast<std::size_t>(b)];
    });
    return order;
}

std::vector<std::uint8_t> find_replenishable(const PurchaseHistory& history) {
    const auto size = static_cast<std::size_t>(history.items());
    std::vector<std::int64_t> buyers(size), returned(size);
    const CsrMatrix counts = customer_items(history);
    for (std::size_t cell = 0; cell < counts.indices.size(); ++cell) {
        const auto item = static_cast<std::size_t>(counts.indices[cell]);
        ++buyers[item];
        if (counts.values[cell] >= 2) ++returned[item];
    }
    std::vector<std::uint8_t> found(size);
    for (std::size_t item = 0; item < size; ++item)
        found[item] = buyers[item] >= replenishable_buyers &&
                      static_cast<double>(returned[item]) >= replenishable_share * static_cast<double>(buyers[item]);
    return found;
}

// Leaves with the same finest name ("YOGURT" under two parents) are one category for "do not offer more of the same".
std::vector<std::int32_t> name_leaves(const IdMap& leaves) {
    IdMap names;
    std::vector<std::int32_t> rows;
    constexpr std::string_view separator = " > ";
    for (std::int32_t leaf = 0; leaf < leaves.size(); ++leaf) {
        const std::string_view path = leaves[leaf];
        const std::size_t at = path.rfind(separator);
        rows.push_back(names.add(at == std::string_view::npos ? path : path.substr(at + separator.size())));
    }
    return rows;
}

std::vector<std::vector<std::int32_t>> sort_leaf_items(const Catalog& catalog) {
    std::vector<std::vector<std::int32_t>> items(static_cast<std::size_t>(catalog.leaves().size()));
    const auto price = catalog.price();
    if (price.empty()) return items;
    for (std::int32_t item = 0; item < catalog.size(); ++item)
        if (catalog.leaf(item) != IdMap::unknown && !std::isnan(price[static_cast<std::size_t>(item)]))
            items[static_cast<std::size_t>(catalog.leaf(item))].push_back(item);
    for (auto& leaf : items)
        std::ranges::stable_sort(leaf, [&](std::int32_t a, std::int32_t b) {
            return price[static_cast<std::size_t>(a)] < price[static_cast<std::size_t>(b)];
        });
    return items;
}

std::vector<std::uint8_t> find_available(const Catalog& catalog) {
    std::vector<std::uint8_t> found;
    found.reserve(static_cast<std::size_t>(catalog.size()));
    for (std::int32_t item = 0; item < catalog.size(); ++item) found.push_back(catalog.available(item) ? 1 : 0);
    return found;
}

std::vector<std::int32_t> sort_dearest_first(const Catalog& catalog) {
    std::vector<std::int32_t> order(static_cast<std::size_t>(catalog.size()));
    std::iota(order.begin(), order.end(), 0);
    const auto price = catalog.price();
    if (price.empty()) return order;
    const auto known = std::stable_partition(order.begin(), order.end(), [&](std::int32_t item) {
        return std::isnan(price[static_cast<std::size_t>(item)]);
    });
    std::ranges::stable_sort(known, order.end(), std::ranges::greater(),
                             [&](std::int32_t item) { return price[static_cast<std::size_t>(item)]; });
    return order;
}

// Rows by the group that each is in; IdMap::unknown is no group.
std::vector<std::vector<std::int32_t>> group_rows(std::span<const std::int32_t> group) {
    std::vector<std::vector<std::int32_t>> rows;
    for (std::size_t row = 0; row < group.size(); ++row) {
        if (group[row] == IdMap::unknown) continue;
        const auto at = static_cast<std::size_t>(group[row]);
        if (at >= rows.size()) rows.resize(at + 1);
        rows[at].push_back(static_cast<std::int32_t>(row));
    }
    return rows;
}

std::vector<PackSize> parse_packs(const Catalog& catalog) {
    std::vector<PackSize> packs;
    for (const std::string& text : catalog.pack_size()) packs.push_back(parse_pack_size(text));
    return packs;
}

std::vector<std::int32_t> key_of_items(const Catalog& catalog, const std::vector<std::int32_t>& leaf_name) {
    std::vector<std::int32_t> keys;
    for (std::int32_t item = 0; item < catalog.size(); ++item) {
        const std::int32_t leaf = catalog.leaf(item);
        keys.push_back(leaf == IdMap::unknown ? IdMap::unknown : leaf_name[static_cast<std::size_t>(leaf)]);
    }
    return keys;
}

std::unordered_map<std::string, std::vector<std::int32_t>> name_categories(const Catalog& catalog) {
    std::unordered_map<std::string, std::vector<std::int32_t>> items;
    for (std::int32_t item = 0; item < catalog.size(); ++item) {
        const auto enter = [&](std::string_view name) {
            auto& rows = items[std::string(name)];
            if (rows.empty() || rows.back() != item) rows.push_back(item);
        };
        for (const IdColumn& level : catalog.category()) {
            const std::int32_t row = level.rows[static_cast<std::size_t>(item)];
            if (row != IdMap::unknown) enter(level.ids[row]);
        }
        if (catalog.leaf(item) != IdMap::unknown) enter(catalog.leaves()[catalog.leaf(item)]);
    }
    return items;
}

std::string noun_of(const ContextOptions& options) {
    if (options.context == Context::basket) return "baskets";
    if (options.context == Context::session) return "sessions";
    char text[48];
    std::snprintf(text, sizeof text, "%.4g-day windows", options.window_days);
    return text;
}

void want_rows(std::int64_t came, std::int64_t wanted, const char* part) {
    if (came == wanted) return;
    throw InvalidArgument(std::string("OfferModels.") + part + " has " + std::to_string(came) + " rows where " +
                          std::to_string(wanted) + " belong; all parts of an engine must come from one fit");
}

OfferModels checked(OfferModels models) {
    const std::int64_t items = models.catalog.size();
    want_rows(models.history.items(), items, "history (items)");
    want_rows(models.complement.in_factors.rows(), items, "complement.in_factors");
    want_rows(models.complement.out_factors.rows(), items, "complement.out_factors");
    want_rows(models.complement.residuals.rows, items, "complement.residuals");
    want_rows(static_cast<std::int64_t>(models.complement.intercept.size()), items, "complement.intercept");
    want_rows(models.taste.item_factors.rows(), items, "taste.item_factors");
    want_rows(models.history.customers, models.customers.size(), "history (customers)");
    if (!models.taste.customer_factors.empty())
        want_rows(models.taste.customer_factors.rows(), models.customers.size(), "taste.customer_factors");
    return models;
}

}  // namespace

EngineState::EngineState(OfferModels given)
    : models(checked(std::move(given))),
      contexts(models.options.context.context == Context::basket
                   ? PurchaseHistory()
                   : merge_contexts(models.history, models.options.context)),
      evidence(models.options.context.context == Context::basket ? models.history : contexts),
      context_noun(noun_of(models.options.context)),
      trade_up_facts(make_trade_up_facts(models.history, models.catalog, models.price, models.trade_up.taste)),
      basket_counts(count_baskets(models.history)),
      by_popularity(rank_popular(basket_counts)),
      replenishable(find_replenishable(models.history)),
      available(find_available(models.catalog)),
      dearest_first(sort_dearest_first(models.catalog)),
      leaf_name(name_leaves(models.catalog.leaves())),
      leaf_items(sort_leaf_items(models.catalog)),
      leaf_members(group_rows(models.catalog.leaf())),
      pack(parse_packs(models.catalog)),
      attribute_scale(attribute_scales(models.catalog)),
      key(key_of_items(models.catalog, leaf_name)),
      key_items(group_rows(key)),
      variant_items(group_rows(models.catalog.variant().rows)),
      ladder_items(group_rows(models.catalog.ladder().rows)),
      category_items(name_categories(models.catalog)),
      segments(find_segments(models.history, models.catalog)) {
    if (!by_popularity.empty()) most_baskets = basket_counts[static_cast<std::size_t>(by_popularity.front())];
    RetrieverOptions by_product{.threads = models.options.threads, .device = models.options.device};
    RetrieverOptions by_cosine = by_product;
    by_cosine.cosine = true;
    if (!models.taste.customer_factors.empty()) taste.emplace(models.taste.item_factors, by_product);
    similar.emplace(models.taste.item_factors, by_cosine);
}

std::array<std::span<const std::int32_t>, 2> EngineState::substitutes(std::int32_t item) const {
    std::array<std::span<const std::int32_t>, 2> found;
    if (category_key(item) != IdMap::unknown) found[0] = key_items[static_cast<std::size_t>(category_key(item))];
    if (ladder(item) != IdMap::unknown) found[1] = ladder_items[static_cast<std::size_t>(ladder(item))];
    return found;
}

OfferEngine::OfferEngine(OfferModels models) : state_(std::make_shared<const EngineState>(std::move(models))) {}

const OfferModels& OfferEngine::models() const {
    return state_->models;
}

}  // namespace crosslift
