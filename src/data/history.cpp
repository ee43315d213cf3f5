// Clean lines to baskets in the order of time, and the tables derived from them.
#include <crosslift/error.hpp>
#include <crosslift/history.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// Row of each id of `from` in `to`.
std::vector<std::int32_t> renamed(const IdMap& from, const IdMap& to) {
    std::vector<std::int32_t> rows(idx(from.size()));
    for (std::int32_t row = 0; row < from.size(); ++row) rows[idx(row)] = to.find(from[row]);
    return rows;
}

// Lines of known items by basket: basket b has lines[begin[b]] .. lines[begin[b + 1] - 1], in their order of arrival.
struct BasketLines {
    std::vector<std::int64_t> begin;
    std::vector<std::int32_t> lines;
};

BasketLines group_lines(const Transactions& data, std::span<const std::int32_t> item_row) {
    BasketLines groups;
    groups.begin.assign(idx(data.baskets().size()) + 1, 0);
    const auto known = [&](std::size_t line) { return item_row[idx(data.item()[line])] != IdMap::unknown; };
    const std::size_t count = idx(data.size());
    for (std::size_t line = 0; line < count; ++line) {
        if (known(line)) ++groups.begin[idx(data.basket()[line]) + 1];
    }
    std::partial_sum(groups.begin.begin(), groups.begin.end(), groups.begin.begin());
    groups.lines.resize(idx(groups.begin.back()));
    std::vector<std::int64_t> next(groups.begin.begin(), groups.begin.end() - 1);
    for (std::size_t line = 0; line < count; ++line) {
        if (known(line)) groups.lines[idx(next[idx(data.basket()[line])]++)] = static_cast<std::int32_t>(line);
    }
    return groups;
}

// What the first line that knows it says about each basket; lines of unknown items count too.
struct BasketFacts {
    std::vector<std::int32_t> customer;
    std::vector<std::int64_t> time;
};

BasketFacts basket_facts(const Transactions& data, std::span<const std::int32_t> customer_row) {
    BasketFacts facts;
    facts.customer.assign(idx(data.baskets().size()), IdMap::unknown);
    if (!data.time().empty()) facts.time.assign(facts.customer.size(), unknown_time);
    for (std::size_t line = 0; line < idx(data.size()); ++line) {
        const std::size_t basket = idx(data.basket()[line]);
        const std::int32_t customer = data.customer()[line];
        if (facts.customer[basket] == IdMap::unknown && customer != IdMap::unknown) {
            facts.customer[basket] = customer;
        }
        if (!facts.time.empty() && facts.time[basket] == unknown_time) facts.time[basket] = data.time()[line];
    }
    for (std::int32_t& customer : facts.customer) {
        if (customer != IdMap::unknown) customer = customer_row[idx(customer)];
    }
    return facts;
}

// Rows of the baskets that hold a known item, by time, then by first appearance.
std::vector<std::int32_t> basket_order(const BasketLines& groups, std::span<const std::int64_t> time) {
    std::vector<std::int32_t> order;
    for (std::size_t basket = 0; basket + 1 < groups.begin.size(); ++basket) {
        if (groups.begin[basket] < groups.begin[basket + 1]) order.push_back(static_cast<std::int32_t>(basket));
    }
    if (!time.empty()) {
        std::stable_sort(order.begin(), order.end(),
                         [&](std::int32_t a, std::int32_t b) { return time[idx(a)] < time[idx(b)]; });
    }
    return order;
}

// Appends one basket: its items in order with their first line, quantities summed, known prices averaged over lines.
class BasketWriter {
public:
    BasketWriter(const Transactions& data, std::span<const std::int32_t> item_row, PurchaseHistory& out)
        : data_(data), item_row_(item_row), out_(out) {}

    void add(std::span<const std::int32_t> lines) {
        sorted_.assign(lines.begin(), lines.end());
        std::stable_sort(sorted_.begin(), sorted_.end(),
                         [&](std::int32_t a, std::int32_t b) { return item(a) < item(b); });
        for (std::size_t n = 0; n < sorted_.size();) {
            const std::int32_t of = item(sorted_[n]);
            const auto first = std::lower_bound(lines.begin(), lines.end(), sorted_[n]);  // lines ascend
            out_.line.push_back(static_cast<std::int32_t>(first - lines.begin()));
            float quantity = 0;
            double price = 0;
            int priced = 0;
            for (; n < sorted_.size() && item(sorted_[n]) == of; ++n) {
                const std::size_t line = idx(sorted_[n]);
                quantity += data_.quantity()[line];
                if (std::isnan(data_.unit_price()[line])) continue;
                price += data_.unit_price()[line];
                ++priced;
            }
            out_.baskets.indices.push_back(of);
            out_.baskets.values.push_back(std::min(quantity, std::numeric_limits<float>::max()));
            out_.unit_price.push_back(priced > 0 ? static_cast<float>(price / priced)
                                                 : std::numeric_limits<float>::quiet_NaN());
        }
        out_.baskets.indptr.push_back(static_cast<std::int64_t>(out_.baskets.indices.size()));
    }

private:
    std::int32_t item(std::int32_t line) const { return item_row_[idx(data_.item()[idx(line)])]; }

    const Transactions& data_;
    std::span<const std::int32_t> item_row_;
    PurchaseHistory& out_;
    std::vector<std::int32_t> sorted_;
};

}  // namespace

PurchaseHistory make_history(const Transactions& transactions, const IdMap& items, const IdMap& customers) {
    const std::vector<std::int32_t> item_row = renamed(transactions.items(), items);
    const std::vector<std::int32_t> customer_row = renamed(transactions.customers(), customers);
    const BasketLines groups = group_lines(transactions, item_row);
    const BasketFacts facts = basket_facts(transactions, customer_row);
    const std::vector<std::int32_t> order = basket_order(groups, facts.time);

    PurchaseHistory history;
    history.time_kind = transactions.time_kind();
    history.customers = customers.size();
    history.baskets.rows = static_cast<std::int64_t>(order.size());
    history.baskets.cols = items.size();
    history.baskets.indptr.reserve(order.size() + 1);
    history.baskets.indices.reserve(groups.lines.size());
    history.baskets.values.reserve(groups.lines.size());
    history.unit_price.reserve(groups.lines.size());
    history.line.reserve(groups.lines.size());
    BasketWriter writer(transactions, item_row, history);
    for (const std::int32_t basket : order) {
        const std::int64_t begin = groups.begin[idx(basket)];
        const std::int64_t end = groups.begin[idx(basket) + 1];
        writer.add(std::span(groups.lines).subspan(idx(begin), idx(end - begin)));
        history.customer.push_back(facts.customer[idx(basket)]);
        if (!facts.time.empty()) history.time.push_back(facts.time[idx(basket)]);
    }
    history.index();
    return history;
}

void PurchaseHistory::index() {
    const CsrView pattern{baskets.rows, baskets.cols, baskets.indptr, baskets.indices, {}};
    item_baskets = transpose(pattern);
    customer_baskets = {};
    customer_baskets.rows = customers;
    customer_baskets.cols = baskets.rows;
    customer_baskets.indptr.assign(idx(customers) + 1, 0);
    for (const std::int32_t row : customer) {
        if (row != IdMap::unknown) ++customer_baskets.indptr[idx(row) + 1];
    }
    std::partial_sum(customer_baskets.indptr.begin(), customer_baskets.indptr.end(), customer_baskets.indptr.begin());
    customer_baskets.indices.resize(idx(customer_baskets.indptr.back()));
    std::vector<std::int64_t> next(customer_baskets.indptr.begin(), customer_baskets.indptr.end() - 1);
    for (std::size_t basket = 0; basket < customer.size(); ++basket) {
        if (customer[basket] == IdMap::unknown) continue;
        customer_baskets.indices[idx(next[idx(customer[basket])]++)] = static_cast<std::int32_t>(basket);
    }
}

PurchaseHistory earlier(const PurchaseHistory& history, std::int64_t end) {
    if (end < 0 || end > history.basket_count()) {
        throw InvalidArgument("the history has baskets 0 .. " + std::to_string(history.basket_count()) +
                              "; it cannot end before basket " + std::to_string(end));
    }
    const auto first = [](const auto& column, std::int64_t count) {
        return std::remove_cvref_t<decltype(column)>(column.begin(), column.begin() + count);
    };
    PurchaseHistory out;
    const std::int64_t cells = history.baskets.indptr[idx(end)];
    out.baskets.rows = end;
    out.baskets.cols = history.baskets.cols;
    out.baskets.indptr = first(history.baskets.indptr, end + 1);
    out.baskets.indices = first(history.baskets.indices, cells);
    out.baskets.values = first(history.baskets.values, cells);
    out.unit_price = first(history.unit_price, cells);
    if (!history.line.empty()) out.line = first(history.line, cells);
    out.customer = first(history.customer, end);
    if (!history.time.empty()) out.time = first(history.time, end);
    out.time_kind = history.time_kind;
    out.customers = history.customers;
    out.index();
    return out;
}

CsrMatrix customer_items(const PurchaseHistory& history) {
    CsrMatrix out;
    out.rows = history.customers;
    out.cols = history.items();
    out.indptr.reserve(idx(out.rows) + 1);
    std::vector<float> count(idx(out.cols), 0.0F);
    std::vector<std::int32_t> seen;
    for (std::int64_t customer = 0; customer < out.rows; ++customer) {
        seen.clear();
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            for (const std::int32_t item : history.baskets.view().row(basket)) {
                if (count[idx(item)] == 0) seen.push_back(item);
                count[idx(item)] += 1.0F;
            }
        }
        std::sort(seen.begin(), seen.end());
        for (const std::int32_t item : seen) {
            out.indices.push_back(item);
            out.values.push_back(count[idx(item)]);
            count[idx(item)] = 0;
        }
        out.indptr.push_back(static_cast<std::int64_t>(out.indices.size()));
    }
    return out;
}

std::vector<float> basket_age_days(const PurchaseHistory& history, std::int64_t as_of) {
    std::vector<float> age;
    if (history.time_kind != TimeKind::timestamp) return age;
    age.reserve(history.time.size());
    for (const std::int64_t time : history.time) {
        age.push_back(time >= as_of
                          ? 0.0F
                          : static_cast<float>((static_cast<double>(as_of) - static_cast<double>(time)) / 86400.0));
    }
    return age;
}

}  // namespace crosslift
