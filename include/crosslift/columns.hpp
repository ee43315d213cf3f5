// Which column of a file or frame means what.
#pragma once

#include <crosslift/catalog.hpp>

#include <string>
#include <vector>

namespace crosslift {

/// Names of the columns of a transactions file or frame. A default name that it lacks means "unknown"; basket and item
/// must be there. A name that differs from the default and is absent is an error.
struct TransactionColumns {
    std::string customer = "customer_id";
    std::string basket = "basket_id";
    std::string item = "item_id";
    std::string time = "timestamp";
    std::string quantity = "quantity";
    std::string unit_price = "unit_price";
};

/// A column of numbers that can make one item better than another.
struct AttributeColumn {
    std::string column;
    Attribute::Direction direction = Attribute::Direction::higher_is_better;
    float weight = 1.0F;
    bool must_have = false;
};

/// Names of the columns of a catalog file or frame; "" or an absent default means "unknown". Several name columns are
/// joined by a space.
struct CatalogColumns {
    std::string item = "item_id";
    std::vector<std::string> category = {};  ///< coarse to fine
    std::string price = "price";
    std::vector<std::string> name = {"name"};
    std::string brand = "brand";
    std::string manufacturer = {}, pack_size = {}, cost = {}, margin = {}, available = {}, variant = {}, tier = {};
    std::string series = {}, service = {}, ladder = {};
    std::vector<AttributeColumn> attributes = {};
};

}  // namespace crosslift
