// Customers as sparse rows of weighted items, and who is near whom.
#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

namespace crosslift::evaluation {

/// Items, rising, with their weights.
using Profile = std::vector<std::pair<std::int32_t, double>>;

struct Neighbour {
    std::int32_t customer = 0;
    double nearness = 0;  ///< cosine, or minus the squared distance
};

enum class Nearness { cosine, euclidean };

/// The `keep` nearest of each customer among those that share an item, nearest first; ties: the lower row. `items` is
/// the number of items.
std::vector<std::vector<Neighbour>> nearest_customers(const std::vector<Profile>& profiles, std::size_t items,
                                                      std::size_t keep, Nearness nearness, int threads,
                                                      const std::stop_token& stop);

}  // namespace crosslift::evaluation
