// Purchases and items written down line by line, and the history, catalog and prices made of them.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::testing {

/// One receipt line; customer -1 is not known.
struct Line {
    int customer, basket, item;
    std::int64_t time;
};

struct Item {
    std::string leaf, brand, manufacturer, size;
    float price;
};

inline std::string item_id(int item) {
    return "i" + std::to_string(item);
}

/// Lines, items and what is made of them, rows of items in the order of `items`.
struct LineShop {
    std::vector<Line> lines;
    std::vector<Item> items;
    Catalog catalog = {};
    PurchaseHistory history = {};
    PriceModel price = {};

    void build(TimeKind kind = TimeKind::timestamp) {
        CatalogTable table;
        table.category.resize(1);
        for (std::size_t i = 0; i < items.size(); ++i) {
            table.item.push_back(item_id(static_cast<int>(i)));
            table.category[0].push_back(items[i].leaf);
            table.brand.push_back(items[i].brand);
            table.manufacturer.push_back(items[i].manufacturer);
            table.pack_size.push_back(items[i].size);
            table.price.push_back(items[i].price);
        }
        TransactionTable bought;
        bought.time_kind = kind;
        for (const Line& line : lines) {
            bought.customer.push_back(line.customer < 0 ? "" : "k" + std::to_string(line.customer));
            bought.basket.push_back("b" + std::to_string(line.basket));
            bought.item.push_back(item_id(line.item));
            bought.time.push_back(line.time);
        }
        catalog = Catalog(std::move(table));
        const Transactions transactions(std::move(bought));
        history = make_history(transactions, catalog.items(), transactions.customers());
        price = fit_price(history, catalog);
        for (Line& line : lines)  // rows of the history from here on
            if (line.customer >= 0) line.customer = transactions.customers().find("k" + std::to_string(line.customer));
    }
};

}  // namespace crosslift::testing
