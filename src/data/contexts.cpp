// Receipts merged to sessions or windows, so that the same counts and models read another context matrix.
#include <crosslift/context.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void check(const PurchaseHistory& history, const ContextOptions& options) {
    const auto want = [](bool good, const char* option, double came) {
        if (!good)
            throw InvalidArgument(std::string("ContextOptions.") + option + " is " + std::to_string(came) +
                                  "; it must be above 0 and finite");
    };
    want(options.session_hours > 0 && std::isfinite(options.session_hours), "session_hours", options.session_hours);
    want(options.window_days > 0 && std::isfinite(options.window_days), "window_days", options.window_days);
    if (history.time_kind != TimeKind::timestamp)
        throw DataError(
            "sessions and windows of customers need dates, and the purchases have none; give a time column "
            "of dates, or use the context 'basket'");
}

// Rows of baskets by context: context c has baskets[begin[c]] .. baskets[begin[c + 1] - 1], oldest first.
struct Groups {
    std::vector<std::int64_t> begin = {0};
    std::vector<std::int32_t> baskets;

    std::span<const std::int32_t> operator[](std::int64_t c) const {
        return std::span(baskets).subspan(idx(begin[idx(c)]), idx(begin[idx(c) + 1] - begin[idx(c)]));
    }
    std::int64_t size() const { return static_cast<std::int64_t>(begin.size()) - 1; }
};

Groups group_baskets(const PurchaseHistory& history, const ContextOptions& options) {
    Groups groups;
    const auto close = [&] { groups.begin.push_back(static_cast<std::int64_t>(groups.baskets.size())); };
    const double most =
        options.context == Context::session ? options.session_hours * 3600 : options.window_days * 86400;
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        std::int64_t since = 0;  // of the last receipt, or of the window's first
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            const std::int64_t now = history.time[idx(basket)];
            const bool open = groups.begin.back() < static_cast<std::int64_t>(groups.baskets.size());
            const bool together = open && static_cast<double>(now) - static_cast<double>(since) <= most;
            if (open && !together) close();
            if (!together || options.context == Context::session) since = now;
            groups.baskets.push_back(basket);
        }
        if (groups.begin.back() < static_cast<std::int64_t>(groups.baskets.size())) close();
    }
    for (std::size_t basket = 0; basket < history.customer.size(); ++basket) {
        if (history.customer[basket] != IdMap::unknown) continue;
        groups.baskets.push_back(static_cast<std::int32_t>(basket));
        close();
    }
    return groups;
}

std::vector<std::int64_t> by_time(const PurchaseHistory& history, const Groups& groups) {
    std::vector<std::int64_t> order(idx(groups.size()));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
        const std::int64_t at = history.time[idx(groups[a].back())], bt = history.time[idx(groups[b].back())];
        return at != bt ? at < bt : groups[a].front() < groups[b].front();
    });
    return order;
}

// One item's cells over the receipts of a context.
struct Cell {
    std::int32_t item;
    float quantity;
    float price;
};

void append(const PurchaseHistory& history, std::span<const std::int32_t> baskets, PurchaseHistory& out) {
    std::vector<Cell> cells;
    for (const std::int32_t basket : baskets) {
        const CsrView rows = history.baskets;
        for (std::int64_t at = rows.begin(basket); at < rows.end(basket); ++at)
            cells.push_back({rows.indices[idx(at)], rows.values[idx(at)], history.unit_price[idx(at)]});
    }
    std::ranges::stable_sort(cells, {}, &Cell::item);
    for (std::size_t n = 0; n < cells.size();) {
        const std::int32_t item = cells[n].item;
        float quantity = 0;
        double price = 0;
        int priced = 0;
        for (; n < cells.size() && cells[n].item == item; ++n) {
            quantity += cells[n].quantity;
            if (std::isnan(cells[n].price)) continue;
            price += static_cast<double>(cells[n].price);
            ++priced;
        }
        out.baskets.indices.push_back(item);
        out.baskets.values.push_back(std::min(quantity, std::numeric_limits<float>::max()));
        out.unit_price.push_back(priced > 0 ? static_cast<float>(price / priced)
                                            : std::numeric_limits<float>::quiet_NaN());
    }
    out.baskets.indptr.push_back(static_cast<std::int64_t>(out.baskets.indices.size()));
    out.customer.push_back(history.customer[idx(baskets.front())]);
    out.time.push_back(history.time[idx(baskets.back())]);
}

}  // namespace

PurchaseHistory merge_contexts(const PurchaseHistory& history, const ContextOptions& options) {
    if (options.context == Context::basket) return history;
    check(history, options);
    const Groups groups = group_baskets(history, options);
    PurchaseHistory out;
    out.time_kind = history.time_kind;
    out.customers = history.customers;
    out.baskets.rows = groups.size();
    out.baskets.cols = history.baskets.cols;
    for (const std::int64_t group : by_time(history, groups)) append(history, groups[group], out);
    out.index();
    return out;
}

}  // namespace crosslift
