// Levels of an attribute: numbers that can be compared with those of another attribute.
#pragma once

#include <crosslift/catalog.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

/// A level is how much better a value is than the mean of a leaf, in standard deviations of the values around their own
/// leaf's mean; around the mean of all where no leaf holds two different values.
struct AttributeScale {
    double sign = 1;    ///< -1 where lower is better
    double spread = 0;  ///< 0: all values are alike, and so are their levels
    double mean = 0;    ///< of all known values
    std::vector<double> leaf_mean;

    /// Against the mean of `leaf` (IdMap::unknown: of all items). 0 for an unknown value, NaN never.
    double level(float value, std::int32_t leaf) const;
    /// Gain in level of one value over another; NaN where either is unknown.
    double gain(float from, float to) const;
};

/// One per attribute of the catalog.
std::vector<AttributeScale> attribute_scales(const Catalog& catalog);

}  // namespace crosslift
