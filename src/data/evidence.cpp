// Counts that a shopkeeper can check: how often together, at what price.
#include <crosslift/error.hpp>
#include <crosslift/history.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// How many baskets both lists hold; each is sorted. The longer list is searched, not walked, when it is much longer.
std::int64_t common(std::span<const std::int32_t> shorter, std::span<const std::int32_t> longer) {
    std::int64_t together = 0;
    auto at = longer.begin();
    const bool search = longer.size() / 32 > shorter.size();
    for (const std::int32_t basket : shorter) {
        if (search) {
            at = std::lower_bound(at, longer.end(), basket);
        } else {
            while (at != longer.end() && *at < basket) ++at;
        }
        if (at == longer.end()) break;
        together += *at == basket ? 1 : 0;
    }
    return together;
}

// One cell of G2 = 2 sum observed * log(observed / expected); 0 log 0 = 0.
double g2_term(double observed, double expected) {
    return observed > 0 && expected > 0 ? 2 * observed * std::log(observed / expected) : 0.0;
}

}  // namespace

Evidence count_evidence(std::int64_t together, std::int64_t first, std::int64_t second, std::int64_t baskets) {
    if (together < 0 || together > std::min(first, second) || std::max(first, second) > baskets ||
        first + second - together > baskets) {
        throw InvalidArgument("no baskets can be counted as " + std::to_string(together) + " together, " +
                              std::to_string(first) + " with the first item, " + std::to_string(second) +
                              " with the second, " + std::to_string(baskets) + " in all");
    }
    Evidence out{together, first, second, baskets};
    if (first == 0 || second == 0) return out;
    const auto n = static_cast<double>(baskets);
    const auto n1 = static_cast<double>(first);
    const auto n2 = static_cast<double>(second);
    const auto both = static_cast<double>(together);
    out.lift = both * n / (n1 * n2);
    if (out.lift > 1) {
        out.g2 = g2_term(both, n1 * n2 / n) + g2_term(n1 - both, n1 * (n - n2) / n) +
                 g2_term(n2 - both, (n - n1) * n2 / n) + g2_term(n - n1 - n2 + both, (n - n1) * (n - n2) / n);
        out.g2 = std::max(out.g2, 0.0);
    }
    return out;
}

Evidence evidence(const PurchaseHistory& history, std::int32_t first, std::int32_t second) {
    if (first < 0 || first >= history.items() || second < 0 || second >= history.items()) {
        throw InvalidArgument("items " + std::to_string(first) + " and " + std::to_string(second) +
                              " asked for; the history has items 0 .. " + std::to_string(history.items() - 1));
    }
    const CsrView lists = history.item_baskets;
    const auto a = lists.row(first);
    const auto b = lists.row(second);
    return count_evidence(a.size() <= b.size() ? common(a, b) : common(b, a), static_cast<std::int64_t>(a.size()),
                          static_cast<std::int64_t>(b.size()), history.basket_count());
}

std::vector<float> median_prices(const Transactions& transactions) {
    const auto price = transactions.unit_price();
    const auto item = transactions.item();
    const std::size_t items = idx(transactions.items().size());
    std::vector<std::int64_t> begin(items + 1, 0);
    const auto counts = [&](std::size_t line) { return price[line] > 0; };
    for (std::size_t line = 0; line < item.size(); ++line) {
        if (counts(line)) ++begin[idx(item[line]) + 1];
    }
    for (std::size_t n = 0; n < items; ++n) begin[n + 1] += begin[n];
    std::vector<float> grouped(idx(begin.back()));
    std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
    for (std::size_t line = 0; line < item.size(); ++line) {
        if (counts(line)) grouped[idx(next[idx(item[line])]++)] = price[line];
    }
    std::vector<float> median(items, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t n = 0; n < items; ++n) {
        const auto low = grouped.begin() + begin[n];
        const auto high = grouped.begin() + begin[n + 1];
        if (low == high) continue;
        const auto middle = low + (high - low) / 2;
        std::nth_element(low, middle, high);
        const bool odd = (high - low) % 2 == 1;
        median[n] = odd ? *middle : *middle / 2 + *std::max_element(low, middle) / 2;
    }
    return median;
}

}  // namespace crosslift
