// What is sold: categories, prices and names of items. Every column but the id may be missing.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// A property that can make one item better than another.
struct Attribute {
    enum class Direction { higher_is_better, lower_is_better };

    std::string name;
    Direction direction = Direction::higher_is_better;
    float weight = 1.0F;        ///< its share in comparisons, > 0
    bool must_have = false;     ///< an up-sell offer may never be worse in it
    std::vector<float> values;  ///< one per item, NaN where unknown
};

/// Catalog rows as they came, column by column. `item` is required; the other columns may be empty. Present columns
/// are of one length. NaN is an unknown number, "" an unknown text.
struct CatalogTable {
    IdColumn item;
    std::vector<IdColumn> category;  ///< coarse to fine
    std::vector<float> price;
    std::vector<float> cost;
    std::vector<float> margin;            ///< per unit, in money; stands for price - cost where cost is missing
    std::vector<std::uint8_t> available;  ///< 0: never offered
    std::vector<std::string> name;
    IdColumn brand;
    IdColumn manufacturer;
    IdColumn variant;                    ///< items that differ in colour or pattern only share a variant group
    IdColumn series;                     ///< items made to be owned together: a trilogy, a range, a set of cutlery
    std::vector<std::uint8_t> service;   ///< 1: a service (installation, insurance), not goods; may be in a bundle
    std::vector<std::string> pack_size;  ///< free text: "10 CT", "16 OZ", "2kg"
    IdColumn ladder;                     ///< items that are one product in better and better versions, in any category
    std::vector<float> tier;             ///< rung: basic 1, premium 2, ...; the order of a ladder, else prices are
    std::vector<Attribute> attributes;
    std::vector<std::int64_t> line;
    std::vector<RejectedRow> rejected;
    bool lines_are_file_lines = false;
};

/// A cleaned catalog. The rules: a row without an item id, or whose id stood before, is rejected (the first row
/// counts); a negative or infinite price, cost or tier rejects its row, an infinite margin or attribute too; an
/// unknown one stays unknown. Rejected rows are in report().
class CROSSLIFT_API Catalog {
public:
    Catalog() = default;

    /// Applies the rules. Throws DataError if `item` is missing or lengths differ.
    explicit Catalog(CatalogTable table);

    std::int32_t size() const { return items_.size(); }
    const IdMap& items() const { return items_; }

    /// The leaf of an item: its finest known category, a row of leaves(); IdMap::unknown without a category.
    /// Leaves are told apart by their whole path.
    std::int32_t leaf(std::int32_t item) const { return leaf_.empty() ? IdMap::unknown : leaf_[idx(item)]; }
    std::span<const std::int32_t> leaf() const { return leaf_; }
    /// Paths of all leaves, levels joined by " > ".
    const IdMap& leaves() const { return leaves_; }

    /// Columns of length size(), or empty where the catalog has none.
    std::span<const float> price() const { return table_.price; }
    std::span<const float> cost() const { return table_.cost; }
    std::span<const float> margin() const { return table_.margin; }
    std::span<const float> tier() const { return table_.tier; }
    const IdColumn& brand() const { return table_.brand; }
    const IdColumn& manufacturer() const { return table_.manufacturer; }
    const IdColumn& variant() const { return table_.variant; }
    const IdColumn& series() const { return table_.series; }
    const IdColumn& ladder() const { return table_.ladder; }
    const std::vector<std::string>& pack_size() const { return table_.pack_size; }
    const std::vector<Attribute>& attributes() const { return table_.attributes; }
    const std::vector<IdColumn>& category() const { return table_.category; }

    bool available(std::int32_t item) const { return table_.available.empty() || table_.available[idx(item)] != 0; }
    bool service(std::int32_t item) const { return !table_.service.empty() && table_.service[idx(item)] != 0; }
    /// The item's name, or its id where it has none.
    std::string_view name(std::int32_t item) const;
    /// Money earned per unit: margin, else price - cost; NaN where neither is known.
    float unit_margin(std::int32_t item) const;

    /// This catalog with one row per id of `items` first (in that order; ids the catalog lacks get unknown columns),
    /// then its other rows. Prices that are unknown here are taken from `fallback_price` (one per id of `items`, NaN
    /// where unknown; may be empty).
    Catalog aligned_to(const IdMap& items, std::span<const float> fallback_price) const;

    /// The columns as they are kept, for model files.
    const CatalogTable& table() const { return table_; }
    const std::vector<RejectedRow>& rejected() const { return table_.rejected; }

private:
    void take(CatalogTable table);
    static std::size_t idx(std::int32_t item) { return static_cast<std::size_t>(item); }

    IdMap items_;
    CatalogTable table_;  // table_.item is empty: items_ has the ids
    std::vector<std::int32_t> leaf_;
    IdMap leaves_;
};

/// An amount read from free text ("16 OZ", "2kg", "6 x 330 ml", "10 CT").
struct PackSize {
    enum class Unit { unknown, gram, millilitre, piece };
    Unit unit = Unit::unknown;
    double amount = 0;  ///< in grams, millilitres or pieces; 0 where the text has none
};

/// Reads a pack size; Unit::unknown where the text names no amount with a known unit.
CROSSLIFT_API PackSize parse_pack_size(std::string_view text);

}  // namespace crosslift
