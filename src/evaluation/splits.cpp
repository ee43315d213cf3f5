// Cutting purchases in two at one point in time.
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace crosslift {
namespace {

/// Time of each basket: that of its first line that has one.
std::vector<std::int64_t> basket_times(const Transactions& transactions) {
    std::vector<std::int64_t> time(static_cast<std::size_t>(transactions.baskets().size()), unknown_time);
    for (std::size_t n = 0; n < transactions.time().size(); ++n) {
        auto& known = time[static_cast<std::size_t>(transactions.basket()[n])];
        if (known == unknown_time) known = transactions.time()[n];
    }
    return time;
}

/// Writes ids of `source` into a column of its own as they are asked for.
class IdPicker {
public:
    explicit IdPicker(const IdMap& source)
        : source_(source), row_of_(static_cast<std::size_t>(source.size()), IdMap::unknown) {
        column.ids.integers = source.integers;
    }

    void push_back(std::int32_t row) {
        if (row == IdMap::unknown) return column.rows.push_back(IdMap::unknown);
        auto& known = row_of_[static_cast<std::size_t>(row)];
        if (known == IdMap::unknown) known = column.ids.add(source_[row]);
        column.rows.push_back(known);
    }

    IdColumn column;

private:
    const IdMap& source_;
    std::vector<std::int32_t> row_of_;
};

/// The lines of the baskets on one side of the cut.
Transactions side(const Transactions& all, const std::vector<std::int64_t>& time, std::int64_t cut, bool later) {
    IdPicker customers(all.customers());
    IdPicker baskets(all.baskets());
    IdPicker items(all.items());
    TransactionTable table;
    table.time_kind = all.time_kind();
    for (std::size_t n = 0; n < all.basket().size(); ++n) {
        if ((time[static_cast<std::size_t>(all.basket()[n])] >= cut) != later) continue;
        customers.push_back(all.customer()[n]);
        baskets.push_back(all.basket()[n]);
        items.push_back(all.item()[n]);
        table.time.push_back(all.time()[n]);
        table.quantity.push_back(all.quantity()[n]);
        table.unit_price.push_back(all.unit_price()[n]);
    }
    table.customer = std::move(customers.column);
    table.basket = std::move(baskets.column);
    table.item = std::move(items.column);
    return Transactions(std::move(table));
}

}  // namespace

TimeSplit split_by_time(const Transactions& transactions, double share) {
    if (!(share > 0 && share < 1)) {
        throw InvalidArgument("share of later baskets is " + std::to_string(share) + "; it must lie between 0 and 1");
    }
    if (transactions.time_kind() == TimeKind::none) {
        throw DataError("these purchases have no time, so they cannot be split by time; give a time or order column");
    }
    const auto time = basket_times(transactions);
    std::vector<std::int64_t> sorted = time;
    std::sort(sorted.begin(), sorted.end());
    const auto later_baskets = static_cast<std::size_t>(std::lround(static_cast<double>(sorted.size()) * share));
    TimeSplit split;
    split.cut = sorted[sorted.size() - std::clamp<std::size_t>(later_baskets, 1, sorted.size())];
    if (split.cut == sorted.front()) {
        throw DataError("all purchases up to the cut are of one time (" +
                        format_time(split.cut, transactions.time_kind()) +
                        "), so nothing is left to train on; give a finer time or a smaller share");
    }
    split.earlier = side(transactions, time, split.cut, false);
    split.later = side(transactions, time, split.cut, true);
    return split;
}

}  // namespace crosslift
