#include "offers/attribute_scale.hpp"

#include <cmath>
#include <limits>

namespace crosslift {
namespace {

std::size_t idx(std::int32_t n) {
    return static_cast<std::size_t>(n);
}

// Standard deviation of the values around the mean that mean_of(item) gives; NaN leaves the item out.
template <class MeanOf>
double spread_around(const std::vector<float>& values, MeanOf mean_of) {
    double squares = 0, count = 0;
    for (std::size_t item = 0; item < values.size(); ++item) {
        const double off = static_cast<double>(values[item]) - mean_of(static_cast<std::int32_t>(item));
        if (std::isnan(off)) continue;
        squares += off * off;
        count += 1;
    }
    return count > 0 ? std::sqrt(squares / count) : 0;
}

AttributeScale scale_of(const Catalog& catalog, const Attribute& attribute) {
    AttributeScale scale;
    scale.sign = attribute.direction == Attribute::Direction::higher_is_better ? 1 : -1;
    scale.leaf_mean.assign(idx(catalog.leaves().size()), 0);
    std::vector<double> count(scale.leaf_mean.size(), 0);
    double known = 0;
    for (std::int32_t item = 0; item < catalog.size(); ++item) {
        const auto value = static_cast<double>(attribute.values[idx(item)]);
        if (std::isnan(value)) continue;
        known += 1;
        scale.mean += (value - scale.mean) / known;
        if (catalog.leaf(item) == IdMap::unknown) continue;
        const std::size_t leaf = idx(catalog.leaf(item));
        count[leaf] += 1;
        scale.leaf_mean[leaf] += (value - scale.leaf_mean[leaf]) / count[leaf];
    }
    const double none = std::numeric_limits<double>::quiet_NaN();
    scale.spread = spread_around(attribute.values, [&](std::int32_t item) {
        const std::int32_t leaf = catalog.leaf(item);
        return leaf == IdMap::unknown ? none : scale.leaf_mean[idx(leaf)];
    });
    if (scale.spread == 0) scale.spread = spread_around(attribute.values, [&](std::int32_t) { return scale.mean; });
    return scale;
}

}  // namespace

double AttributeScale::level(float value, std::int32_t leaf) const {
    if (std::isnan(value) || spread == 0) return 0;
    return sign * (static_cast<double>(value) - (leaf == IdMap::unknown ? mean : leaf_mean[idx(leaf)])) / spread;
}

double AttributeScale::gain(float from, float to) const {
    const double better = sign * (static_cast<double>(to) - static_cast<double>(from));
    return spread > 0 ? better / spread : 0 * better;
}

std::vector<AttributeScale> attribute_scales(const Catalog& catalog) {
    std::vector<AttributeScale> scales;
    for (const Attribute& attribute : catalog.attributes()) scales.push_back(scale_of(catalog, attribute));
    return scales;
}

}  // namespace crosslift
