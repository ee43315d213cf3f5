// Pros and cons of one item against another, from the catalog alone.
#include "offers/explain.hpp"
#include "offers/state.hpp"

#include <crosslift/comparison.hpp>

#include <cmath>

namespace crosslift {
namespace {

Verdict judge(float first, float second, Attribute::Direction direction) {
    if (std::isnan(first) || std::isnan(second)) return Verdict::unknown;
    if (first == second) return Verdict::equal;
    const bool higher = second > first;
    return higher == (direction == Attribute::Direction::higher_is_better) ? Verdict::better : Verdict::worse;
}

std::vector<ComparedAttribute> compare_attributes(const Catalog& catalog, std::int32_t first, std::int32_t second) {
    const auto value = [](std::span<const float> column, std::int32_t item) {
        return item == IdMap::unknown ? std::numeric_limits<float>::quiet_NaN()
                                      : column[static_cast<std::size_t>(item)];
    };
    std::vector<ComparedAttribute> compared;
    const auto add = [&](const std::string& name, std::span<const float> column, Attribute::Direction direction,
                         bool must_have) {
        const float a = value(column, first), b = value(column, second);
        compared.push_back({name, a, b, judge(a, b, direction), must_have});
    };
    if (!catalog.tier().empty()) add("tier", catalog.tier(), Attribute::Direction::higher_is_better, false);
    for (const Attribute& attribute : catalog.attributes())
        add(attribute.name, attribute.values, attribute.direction, attribute.must_have);
    return compared;
}

PackSize pack_size(const Catalog& catalog, std::int32_t item) {
    return catalog.pack_size().empty() ? PackSize()
                                       : parse_pack_size(catalog.pack_size()[static_cast<std::size_t>(item)]);
}

// Prices per 100 g, per 100 ml or per piece, where both packs are of one unit.
void compare_unit_prices(const Catalog& catalog, std::int32_t first, std::int32_t second, Comparison& found) {
    const PackSize a = pack_size(catalog, first), b = pack_size(catalog, second);
    if (a.unit == PackSize::Unit::unknown || a.unit != b.unit || !(a.amount > 0) || !(b.amount > 0)) return;
    if (std::isnan(found.price.difference)) return;
    const double per = a.unit == PackSize::Unit::piece ? 1 : 100;
    found.unit = a.unit == PackSize::Unit::gram ? "100 g" : a.unit == PackSize::Unit::millilitre ? "100 ml" : "piece";
    found.unit_price.first = static_cast<float>(static_cast<double>(found.price.first) * per / a.amount);
    found.unit_price.second = static_cast<float>(static_cast<double>(found.price.second) * per / b.amount);
    found.unit_price.difference = found.unit_price.second - found.unit_price.first;
}

std::string listed(const std::vector<ComparedAttribute>& attributes, Verdict verdict) {
    std::string list;
    for (const ComparedAttribute& it : attributes)
        if (it.verdict == verdict) list += (list.empty() ? "" : ", ") + it.name;
    return list;
}

void append(std::string& text, const std::string& clause) {
    if (!text.empty()) text += "; ";
    text += clause;
}

std::string price_clause(const ComparedPrice& price) {
    const double difference = static_cast<double>(price.second) - static_cast<double>(price.first);
    if (difference == 0) return "the same price (" + money(static_cast<double>(price.first)) + ")";
    return money(std::abs(difference)) + (difference > 0 ? " dearer (" : " cheaper (") +
           money(static_cast<double>(price.first)) + " to " + money(static_cast<double>(price.second)) + ")";
}

std::string in_words(const Comparison& found) {
    std::string text;
    if (!std::isnan(found.price.difference)) append(text, price_clause(found.price));
    if (!found.unit.empty()) {
        const double change =
            static_cast<double>(found.unit_price.second) / static_cast<double>(found.unit_price.first) - 1;
        if (std::abs(change) < 0.0005) {
            append(text, "the same price per " + found.unit);
        } else if (std::isfinite(change)) {
            append(text, percent(std::abs(change)) + (change > 0 ? " more per " : " less per ") + found.unit);
        }
    }
    if (const auto better = listed(found.attributes, Verdict::better); !better.empty())
        append(text, "better: " + better);
    if (const auto worse = listed(found.attributes, Verdict::worse); !worse.empty()) append(text, "worse: " + worse);
    if (const auto same = listed(found.attributes, Verdict::equal); !same.empty()) append(text, "equal: " + same);
    if (text.empty()) return "Nothing that the catalog knows tells them apart.";
    return found.second_name + " against " + found.first_name + ": " + text + ".";
}

}  // namespace

Comparison OfferEngine::compare(const std::string& first, const std::string& second) const {
    const Catalog& catalog = state_->models.catalog;
    Comparison found;
    const auto find = [&](const std::string& id, std::string& as_asked, std::string& name) {
        const std::int32_t row = catalog.items().find(id);
        as_asked = id;
        name = row == IdMap::unknown ? id : std::string(catalog.name(row));
        if (row == IdMap::unknown) found.warnings.push_back("unknown item '" + id + "': nothing can be compared");
        return row;
    };
    const std::int32_t a = find(first, found.first, found.first_name);
    const std::int32_t b = find(second, found.second, found.second_name);
    found.attributes = compare_attributes(catalog, a, b);
    if (a != IdMap::unknown && b != IdMap::unknown) {
        found.same_category = catalog.leaf(a) != IdMap::unknown && catalog.leaf(a) == catalog.leaf(b);
        if (!catalog.price().empty()) {
            found.price.first = catalog.price()[static_cast<std::size_t>(a)];
            found.price.second = catalog.price()[static_cast<std::size_t>(b)];
            found.price.difference = found.price.second - found.price.first;
        }
        compare_unit_prices(catalog, a, b, found);
    }
    found.sentence = in_words(found);
    return found;
}

}  // namespace crosslift
