// What items are like, read from the catalog: for items that purchases say little about.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/sparse.hpp>

#include <vector>

namespace crosslift {

/// Two items are as similar as s_ij = f_i . f_j * exp(-(log price_i - log price_j)^2 / (2 * 0.7^2)), 0 .. 1; an unknown
/// price is taken as the mean of those known.
struct ItemContent {
    CsrMatrix features;            ///< items x features, each row of length 1 or empty
    std::vector<float> log_price;  ///< natural log, NaN where unknown; empty: no prices

    bool empty() const { return features.indices.empty(); }
};

/// Features of an item are its categories of every level (told apart by their path), its brand, its maker and the words
/// of its name, each weighted by log(1 + items / items that have it). Words are runs of letters and digits of two or
/// more bytes, ASCII letters in lower case; an item's id is no name. A feature of a single item is left out.
CROSSLIFT_API ItemContent item_content(const Catalog& catalog);

}  // namespace crosslift
