// transactions.csv to a table: every line ends up in the columns or among the rejected.
#include "io/columns.hpp"
#include "io/csv.hpp"
#include "io/tables.hpp"

#include <crosslift/error.hpp>

namespace crosslift {
namespace io {
namespace {

enum Field : std::size_t { customer, basket, item, time, quantity, unit_price, field_count };

class TableBuilder {
public:
    TransactionTable table;

    explicit TableBuilder(const TransactionColumns& columns) : columns_(columns) { table.lines_are_file_lines = true; }

    std::vector<int> header(const ColumnFinder& finder) {
        const TransactionColumns standard;
        const auto find = [&](const std::string& name, const std::string& usual) {
            return finder.find(name, name == usual ? Presence::optional : Presence::required);
        };
        const std::vector<int> wanted = {
            find(columns_.customer, standard.customer),     finder.find(columns_.basket, Presence::required),
            finder.find(columns_.item, Presence::required), find(columns_.time, standard.time),
            find(columns_.quantity, standard.quantity),     find(columns_.unit_price, standard.unit_price)};
        for (std::size_t n = 0; n < field_count; ++n) present_[n] = wanted[n] >= 0;
        if (!present_[basket] || !present_[item]) {
            throw DataError("the names of the basket and item columns are empty; both columns are required");
        }
        return wanted;
    }

    void row(const CsvRow& row) {
        if (row.too_short) return reject(row, rejection::too_few_fields, {});
        float amount = 0, price = 0;
        std::int64_t when = unknown_time;
        if (present_[quantity] && !parse_number(row.fields[quantity], amount)) {
            return reject(row, rejection::quantity_malformed, row.fields[quantity]);
        }
        if (present_[unit_price] && !parse_number(row.fields[unit_price], price)) {
            return reject(row, rejection::price_malformed, row.fields[unit_price]);
        }
        if (present_[time] && !parse_time(row.fields[time], table.time_kind, when)) {
            return reject(row, rejection::time_malformed, row.fields[time]);
        }
        table.basket.push_back(row.fields[basket]);
        table.item.push_back(row.fields[item]);
        if (present_[customer]) table.customer.push_back(row.fields[customer]);
        if (present_[quantity]) table.quantity.push_back(amount);
        if (present_[unit_price]) table.unit_price.push_back(price);
        if (present_[time]) table.time.push_back(when);
        table.line.push_back(row.line);
    }

private:
    void reject(const CsvRow& row, const char* reason, std::string_view value) {
        table.rejected.push_back({row.line, reason, std::string(value.substr(0, 40))});
    }

    const TransactionColumns& columns_;
    bool present_[field_count] = {};
};

}  // namespace

TransactionTable read_transaction_table(const std::filesystem::path& path, const TransactionColumns& columns) {
    TableBuilder builder(columns);
    read_csv(
        path, [&](std::span<const std::string> names) { return builder.header(ColumnFinder(path, names)); },
        [&](const CsvRow& row) { builder.row(row); });
    TransactionTable& table = builder.table;
    if (table.time_kind == TimeKind::none) table.time.clear();  // no time was known
    if (table.basket.empty() && table.rejected.empty()) {
        throw DataError("'" + path.string() + "' has a header but no lines; at least one purchase is wanted");
    }
    return std::move(table);
}

}  // namespace io

Transactions read_transactions(const std::filesystem::path& path, const TransactionColumns& columns) {
    return Transactions(io::read_transaction_table(path, columns));
}

}  // namespace crosslift
