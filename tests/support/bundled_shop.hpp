// Engines over the purchases that come with Crosslift, and random questions to ask them.
#pragma once

#include <crosslift/evaluation.hpp>
#include <crosslift/files.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace crosslift::testing {

#ifdef __SANITIZE_ADDRESS__
constexpr double share_of_baskets = 0.1;  // sanitizers slow the fit down about tenfold
#else
constexpr double share_of_baskets = 0.5;
#endif

/// A seed of a test's own, moved by the environment variable CROSSLIFT_TEST_SEED.
inline std::uint64_t test_seed(std::uint64_t own) {
    const char* given = std::getenv("CROSSLIFT_TEST_SEED");
    return own + 1000 * (given == nullptr ? 0 : std::strtoull(given, nullptr, 10));
}

struct BundledShop {
    Catalog catalog;  ///< the shop's own file, with costs made up where `costs` asked for them
    OfferEngine engine;
};

/// The newest half of a bundled data set. The shops sell without telling their costs, so these are drawn: a margin of
/// -10 to 60 % of the price, unknown for one item in ten.
inline BundledShop make_bundled_shop(const std::string& name) {
    BundledData data = bundled_data(name);
    CatalogTable table = data.catalog.table();
    table.item.ids = data.catalog.items();
    table.item.rows.resize(static_cast<std::size_t>(data.catalog.size()));
    for (std::size_t n = 0; n < table.item.rows.size(); ++n) table.item.rows[n] = static_cast<std::int32_t>(n);
    std::mt19937_64 random(test_seed(5));
    for (const float price : table.price) {
        const double margin = -0.1 + 0.7 * static_cast<double>(random() % 1000) / 1000;
        table.margin.push_back(random() % 10 == 0 ? std::nanf("") : static_cast<float>(margin) * price);
    }
    Catalog catalog(std::move(table));
    OfferEngineOptions options;
    options.cold_start.tune = false;  // fits closed forms of its own, which sanitizers make slow
    options.complement.tune = false;
    options.complement.max_items = 1500;
    options.complement.ease.intercept = true;
    OfferEngine engine = fit_offer_engine(split_by_time(data.transactions, share_of_baskets).later, catalog, options);
    return {std::move(catalog), std::move(engine)};
}

/// A test over both bundled shops, each fitted once per program.
class BundledShopTest : public ::testing::TestWithParam<const char*> {
protected:
    const BundledShop& shop() {
        static std::map<std::string, BundledShop> shops;
        auto found = shops.find(GetParam());
        if (found == shops.end()) found = shops.emplace(GetParam(), make_bundled_shop(GetParam())).first;
        return found->second;
    }
    const OfferEngine& engine() { return shop().engine; }

    /// Baskets of one to six items, by the popularity of lines: what a till would send.
    std::vector<std::string> draw_basket(std::mt19937_64& random) {
        const auto& items = engine().models().history.baskets.indices;
        std::vector<std::string> basket;
        for (std::uint64_t left = 1 + random() % 6; left > 0; --left)
            basket.emplace_back(engine().models().catalog.items()[items[random() % items.size()]]);
        return basket;
    }

    /// A customer's id, or "" half of the time.
    std::string draw_customer(std::mt19937_64& random) {
        const IdMap& customers = engine().models().customers;
        const auto row = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(customers.size()));
        return random() % 2 == 0 ? "" : std::string(customers[row]);
    }

    /// The leaf as the shop's own catalog file tells it: the finest category that is known.
    std::string leaf(const std::string& item) {
        const Catalog& catalog = shop().catalog;
        const std::int32_t row = catalog.items().find(item);
        if (row == IdMap::unknown || catalog.leaf(row) == IdMap::unknown) return {};
        const std::string path(catalog.leaves()[catalog.leaf(row)]);
        return path.substr(path.rfind('>') == std::string::npos ? 0 : path.rfind('>') + 2);
    }

    float price(const std::string& item) {
        const Catalog& catalog = engine().models().catalog;
        return catalog.price()[static_cast<std::size_t>(catalog.items().find(item))];
    }
};

inline std::string bundled_name(const ::testing::TestParamInfo<const char*>& data) {
    return data.param;
}

inline std::vector<std::string> ids(const OfferList& list) {
    std::vector<std::string> found;
    for (const Offer& offer : list.offers) found.push_back(offer.item);
    return found;
}

}  // namespace crosslift::testing
