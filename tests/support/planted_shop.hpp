// A small shop with known truth: which items go together, which replace one another, what they cost.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace crosslift::testing {

/// Categories 2c and 2c + 1 are complements: a basket takes item r of one with item r of the other more often than by
/// chance, and with item r + 1 somewhat less often. The first and
/// the last item of the last category are a pair inside one leaf. Inside a category item r costs (1 + r) * 2 and has
/// pack size "(1 + r) * 100 g". Item ids are "c<cat>i<r>".
struct PlantedShop {
    int categories = 8;
    int items_per_category = 6;
    int customers = 60;
    int baskets = 1500;
    std::uint64_t seed = 1;

    static std::string id(int category, int rank) {
        return "c" + std::to_string(category) + "i" + std::to_string(rank);
    }

    Transactions transactions() const {
        std::mt19937_64 random(seed);
        const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<std::uint64_t>(below)); };
        TransactionTable table;
        table.time_kind = TimeKind::timestamp;
        for (int basket = 0; basket < baskets; ++basket) {
            const int customer = draw(customers);
            const int pair = draw(categories / 2);
            // Customers with a high number buy the dearer ranks.
            const int rank =
                std::min(items_per_category - 1, draw(3) + customer * (items_per_category - 2) / customers);
            std::vector<std::string> items = {id(2 * pair, rank)};
            if (draw(10) < 7) items.push_back(id(2 * pair + 1, rank));
            if (draw(10) < 3) items.push_back(id(2 * pair + 1, (rank + 1) % items_per_category));
            if (draw(10) < 1)
                items.insert(items.end(), {id(categories - 1, 0), id(categories - 1, items_per_category - 1)});
            if (draw(10) < 5) items.push_back(id(draw(categories), draw(items_per_category)));
            for (const std::string& item : items) {
                table.customer.push_back("k" + std::to_string(customer));
                table.basket.push_back("b" + std::to_string(basket));
                table.item.push_back(item);
                table.time.push_back(1'600'000'000 + basket * 7200LL);
                table.quantity.push_back(1);
                table.unit_price.push_back(static_cast<float>(price(item)));
            }
        }
        return Transactions(std::move(table));
    }

    double price(const std::string& item) const { return (1 + std::stoi(item.substr(item.find('i') + 1))) * 2.0; }

    CatalogTable catalog_table() const {
        CatalogTable table;
        table.category.resize(1);
        for (int category = 0; category < categories; ++category)
            for (int rank = 0; rank < items_per_category; ++rank) {
                table.item.push_back(id(category, rank));
                table.category[0].push_back("cat" + std::to_string(category));
                table.price.push_back(static_cast<float>(price(id(category, rank))));
                table.name.push_back("Item " + std::to_string(rank) + " of " + std::to_string(category));
                table.pack_size.push_back(std::to_string((1 + rank) * 100) + " g");
                table.brand.push_back(rank % 2 == 0 ? "even" : "odd");
            }
        return table;
    }

    Catalog catalog() const { return Catalog(catalog_table()); }

    static OfferEngineOptions options() {
        OfferEngineOptions options;
        options.complement.factors = 8;
        options.complement.residuals = 8;
        options.taste.factors = 8;
        options.taste.iterations = 4;
        return options;
    }

    OfferEngine engine() const { return fit_offer_engine(transactions(), catalog(), options()); }
};

}  // namespace crosslift::testing
