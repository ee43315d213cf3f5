#include "evaluation/joined_history.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace crosslift::evaluation {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

}  // namespace

PurchaseHistory joined(const PurchaseHistory& a, const PurchaseHistory& b) {
    const bool timed = !a.time.empty() && !b.time.empty();
    std::vector<std::pair<std::int64_t, std::int64_t>> order;  // time, basket; those of b after those of a
    for (std::int64_t n = 0; n < a.basket_count(); ++n) order.emplace_back(timed ? a.time[idx(n)] : 0, n);
    for (std::int64_t n = 0; n < b.basket_count(); ++n)
        order.emplace_back(timed ? b.time[idx(n)] : 0, a.basket_count() + n);
    std::ranges::stable_sort(order, {}, [](const auto& it) { return it.first; });
    PurchaseHistory out;
    out.time_kind = timed ? a.time_kind : TimeKind::none;
    out.customers = a.customers;
    out.baskets.rows = static_cast<std::int64_t>(order.size());
    out.baskets.cols = a.items();
    for (const auto& [time, number] : order) {
        const bool first = number < a.basket_count();
        const PurchaseHistory& from = first ? a : b;
        const std::int64_t basket = first ? number : number - a.basket_count();
        const auto items = from.baskets.view().row(basket);
        out.baskets.indices.insert(out.baskets.indices.end(), items.begin(), items.end());
        out.baskets.indptr.push_back(static_cast<std::int64_t>(out.baskets.indices.size()));
        out.customer.push_back(from.customer[idx(basket)]);
        if (timed) out.time.push_back(time);
    }
    out.baskets.values.assign(out.baskets.indices.size(), 1.0F);
    out.index();
    return out;
}

}  // namespace crosslift::evaluation
