// The planted shop with whatever a test adds to its catalog, and its questions with open gates.
#pragma once

#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::testing {

inline OfferEngine shop_with(const std::function<void(CatalogTable&, std::size_t, const std::string&)>& item,
                             const std::function<void(CatalogTable&)>& table_of = {}) {
    CatalogTable table = PlantedShop().catalog_table();
    if (table_of) table_of(table);
    for (std::size_t n = 0; n < table.item.rows.size(); ++n)
        item(table, n, std::string(table.item.ids[table.item.rows[n]]));
    return fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
}

// Margins: category 1 is sold below cost, items of rank 5 earn most, the margin of c3i1 is not known.
inline const OfferEngine& with_margins() {
    static const OfferEngine made = shop_with([](CatalogTable& table, std::size_t, const std::string& id) {
        const float margin = id.starts_with("c1") ? -1.0F : id.ends_with("i5") ? 8.0F : 1.0F;
        table.margin.push_back(id == "c3i1" ? std::nanf("") : margin);
    });
    return made;
}

inline const OfferEngine& plain() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

inline OfferList cross_sell(const OfferEngine& engine, std::vector<std::string> basket, const OfferQuery& query = {},
                            const std::string& customer = {}) {
    return engine.cross_sell(basket, customer, query);
}

// All that may be offered to a basket with the gates of evidence open.
inline OfferQuery open() {
    OfferQuery query{.k = 1000, .max_per_category = 0, .min_support = 1, .min_g2 = 0, .min_relevance = 0};
    return query;
}

inline std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const InvalidArgument& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace crosslift::testing
