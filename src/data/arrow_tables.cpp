// Named columns of an Arrow table to purchases and catalogs.
#include "data/arrow_columns.hpp"
#include "data/field.hpp"
#include "data/keep_rows.hpp"

#include <crosslift/error.hpp>

#include <numeric>
#include <utility>

namespace crosslift {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
    return list.empty() ? "no columns" : list;
}

[[noreturn]] void missing_column(const ArrowTable& table, const std::string& name, const char* meaning) {
    throw DataError("column '" + name + "' (" + meaning + ") is missing; there are " + quoted_list(table.names()) +
                    ". Name the column that holds it");
}

// The column of that name; null where it may be missing: no name, or the default name.
const ArrowColumn* find(const ArrowTable& table, const std::string& name, const char* meaning,
                        const std::string& default_name = {}) {
    if (name.empty()) return nullptr;
    const ArrowColumn* column = table.state().find(name);
    if (column == nullptr && name != default_name) missing_column(table, name, meaning);
    return column;
}

const ArrowColumn& require(const ArrowTable& table, const std::string& name, const char* meaning) {
    const ArrowColumn* column = table.state().find(name);
    if (column == nullptr) missing_column(table, name, meaning);
    return *column;
}

IdColumn ids_or_none(const ArrowColumn* column) {
    return column != nullptr ? read_ids(*column) : IdColumn();
}

std::vector<float> numbers_or_none(const ArrowColumn* column, const std::string& malformed, UnreadRows& unread) {
    return column != nullptr ? read_numbers(*column, malformed, unread) : std::vector<float>();
}

// A manufacturer or category number that came as a floating-point number is its text: it is compared, never looked up.
IdColumn labels_or_none(const ArrowColumn* column) {
    IdColumn labels;
    if (column == nullptr) return labels;
    for (const std::string& text : read_texts(*column)) labels.push_back(text);
    return labels;
}

// Names joined by a space; the words of the item's name are for people.
std::vector<std::string> read_names(const ArrowTable& table, const std::vector<std::string>& columns) {
    const bool is_default = columns == CatalogColumns().name;
    std::vector<std::string> names;
    for (const std::string& name : columns) {
        const ArrowColumn* column = find(table, name, "part of the item's name", is_default ? name : std::string());
        if (column == nullptr) continue;
        const std::vector<std::string> parts = read_texts(*column);
        names.resize(parts.size());
        for (std::size_t n = 0; n < parts.size(); ++n) append_words(names[n], parts[n]);
    }
    return names;
}

// Yes or no; an empty cell means `usual`.
std::vector<std::uint8_t> read_answers(const ArrowColumn* column, std::uint8_t usual, const char* malformed,
                                       UnreadRows& unread) {
    std::vector<std::uint8_t> answers;
    if (column == nullptr) return answers;
    const std::vector<std::string> texts = read_texts(*column);
    for (std::size_t n = 0; n < texts.size(); ++n) {
        std::uint8_t yes = usual;
        if (!parse_yes_no(texts[n], usual, yes)) unread.reject(static_cast<std::int64_t>(n), malformed, texts[n]);
        answers.push_back(yes);
    }
    return answers;
}

template <class Table>
void drop_unread(Table& rows, UnreadRows unread) {
    if (unread.rejected.empty()) return;
    rows.line.resize(unread.keep.size());
    std::iota(rows.line.begin(), rows.line.end(), 0);
    keep_rows(rows, unread.keep);
    rows.rejected = std::move(unread.rejected);
}

}  // namespace

Transactions read_transactions(const ArrowTable& table, const TransactionColumns& columns) {
    const TransactionColumns defaults;
    UnreadRows unread(table.rows());
    TransactionTable rows;
    rows.basket = read_ids(require(table, columns.basket, "the basket's id"));
    rows.item = read_ids(require(table, columns.item, "the item's id"));
    rows.customer = ids_or_none(find(table, columns.customer, "the customer's id", defaults.customer));
    rows.quantity = numbers_or_none(find(table, columns.quantity, "units bought", defaults.quantity),
                                    rejection::quantity_malformed, unread);
    rows.unit_price = numbers_or_none(find(table, columns.unit_price, "price of one unit", defaults.unit_price),
                                      rejection::price_malformed, unread);
    if (const ArrowColumn* time = find(table, columns.time, "time of the purchase", defaults.time)) {
        rows.time = read_times(*time, rows.time_kind, unread);
        if (rows.time_kind == TimeKind::none) rows.time.clear();
    }
    drop_unread(rows, std::move(unread));
    return Transactions(std::move(rows));
}

Catalog read_catalog(const ArrowTable& table, const CatalogColumns& columns) {
    const CatalogColumns defaults;
    UnreadRows unread(table.rows());
    CatalogTable rows;
    rows.item = read_ids(require(table, columns.item, "the item's id"));
    for (const std::string& level : columns.category) {
        rows.category.push_back(labels_or_none(find(table, level, "a level of the category path")));
    }
    rows.price =
        numbers_or_none(find(table, columns.price, "price", defaults.price), rejection::price_malformed, unread);
    rows.cost = numbers_or_none(find(table, columns.cost, "cost"), "cost is not a number", unread);
    rows.margin = numbers_or_none(find(table, columns.margin, "margin"), "margin is not a number", unread);
    rows.tier = numbers_or_none(find(table, columns.tier, "tier"), "tier is not a number", unread);
    rows.available =
        read_answers(find(table, columns.available, "available or not"), 1, rejection::availability_malformed, unread);
    rows.service =
        read_answers(find(table, columns.service, "service or goods"), 0, rejection::service_malformed, unread);
    rows.name = read_names(table, columns.name);
    rows.brand = labels_or_none(find(table, columns.brand, "brand", defaults.brand));
    rows.manufacturer = labels_or_none(find(table, columns.manufacturer, "manufacturer"));
    rows.variant = labels_or_none(find(table, columns.variant, "variant group"));
    rows.series = labels_or_none(find(table, columns.series, "series"));
    rows.ladder = labels_or_none(find(table, columns.ladder, "ladder"));
    if (const ArrowColumn* size = find(table, columns.pack_size, "pack size")) rows.pack_size = read_texts(*size);
    for (const AttributeColumn& it : columns.attributes) {
        std::vector<float> values =
            read_numbers(require(table, it.column, "an attribute"), it.column + " is not a number", unread);
        rows.attributes.push_back({it.column, it.direction, it.weight, it.must_have, std::move(values)});
    }
    drop_unread(rows, std::move(unread));
    return Catalog(std::move(rows));
}

}  // namespace crosslift
