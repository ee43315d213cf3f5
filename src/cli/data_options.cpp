#include "data_options.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>

#include <charconv>

namespace crosslift::cli {
namespace {

constexpr const char* transaction_group = "Columns of the purchases";
constexpr const char* catalog_group = "Columns of the catalog";

void add_column(CLI::App& command, const char* option, std::string& column, const char* what, const char* group) {
    command.add_option(option, column, what)->group(group)->capture_default_str()->type_name("COLUMN");
}

void add_columns(CLI::App& command, const char* option, std::vector<std::string>& columns, const char* what) {
    command.add_option(option, columns, what)->group(catalog_group)->delimiter(',')->type_name("COLUMN,...");
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// "battery_hours", "weight:lower", "camera_mp:higher:must", "screen:higher:0.5".
AttributeColumn parse_attribute(const std::string& text) {
    const auto words = split(text, ':');
    AttributeColumn attribute;
    attribute.column = words.front();
    for (std::size_t n = 1; n < words.size(); ++n) {
        const std::string& word = words[n];
        float weight = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), weight);
        if (word == "higher") {
            attribute.direction = Attribute::Direction::higher_is_better;
        } else if (word == "lower") {
            attribute.direction = Attribute::Direction::lower_is_better;
        } else if (word == "must") {
            attribute.must_have = true;
        } else if (error == std::errc() && end == word.data() + word.size() && weight > 0) {
            attribute.weight = weight;
        } else {
            throw InvalidArgument("--attribute " + text + ": '" + word +
                                  "' was not understood; after the column name come higher or lower, must, or a "
                                  "weight above 0, each after a colon");
        }
    }
    return attribute;
}

}  // namespace

void DataOptions::add_to(CLI::App& command, const char* transactions_option, const char* what) {
    command.add_option("--data", data, "data that comes with the program: online_retail or complete_journey")
        ->type_name("NAME");
    command.add_option(transactions_option, transactions, what)->type_name("FILE");
    command.add_option("--catalog", catalog, "items with categories, prices and names: CSV or CSV.gz with a header")
        ->type_name("FILE");
    auto& bought = transaction_columns;
    add_column(command, "--customer-column", bought.customer, "who bought", transaction_group);
    add_column(command, "--basket-column", bought.basket, "receipt, needed", transaction_group);
    add_column(command, "--item-column", bought.item, "what was bought, needed", transaction_group);
    add_column(command, "--time-column", bought.time, "ISO date and time, or a number that orders", transaction_group);
    add_column(command, "--quantity-column", bought.quantity, "how many", transaction_group);
    add_column(command, "--unit-price-column", bought.unit_price, "price paid per unit", transaction_group);

    auto& items = catalog_columns;
    add_column(command, "--catalog-item-column", items.item, "the item's id, needed", catalog_group);
    add_columns(command, "--category", items.category, "category columns from coarse to fine");
    add_columns(command, "--name-columns", items.name, "columns of the name, joined by a space [name]");
    add_column(command, "--price-column", items.price, "regular price", catalog_group);
    add_column(command, "--brand-column", items.brand, "brand", catalog_group);
    add_column(command, "--manufacturer-column", items.manufacturer, "manufacturer", catalog_group);
    add_column(command, "--pack-size-column", items.pack_size, "free text such as 16 OZ", catalog_group);
    add_column(command, "--cost-column", items.cost, "unit cost", catalog_group);
    add_column(command, "--margin-column", items.margin, "earned per unit, in money", catalog_group);
    add_column(command, "--available-column", items.available, "0: never offered", catalog_group);
    add_column(command, "--variant-column", items.variant, "same value: differ in colour or pattern only",
               catalog_group);
    add_column(command, "--series-column", items.series, "same value: made to be owned together (a trilogy, a range)",
               catalog_group);
    add_column(command, "--service-column", items.service, "1: a service, not goods", catalog_group);
    add_column(command, "--ladder-column", items.ladder, "same value: one product in better and better versions",
               catalog_group);
    add_column(command, "--tier-column", items.tier, "rung of a ladder, a number: 1 basic, 2 premium", catalog_group);
    command
        .add_option("--attribute", attributes,
                    "a column that can make an item better; repeat it for more: battery_hours, weight:lower, "
                    "camera_mp:higher:must:2 (direction, may never be worse, weight)")
        ->group(catalog_group)
        ->type_name("COLUMN[:...]")
        ->take_all();
}

void DataOptions::check() const {
    if (data.empty() && transactions.empty()) {
        throw InvalidArgument("no purchases were named; give --data NAME, or a file (--help shows the option)");
    }
    if (!data.empty() && !(transactions.empty() && catalog.empty())) {
        throw InvalidArgument("--data " + data +
                              " brings its own purchases and catalog; leave out the files, or --data");
    }
    if (catalog.empty() && (!catalog_columns.category.empty() || !attributes.empty())) {
        throw InvalidArgument("--category and --attribute name columns of a catalog, and there is no --catalog FILE");
    }
}

CatalogColumns DataOptions::columns_with_attributes() const {
    CatalogColumns columns = catalog_columns;
    for (const std::string& text : attributes) columns.attributes.push_back(parse_attribute(text));
    return columns;
}

DataOptions::Shop DataOptions::read() const {
    check();
    if (!data.empty()) {
        BundledData bundled = bundled_data(data);
        return {std::move(bundled.transactions), std::move(bundled.catalog)};
    }
    Shop shop;
    const CatalogColumns columns = columns_with_attributes();
    if (!catalog.empty()) shop.catalog = read_catalog(catalog, columns);
    shop.transactions = read_transactions(transactions, transaction_columns);
    return shop;
}

Transactions DataOptions::read_more(const std::string& path) const {
    return read_transactions(path, transaction_columns);
}

}  // namespace crosslift::cli
