// items.csv to a table: every line ends up in the columns or among the rejected.
#include "data/field.hpp"
#include "io/columns.hpp"
#include "io/csv.hpp"
#include "io/tables.hpp"

#include <crosslift/error.hpp>

#include <array>

namespace crosslift {
namespace io {
namespace {

class TableBuilder {
public:
    CatalogTable table;

    explicit TableBuilder(const CatalogColumns& columns) : columns_(columns) { table.lines_are_file_lines = true; }

    std::vector<int> header(const ColumnFinder& finder) {
        const CatalogColumns standard;
        add(finder.find(columns_.item, Presence::required));
        if (wanted_.back() < 0) throw DataError("the name of the item column is empty; it is required");
        for (const std::string& level : columns_.category) add(finder.find(level, Presence::required));
        const auto names = columns_.name == standard.name ? Presence::optional : Presence::required;
        for (const std::string& name : columns_.name) add(finder.find(name, names));
        const auto find = [&](const std::string& name, const std::string& usual) {
            add(finder.find(name, name == usual ? Presence::optional : Presence::required));
        };
        find(columns_.price, standard.price);
        find(columns_.cost, standard.cost);
        find(columns_.margin, standard.margin);
        find(columns_.tier, standard.tier);
        find(columns_.available, standard.available);
        find(columns_.service, standard.service);
        find(columns_.brand, standard.brand);
        find(columns_.manufacturer, standard.manufacturer);
        find(columns_.variant, standard.variant);
        find(columns_.series, standard.series);
        find(columns_.ladder, standard.ladder);
        find(columns_.pack_size, standard.pack_size);
        for (const AttributeColumn& attribute : columns_.attributes) {
            add(finder.find(attribute.column, Presence::required));
            if (wanted_.back() < 0) throw DataError("the name of an attribute column is empty");
            table.attributes.push_back(
                {attribute.column, attribute.direction, attribute.weight, attribute.must_have, {}});
            malformed_.push_back(attribute.column + " is not a number");
        }
        table.category.resize(columns_.category.size());
        attributes_.resize(columns_.attributes.size());
        return wanted_;
    }

    void row(const CsvRow& row) {
        if (row.too_short) return reject(row, rejection::too_few_fields, {});
        const std::size_t numbers = 1 + columns_.category.size() + columns_.name.size();
        constexpr std::array<const char*, 4> malformed = {rejection::price_malformed, "cost is not a number",
                                                          "margin is not a number", "tier is not a number"};
        std::array<float, 4> number{};
        for (std::size_t n = 0; n < number.size(); ++n) {
            const std::string_view text = row.fields[numbers + n];
            if (!parse_number(text, number[n])) return reject(row, malformed[n], text);
        }
        const std::size_t rest = numbers + number.size();
        std::uint8_t available = 1;
        if (!parse_yes_no(row.fields[rest], 1, available)) {
            return reject(row, rejection::availability_malformed, row.fields[rest]);
        }
        std::uint8_t service = 0;
        if (!parse_yes_no(row.fields[rest + 1], 0, service)) {
            return reject(row, rejection::service_malformed, row.fields[rest + 1]);
        }
        const std::size_t brand = rest + 2;
        const std::size_t pack_size = brand + 5;
        for (std::size_t n = 0; n < attributes_.size(); ++n) {
            const std::string_view text = row.fields[pack_size + 1 + n];
            if (!parse_number(text, attributes_[n])) return reject(row, malformed_[n].c_str(), text);
        }
        add_ids(row, brand);
        add_name(row);
        const std::array columns = {&table.price, &table.cost, &table.margin, &table.tier};
        for (std::size_t n = 0; n < columns.size(); ++n) {
            if (wanted_[numbers + n] >= 0) columns[n]->push_back(number[n]);
        }
        if (wanted_[rest] >= 0) table.available.push_back(available);
        if (wanted_[rest + 1] >= 0) table.service.push_back(service);
        if (wanted_[pack_size] >= 0) table.pack_size.emplace_back(row.fields[pack_size]);
        for (std::size_t n = 0; n < attributes_.size(); ++n) table.attributes[n].values.push_back(attributes_[n]);
        table.line.push_back(row.line);
    }

private:
    void add(int column) { wanted_.push_back(column); }

    // Item, category levels, and from field `brand` on brand, manufacturer, variant, series and ladder.
    void add_ids(const CsvRow& row, std::size_t brand) {
        table.item.push_back(row.fields[0]);
        for (std::size_t n = 0; n < table.category.size(); ++n) table.category[n].push_back(row.fields[1 + n]);
        const std::array columns = {&table.brand, &table.manufacturer, &table.variant, &table.series, &table.ladder};
        for (std::size_t n = 0; n < columns.size(); ++n) {
            if (wanted_[brand + n] >= 0) columns[n]->push_back(row.fields[brand + n]);
        }
    }

    void add_name(const CsvRow& row) {
        const std::size_t first = 1 + columns_.category.size();
        bool present = false;
        std::string name;
        for (std::size_t n = first; n < first + columns_.name.size(); ++n) {
            present = present || wanted_[n] >= 0;
            append_words(name, row.fields[n]);
        }
        if (present) table.name.push_back(std::move(name));
    }

    void reject(const CsvRow& row, const char* reason, std::string_view value) {
        table.rejected.push_back({row.line, reason, std::string(value.substr(0, 40))});
    }

    const CatalogColumns& columns_;
    // Item, category levels, names, price, cost, margin, tier, available, service, brand, manufacturer, variant,
    // series, ladder, pack size, attributes.
    std::vector<int> wanted_;
    std::vector<float> attributes_;       // of the row that is being read
    std::vector<std::string> malformed_;  // per attribute: what to say
};

}  // namespace

CatalogTable read_catalog_table(const std::filesystem::path& path, const CatalogColumns& columns) {
    TableBuilder builder(columns);
    read_csv(
        path, [&](std::span<const std::string> names) { return builder.header(ColumnFinder(path, names)); },
        [&](const CsvRow& row) { builder.row(row); });
    return std::move(builder.table);
}

}  // namespace io

Catalog read_catalog(const std::filesystem::path& path, const CatalogColumns& columns) {
    return Catalog(io::read_catalog_table(path, columns));
}

}  // namespace crosslift
