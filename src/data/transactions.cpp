// Receipt lines to clean columns: each rule of the header is one line here.
#include "data/keep_rows.hpp"

#include <crosslift/error.hpp>
#include <crosslift/transactions.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace crosslift {
namespace {

std::string number_text(float number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

void check_ids(const char* name, const IdColumn& column, std::size_t lines, bool required) {
    if (column.rows.empty() && !required) return;
    if (column.rows.size() != lines) {
        throw DataError("column '" + std::string(name) + "' has " + std::to_string(column.rows.size()) +
                        " lines, the basket column has " + std::to_string(lines) +
                        "; all columns must be of one length");
    }
    for (const std::int32_t row : column.rows) {
        if (row < IdMap::unknown || row >= column.ids.size()) {
            throw DataError("column '" + std::string(name) + "' holds row " + std::to_string(row) +
                            ", its dictionary has " + std::to_string(column.ids.size()) +
                            " ids; use rows of the dictionary, or -1 for a missing id");
        }
    }
}

template <class T>
void check_length(const char* name, const std::vector<T>& column, std::size_t lines) {
    if (column.empty() || column.size() == lines) return;
    throw DataError("column '" + std::string(name) + "' has " + std::to_string(column.size()) +
                    " lines, the basket column has " + std::to_string(lines) + "; all columns must be of one length");
}

void check_table(const TransactionTable& table) {
    const std::size_t lines = table.basket.rows.size();
    if (lines == 0 && table.item.empty() && table.rejected.empty()) {
        throw DataError("the purchases hold no lines; at least one line with a basket id and an item id is wanted");
    }
    check_ids("basket", table.basket, lines, true);
    check_ids("item", table.item, lines, true);
    check_ids("customer", table.customer, lines, false);
    check_length("time", table.time, lines);
    check_length("quantity", table.quantity, lines);
    check_length("unit_price", table.unit_price, lines);
    check_length("line", table.line, lines);
    if (!table.time.empty() && table.time_kind == TimeKind::none) {
        throw DataError("the purchases have times but time_kind is none; say whether they are timestamps or an order");
    }
}

// The first rule that row n breaks, or an empty reason.
struct Rules {
    const TransactionTable& table;
    bool needs_time;

    RejectedRow judge(std::size_t n) const {
        RejectedRow verdict;
        const auto reject = [&](const char* reason, std::string value = {}) {
            verdict.reason = reason;
            verdict.value = std::move(value);
            return verdict;
        };
        if (table.item.rows[n] == IdMap::unknown) return reject(rejection::no_item);
        if (table.basket.rows[n] == IdMap::unknown) return reject(rejection::no_basket);
        if (!table.quantity.empty()) {
            const float quantity = table.quantity[n];
            if (quantity <= 0) return reject(rejection::quantity_not_positive, number_text(quantity));
            if (std::isinf(quantity)) return reject(rejection::quantity_not_finite, number_text(quantity));
        }
        if (!table.unit_price.empty()) {
            const float price = table.unit_price[n];
            if (price < 0) return reject(rejection::price_negative, number_text(price));
            if (std::isinf(price)) return reject(rejection::price_infinite, number_text(price));
        }
        if (needs_time && table.time[n] == unknown_time) return reject(rejection::no_time);
        return verdict;
    }
};

// Lines that repeat an item of their basket. Lines of one basket are brought together first where they are scattered.
std::int64_t count_duplicates(std::span<const std::int32_t> basket, std::span<const std::int32_t> item,
                              std::int32_t items) {
    std::vector<std::int32_t> order;
    if (!std::is_sorted(basket.begin(), basket.end())) {
        order.resize(basket.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
            return basket[static_cast<std::size_t>(a)] < basket[static_cast<std::size_t>(b)];
        });
    }
    std::vector<std::int32_t> last_basket(static_cast<std::size_t>(items), -1);
    std::int64_t duplicates = 0;
    for (std::size_t n = 0; n < basket.size(); ++n) {
        const std::size_t line = order.empty() ? n : static_cast<std::size_t>(order[n]);
        std::int32_t& last = last_basket[static_cast<std::size_t>(item[line])];
        duplicates += last == basket[line] ? 1 : 0;
        last = basket[line];
    }
    return duplicates;
}

template <class T>
std::int64_t count(const std::vector<T>& column, bool (*is)(T)) {
    return static_cast<std::int64_t>(std::count_if(column.begin(), column.end(), is));
}

}  // namespace

void keep_rows(TransactionTable& table, std::span<const std::uint8_t> keep) {
    keep_rows(table.customer, keep);
    keep_rows(table.basket, keep);
    keep_rows(table.item, keep);
    keep_rows(table.time, keep);
    keep_rows(table.quantity, keep);
    keep_rows(table.unit_price, keep);
    keep_rows(table.line, keep);
}

Transactions::Transactions(TransactionTable table) {
    check_table(table);
    const std::size_t lines = table.basket.rows.size();
    if (lines > 0x7FFFFFFFULL) throw DataError("more than 2^31 - 1 purchase lines; split them by time");
    const bool needs_time =
        std::any_of(table.time.begin(), table.time.end(), [](std::int64_t time) { return time != unknown_time; });
    const Rules rules{table, needs_time};
    report_.lines_are_file_lines = table.lines_are_file_lines;
    report_.lines = static_cast<std::int64_t>(lines + table.rejected.size());
    report_.rejected = std::move(table.rejected);
    std::vector<std::uint8_t> keep(lines, 1);
    bool all = true;
    for (std::size_t n = 0; n < lines; ++n) {
        RejectedRow verdict = rules.judge(n);
        if (verdict.reason.empty()) continue;
        verdict.line = table.line.empty() ? static_cast<std::int64_t>(n) : table.line[n];
        report_.rejected.push_back(std::move(verdict));
        keep[n] = 0;
        all = false;
    }
    std::stable_sort(report_.rejected.begin(), report_.rejected.end(),
                     [](const RejectedRow& a, const RejectedRow& b) { return a.line < b.line; });
    if (!all) keep_rows(table, keep);
    take(std::move(table), needs_time);
}

void Transactions::take(TransactionTable table, bool has_time) {
    customers_ = std::move(table.customer.ids);
    baskets_ = std::move(table.basket.ids);
    items_ = std::move(table.item.ids);
    customer_ = std::move(table.customer.rows);
    basket_ = std::move(table.basket.rows);
    item_ = std::move(table.item.rows);
    quantity_ = std::move(table.quantity);
    unit_price_ = std::move(table.unit_price);
    const std::size_t kept = basket_.size();
    if (has_time) {
        time_ = std::move(table.time);
        time_kind_ = table.time_kind;
    }
    if (customer_.empty()) customer_.assign(kept, IdMap::unknown);
    if (quantity_.empty()) quantity_.assign(kept, 1.0F);
    for (float& quantity : quantity_) quantity = std::isnan(quantity) ? 1.0F : quantity;
    if (unit_price_.empty()) unit_price_.assign(kept, std::numeric_limits<float>::quiet_NaN());
    report_.kept = static_cast<std::int64_t>(kept);
    report_.duplicates = count_duplicates(basket_, item_, items_.size());
    report_.unknown_customer = count<std::int32_t>(customer_, [](std::int32_t row) { return row < 0; });
    report_.unknown_price = count<float>(unit_price_, [](float price) { return std::isnan(price); });
    if (kept == 0) throw DataError("no purchase line is left after cleaning.\n" + report_.text());
}

}  // namespace crosslift
