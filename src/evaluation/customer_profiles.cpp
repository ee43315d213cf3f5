#include "evaluation/customer_profiles.hpp"

#include "evaluation/workers.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {

std::vector<std::vector<Neighbour>> nearest_customers(const std::vector<Profile>& profiles, std::size_t items,
                                                      std::size_t keep, Nearness nearness, int threads,
                                                      const std::stop_token& stop) {
    std::vector<Profile> holders(items);  // per item: customers with their weights
    std::vector<double> square;
    for (std::size_t c = 0; c < profiles.size(); ++c) {
        square.push_back(0);
        for (const auto& [item, value] : profiles[c]) {
            square.back() += value * value;
            holders[static_cast<std::size_t>(item)].emplace_back(static_cast<std::int32_t>(c), value);
        }
    }
    std::vector<std::vector<Neighbour>> nearest(profiles.size());
    std::vector<std::vector<double>> dense(static_cast<std::size_t>(worker_count(threads)));
    for_each_task(threads, static_cast<std::int64_t>(profiles.size()), stop, [&](std::int64_t c, int worker) {
        const auto own = static_cast<std::size_t>(c);
        auto& product = dense[static_cast<std::size_t>(worker)];
        product.assign(profiles.size(), 0.0);
        for (const auto& [item, value] : profiles[own]) {
            for (const auto& [other, theirs] : holders[static_cast<std::size_t>(item)]) {
                product[static_cast<std::size_t>(other)] += value * theirs;
            }
        }
        auto& all = nearest[own];
        for (std::size_t v = 0; v < product.size(); ++v) {
            if (v == own || product[v] == 0) continue;
            const double near = nearness == Nearness::cosine ? product[v] / std::sqrt(square[own] * square[v])
                                                             : 2 * product[v] - square[own] - square[v];
            all.push_back({static_cast<std::int32_t>(v), near});
        }
        const std::size_t kept = std::min(keep, all.size());
        std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                          [](const Neighbour& a, const Neighbour& b) {
                              return a.nearness != b.nearness ? a.nearness > b.nearness : a.customer < b.customer;
                          });
        all.resize(kept);
        all.shrink_to_fit();
    });
    return nearest;
}

}  // namespace crosslift::evaluation
