// Shops as nobody would wish for: made up from a seed, with any column of the catalog whole, in part or missing.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/transactions.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace crosslift::testing {

/// A few dozen items, a few hundred receipts. Item ids are "i<n>", customers "k<n>"; "n<n>" was never sold and "s<n>"
/// is sold and not in the catalog. Pairs (i<2n>, i<2n+1>) are bought together beyond chance.
class OddShop {
public:
    explicit OddShop(std::uint64_t seed) : random_(seed) {
        items_ = 4 + below(40);
        customers_ = below(4) == 0 ? below(2) : 2 + below(30);
    }

    OfferEngine engine(Device device = {}) {
        OfferEngineOptions options;
        options.device = device;
        options.complement.factors = 4;
        options.complement.residuals = 6;
        options.complement.tune = false;
        options.complement.min_baskets = 1;
        options.taste.factors = 4;
        options.taste.iterations = 3;
        if (below(4) == 0) options.context.context = customers_ > 1 && dated_ ? Context::session : Context::basket;
        Catalog made = catalog();
        Transactions sold = transactions();
        if (!dated_) options.context.context = Context::basket;
        return fit_offer_engine(sold, made, options);
    }

private:
    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    bool often() { return below(4) != 0; }
    // How a column is filled: 0 not there, 1 partly unknown, 2 whole.
    int filling() { return below(3); }
    float number(int fill, float low, float high) {
        if (fill == 1 && below(4) == 0) return std::nanf("");
        return low + (high - low) * static_cast<float>(below(1000)) / 1000;
    }
    std::string group(int fill, const char* name, int groups) {
        return fill == 1 && below(3) == 0 ? "" : name + std::to_string(below(groups));
    }

    Catalog catalog() {
        CatalogTable table;
        std::vector<std::string> ids;
        for (int n = 0; n < items_; ++n) ids.push_back("i" + std::to_string(n));
        for (int n = below(4); n > 0; --n) ids.push_back("n" + std::to_string(n));
        const int levels = below(3), leaves = below(4) == 0 ? 1 : below(3) == 0 ? 100 : 2 + below(6);
        table.category.resize(static_cast<std::size_t>(levels));
        const int category = 1 + below(2), price = filling(), cost = filling(), margin = below(4) == 0 ? filling() : 0;
        const int name = filling(), brand = filling(), variant = filling(), series = filling(), ladder = filling();
        const int tier = filling(), pack = filling(), available = below(5);
        const bool service = often(), attributes = often();
        if (attributes) {
            table.attributes.resize(2);
            table.attributes[0].name = "strength";
            table.attributes[1].name = "weight";
            table.attributes[0].must_have = true;
            table.attributes[1].direction = Attribute::Direction::lower_is_better;
        }
        for (const std::string& id : ids) {
            table.item.push_back(id);
            for (int level = 0; level < levels; ++level)
                table.category[static_cast<std::size_t>(level)].push_back(
                    group(category, level == 0 ? "d" : "c", level == 0 ? 2 : leaves));
            if (price > 0) table.price.push_back(below(30) == 0 ? 0 : number(price, 1, 20));
            if (cost > 0) table.cost.push_back(number(cost, 0, 12));
            if (margin > 0) table.margin.push_back(number(margin, -3, 9));
            if (name > 0)
                table.name.push_back(name == 1 && below(3) == 0 ? "" : "Thing " + std::to_string(below(60)) + ".");
            if (brand > 0) table.brand.push_back(group(brand, "b", 4));
            if (variant > 0) table.variant.push_back(group(1, "v", 20));
            if (series > 0) table.series.push_back(group(1, "s", 8));
            if (ladder > 0) table.ladder.push_back(group(1, "l", 6));
            if (tier > 0) table.tier.push_back(std::floor(number(tier, 0, 4)));
            if (pack > 0)
                table.pack_size.push_back(pack == 1 && below(3) == 0 ? "?"
                                                                     : std::to_string(100 * (1 + below(6))) + " g");
            if (available > 0) table.available.push_back(available == 1 ? 0 : below(8) != 0);
            if (service) table.service.push_back(below(5) == 0);
            if (attributes)
                for (Attribute& it : table.attributes) it.values.push_back(std::round(number(1, 0, 5)));
        }
        return below(8) == 0 ? Catalog() : Catalog(std::move(table));
    }

    Transactions transactions() {
        TransactionTable table;
        const int time = below(4);
        dated_ = time > 1;
        table.time_kind = time == 0 ? TimeKind::none : time == 1 ? TimeKind::order : TimeKind::timestamp;
        const bool priced = often();
        const int baskets = 20 + below(300);
        for (int basket = 0; basket < baskets; ++basket) {
            std::vector<std::string> items;
            for (int left = 1 + below(3); left > 0; --left) {
                const int item = std::min(below(items_), below(items_));
                items.push_back("i" + std::to_string(item));
                if (below(10) < 6) items.push_back("i" + std::to_string(item ^ 1));
            }
            if (basket == 0) items = {"i0", "i1"};
            if (below(20) == 0) items.push_back("s" + std::to_string(below(3)));
            const std::string customer = customers_ > 0 ? "k" + std::to_string(below(customers_)) : "";
            for (const std::string& item : items) {
                table.basket.push_back("b" + std::to_string(basket));
                table.item.push_back(item);
                if (customers_ > 0) table.customer.push_back(below(30) == 0 ? "" : customer);
                if (time > 0) table.time.push_back(time == 1 ? basket : 1'600'000'000 + basket * 43'200LL);
                table.quantity.push_back(static_cast<float>(1 + below(3)));
                if (priced) table.unit_price.push_back(number(1, 0, 20));
            }
        }
        return Transactions(std::move(table));
    }

    std::mt19937_64 random_;
    int items_ = 0, customers_ = 0;
    bool dated_ = false;
};

}  // namespace crosslift::testing
