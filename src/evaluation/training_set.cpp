#include "evaluation/training_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace crosslift::evaluation {
namespace {

/// 0 newest .. 1 oldest, by time where there is one, else by place.
std::vector<double> ages(const PurchaseHistory& history, const std::vector<std::int64_t>& rows) {
    std::vector<double> age;
    const auto place = [&](std::int64_t row) {
        return static_cast<double>(history.time.empty() ? row : history.time[static_cast<std::size_t>(row)]);
    };
    if (rows.empty()) return age;
    const double newest = place(rows.back());
    const double span = std::max(newest - place(rows.front()), 1.0);
    for (const std::int64_t row : rows) age.push_back((newest - place(row)) / span);
    return age;
}

}  // namespace

std::vector<std::int32_t> leaves_of(const Catalog& catalog, const IdMap& items) {
    if (catalog.leaves().size() == 0) return {};
    std::vector<std::int32_t> leaf(static_cast<std::size_t>(items.size()), IdMap::unknown);
    for (std::int32_t i = 0; i < items.size(); ++i) {
        const std::int32_t row = catalog.items().find(items[i]);
        if (row != IdMap::unknown) leaf[static_cast<std::size_t>(i)] = catalog.leaf(row);
    }
    return leaf;
}

std::shared_ptr<const ItemContent> content_of(const Catalog& catalog, const IdMap& items) {
    const ItemContent whole = item_content(catalog);
    const CsrView features = whole.features;
    ItemContent part;
    part.features.cols = features.cols;
    for (std::int32_t i = 0; i < items.size(); ++i) {
        const std::int32_t row = catalog.items().find(items[i]);
        if (row != IdMap::unknown) {
            const auto columns = features.row(row);
            const auto values = features.row_values(row);
            part.features.indices.insert(part.features.indices.end(), columns.begin(), columns.end());
            part.features.values.insert(part.features.values.end(), values.begin(), values.end());
        }
        part.features.indptr.push_back(static_cast<std::int64_t>(part.features.indices.size()));
        if (!whole.log_price.empty()) {
            part.log_price.push_back(row != IdMap::unknown ? whole.log_price[static_cast<std::size_t>(row)]
                                                           : std::numeric_limits<float>::quiet_NaN());
        }
    }
    part.features.rows = items.size();
    return std::make_shared<const ItemContent>(std::move(part));
}

TrainingSet make_training_set(PurchaseHistory history, std::vector<std::int32_t> leaf, std::int32_t leaves,
                              CsrMatrix receipts, int threads, const std::stop_token& stop) {
    TrainingSet set;
    set.baskets.cols = history.items();
    set.count.resize(static_cast<std::size_t>(history.items()));
    const CsrView all = history.baskets;
    std::vector<std::int64_t> rows;
    for (std::int64_t b = 0; b < all.rows; ++b) {
        const auto items = all.row(b);
        if (items.size() < 2) continue;
        rows.push_back(b);
        for (const std::int32_t item : items) set.count[static_cast<std::size_t>(item)] += 1;
        set.baskets.indices.insert(set.baskets.indices.end(), items.begin(), items.end());
        set.baskets.indptr.push_back(static_cast<std::int64_t>(set.baskets.indices.size()));
    }
    set.baskets.rows = static_cast<std::int64_t>(rows.size());
    set.age = ages(history, rows);
    set.history = std::move(history);
    set.leaf = std::move(leaf);
    set.leaves = leaves;
    set.ordered = receipts.rows > 0;
    set.receipts = std::move(receipts);
    set.content = std::make_shared<const ItemContent>();
    set.threads = threads;
    set.stop = stop;
    return set;
}

TrainingSet training_set(const Transactions& train, const Catalog& catalog, const EvaluationOptions& options,
                         const std::stop_token& stop) {
    PurchaseHistory history = make_history(train, train.items(), train.customers());
    CsrMatrix receipts;
    if (options.receipt_order) receipts = receipt_order(train, history, train.items());
    TrainingSet set = make_training_set(std::move(history), leaves_of(catalog, train.items()), catalog.leaves().size(),
                                        std::move(receipts), options.threads, stop);
    set.content = content_of(catalog, train.items());
    return set;
}

TrainingSet earlier_part(const TrainingSet& set, std::int64_t end) {
    CsrMatrix receipts;
    if (set.ordered) {
        receipts.cols = set.receipts.cols;
        receipts.rows = end;
        receipts.indptr.assign(set.receipts.indptr.begin(), set.receipts.indptr.begin() + end + 1);
        receipts.indices.assign(set.receipts.indices.begin(), set.receipts.indices.begin() + receipts.indptr.back());
    }
    TrainingSet part =
        make_training_set(earlier(set.history, end), set.leaf, set.leaves, std::move(receipts), set.threads, set.stop);
    part.content = set.content;
    return part;
}

CsrMatrix receipt_order(const Transactions& transactions, const PurchaseHistory& history, const IdMap& items) {
    // Rows of the history are the baskets with a known item, by time, then by first appearance.
    std::vector<std::vector<std::int32_t>> receipt(static_cast<std::size_t>(transactions.baskets().size()));
    std::vector<std::int64_t> time(receipt.size(), unknown_time);
    for (std::size_t line = 0; line < transactions.basket().size(); ++line) {
        const auto basket = static_cast<std::size_t>(transactions.basket()[line]);
        if (!transactions.time().empty() && time[basket] == unknown_time) time[basket] = transactions.time()[line];
        const std::int32_t item = items.find(transactions.items()[transactions.item()[line]]);
        auto& own = receipt[basket];
        if (item != IdMap::unknown && std::find(own.begin(), own.end(), item) == own.end()) own.push_back(item);
    }
    std::vector<std::size_t> order;
    for (std::size_t b = 0; b < receipt.size(); ++b) {
        if (!receipt[b].empty()) order.push_back(b);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return time[a] < time[b]; });
    CsrMatrix ordered;
    ordered.cols = history.items();
    for (const std::size_t b : order) {
        ordered.indices.insert(ordered.indices.end(), receipt[b].begin(), receipt[b].end());
        ordered.indptr.push_back(static_cast<std::int64_t>(ordered.indices.size()));
        ++ordered.rows;
    }
    if (ordered.indptr != history.baskets.indptr) throw std::logic_error("receipts and history differ in their rows");
    return ordered;
}

std::vector<double> basket_weights(const TrainingSet& set, double size_exponent, double half_life) {
    const CsrView baskets = set.baskets;
    std::vector<double> weights;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        const double size = static_cast<double>(baskets.row(b).size());
        const double age = set.age[static_cast<std::size_t>(b)];
        weights.push_back(std::pow(size - 1, -size_exponent) * (half_life > 0 ? std::exp2(-age / half_life) : 1));
    }
    return weights;
}

}  // namespace crosslift::evaluation
