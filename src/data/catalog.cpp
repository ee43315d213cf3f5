// Catalog rows to clean columns and leaves.
#include "data/keep_rows.hpp"

#include <crosslift/catalog.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

namespace crosslift {
namespace {

constexpr float not_known = std::numeric_limits<float>::quiet_NaN();

// Calls act(name, column) for every column but the item ids, so that no step forgets one.
template <class Table, class Act>
void for_each_column(Table& table, Act act) {
    for (auto& level : table.category) act("category", level);
    act("price", table.price);
    act("cost", table.cost);
    act("margin", table.margin);
    act("available", table.available);
    act("name", table.name);
    act("brand", table.brand);
    act("manufacturer", table.manufacturer);
    act("variant", table.variant);
    act("series", table.series);
    act("ladder", table.ladder);
    act("service", table.service);
    act("pack_size", table.pack_size);
    act("tier", table.tier);
    for (auto& attribute : table.attributes) act(attribute.name.c_str(), attribute.values);
}

std::size_t length(const IdColumn& column) {
    return column.rows.size();
}
template <class T>
std::size_t length(const std::vector<T>& column) {
    return column.size();
}

void check_rows(const char* name, const IdColumn& column) {
    for (const std::int32_t row : column.rows) {
        if (row >= IdMap::unknown && row < column.ids.size()) continue;
        throw DataError("catalog column '" + std::string(name) + "' holds row " + std::to_string(row) +
                        ", its dictionary has " + std::to_string(column.ids.size()) +
                        " ids; use rows of the dictionary, or -1 for a missing one");
    }
}
template <class T>
void check_rows(const char*, const std::vector<T>&) {}

void check_table(const CatalogTable& table) {
    const std::size_t lines = table.item.rows.size();
    bool any = false;
    for_each_column(table, [&](const char* name, const auto& column) {
        if (length(column) == 0) return;
        any = true;
        if (length(column) != lines && lines != 0) {
            throw DataError("catalog column '" + std::string(name) + "' has " + std::to_string(length(column)) +
                            " rows, the item column has " + std::to_string(lines) +
                            "; all columns must be of one length");
        }
        check_rows(name, column);
    });
    if (lines == 0 && any) throw DataError("the catalog has no item column; one id per row is wanted");
    check_rows("item", table.item);
    for (const Attribute& attribute : table.attributes) {
        if (!(attribute.weight > 0) || std::isinf(attribute.weight)) {
            throw DataError("attribute '" + attribute.name + "' has weight " + std::to_string(attribute.weight) +
                            "; a weight must be above 0 and finite");
        }
    }
}

std::string number_text(float number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

// The first rule that row n breaks, or an empty reason.
RejectedRow judge(const CatalogTable& table, const std::vector<std::uint8_t>& seen, std::size_t n) {
    RejectedRow verdict;
    const std::int32_t item = table.item.rows[n];
    if (item == IdMap::unknown) {
        verdict.reason = rejection::no_item;
    } else if (seen[static_cast<std::size_t>(item)] != 0) {
        verdict.reason = rejection::item_twice;
        verdict.value = std::string(table.item.ids[item]).substr(0, 40);
    }
    const auto check = [&](const std::vector<float>& column, const char* name, bool may_be_negative) {
        if (!verdict.reason.empty() || column.empty()) return;
        const float number = column[n];
        if (!(std::isinf(number) || (number < 0 && !may_be_negative))) return;
        verdict.reason = std::string(name) + (std::isinf(number) ? " is infinite" : " is negative");
        verdict.value = number_text(number);
    };
    check(table.price, "price", false);
    check(table.cost, "cost", false);
    check(table.tier, "tier", false);
    check(table.margin, "margin", true);
    for (const Attribute& attribute : table.attributes) check(attribute.values, attribute.name.c_str(), true);
    return verdict;
}

// The finest known category of each item, told apart by the whole path.
std::vector<std::int32_t> find_leaves(const CatalogTable& table, std::int32_t items, IdMap& leaves) {
    if (table.category.empty()) return {};
    std::vector<std::int32_t> leaf(static_cast<std::size_t>(items), IdMap::unknown);
    std::string path;
    for (std::size_t n = 0; n < leaf.size(); ++n) {
        path.clear();
        for (const IdColumn& level : table.category) {
            if (level.empty() || level.rows[n] == IdMap::unknown) continue;
            if (!path.empty()) path += " > ";
            path += level.ids[level.rows[n]];
        }
        if (!path.empty()) leaf[n] = leaves.add(path);
    }
    return leaf;
}

// column[rows[n]] for each n, the unknown value where rows[n] is -1; an empty column stays empty.
template <class T>
void gather(std::vector<T>& column, std::span<const std::int32_t> rows, const T& unknown) {
    if (column.empty()) return;
    std::vector<T> out;
    out.reserve(rows.size());
    for (const std::int32_t row : rows) out.push_back(row < 0 ? unknown : column[static_cast<std::size_t>(row)]);
    column = std::move(out);
}

struct Gather {
    std::span<const std::int32_t> rows;

    void operator()(const char*, IdColumn& column) const { gather(column.rows, rows, IdMap::unknown); }
    void operator()(const char*, std::vector<float>& column) const { gather(column, rows, not_known); }
    void operator()(const char*, std::vector<std::string>& column) const { gather(column, rows, std::string()); }
    // An item that no row tells of is available, and no service.
    void operator()(const char* name, std::vector<std::uint8_t>& column) const {
        gather(column, rows, static_cast<std::uint8_t>(std::string_view(name) == "available" ? 1 : 0));
    }
};

}  // namespace

void keep_rows(CatalogTable& table, std::span<const std::uint8_t> keep) {
    keep_rows(table.item, keep);
    keep_rows(table.line, keep);
    for_each_column(table, [&](const char*, auto& column) { keep_rows(column, keep); });
}

Catalog::Catalog(CatalogTable table) {
    check_table(table);
    const std::size_t lines = table.item.rows.size();
    std::vector<std::uint8_t> keep(lines, 1);
    std::vector<std::uint8_t> seen(static_cast<std::size_t>(table.item.ids.size()), 0);
    bool all = true;
    for (std::size_t n = 0; n < lines; ++n) {
        RejectedRow verdict = judge(table, seen, n);
        if (verdict.reason.empty()) {
            seen[static_cast<std::size_t>(table.item.rows[n])] = 1;
            continue;
        }
        verdict.line = table.line.empty() ? static_cast<std::int64_t>(n) : table.line[n];
        table.rejected.push_back(std::move(verdict));
        keep[n] = 0;
        all = false;
    }
    std::stable_sort(table.rejected.begin(), table.rejected.end(),
                     [](const RejectedRow& a, const RejectedRow& b) { return a.line < b.line; });
    if (!all) keep_rows(table, keep);
    table.line = {};
    take(std::move(table));
}

void Catalog::take(CatalogTable table) {
    // Rows of the dictionary are in the order of the lines, unless the caller made it in another order.
    std::vector<std::int32_t> expected(table.item.rows.size());
    std::iota(expected.begin(), expected.end(), 0);
    if (table.item.rows == expected && table.item.ids.size() == static_cast<std::int32_t>(expected.size())) {
        items_ = std::move(table.item.ids);
    } else {
        items_.integers = table.item.ids.integers;
        for (const std::int32_t row : table.item.rows) items_.add(table.item.ids[row]);
    }
    table.item = {};
    table_ = std::move(table);
    leaf_ = find_leaves(table_, items_.size(), leaves_);
}

std::string_view Catalog::name(std::int32_t item) const {
    if (!table_.name.empty() && !table_.name[idx(item)].empty()) return table_.name[idx(item)];
    return items_[item];
}

float Catalog::unit_margin(std::int32_t item) const {
    if (!table_.margin.empty() && !std::isnan(table_.margin[idx(item)])) return table_.margin[idx(item)];
    if (table_.price.empty() || table_.cost.empty()) return not_known;
    return table_.price[idx(item)] - table_.cost[idx(item)];
}

Catalog Catalog::aligned_to(const IdMap& items, std::span<const float> fallback_price) const {
    if (!fallback_price.empty() && fallback_price.size() != static_cast<std::size_t>(items.size())) {
        throw InvalidArgument("fallback_price has " + std::to_string(fallback_price.size()) + " entries for " +
                              std::to_string(items.size()) + " items; give one per item, or none at all");
    }
    CatalogTable table = table_;
    std::vector<std::int32_t> rows;
    std::vector<std::uint8_t> used(idx(size()), 0);
    IdMap ids = items;
    for (std::int32_t item = 0; item < items.size(); ++item) {
        rows.push_back(items_.find(items[item]));
        if (rows.back() != IdMap::unknown) used[idx(rows.back())] = 1;
    }
    for (std::int32_t row = 0; row < size(); ++row) {
        if (used[idx(row)] != 0) continue;
        rows.push_back(row);
        ids.add(items_[row]);
        ids.integers = items.integers && items_.integers;
    }
    for_each_column(table, Gather{rows});
    if (table.price.empty() && !fallback_price.empty()) table.price.assign(rows.size(), not_known);
    for (std::size_t n = 0; n < fallback_price.size(); ++n) {
        if (std::isnan(table.price[n])) table.price[n] = fallback_price[n];
    }
    table.item.ids = std::move(ids);
    table.item.rows.resize(rows.size());
    std::iota(table.item.rows.begin(), table.item.rows.end(), 0);
    return Catalog(std::move(table));
}

}  // namespace crosslift
