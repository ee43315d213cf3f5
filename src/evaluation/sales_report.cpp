// One pass over receipts, customer by customer, into sums that the bootstrap draws by customer.
#include "evaluation/bootstrap.hpp"

#include <crosslift/error.hpp>
#include <crosslift/history.hpp>
#include <crosslift/sales_report.hpp>

#include <array>
#include <cmath>
#include <stop_token>
#include <unordered_map>
#include <unordered_set>

namespace crosslift {
namespace {

using evaluation::ClusterSums;
using evaluation::Quotient;

enum Column {
    receipts,
    priced,
    spend,
    items,
    attached,
    returns,
    trade_ups,
    earning,
    earned,
    customers,
    known_spend,
    kept,
    year,
    columns
};

constexpr std::array<const char*, 8> names = {"order_value",      "items_per_basket",   "attach_rate",  "trade_up_rate",
                                              "margin_per_order", "spend_per_customer", "yearly_value", "retention"};
constexpr std::array<Quotient, 8> quotients = {{{spend, priced},
                                                {items, receipts},
                                                {attached, receipts},
                                                {trade_ups, returns},
                                                {earned, earning},
                                                {known_spend, customers},
                                                {year, customers},
                                                {kept, customers}}};

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

class Sales {
public:
    Sales(const Transactions& transactions, const Catalog& catalog, const SalesReportOptions& options)
        : catalog_(catalog.aligned_to(transactions.items(), median_prices(transactions))),
          history_(make_history(transactions, catalog_.items(), transactions.customers())),
          options_(options) {
        const auto latest = static_cast<double>(history_.latest_time());
        if (history_.time_kind == TimeKind::timestamp && !history_.time.empty())
            days_ = (latest - static_cast<double>(history_.time.front())) / 86400;
    }

    /// `part`: 0 all receipts, 1 customers' first ones, 2 their later ones and no unknown customers.
    ClusterSums sums(int part) const {
        std::int64_t unknown = 0;
        for (const std::int32_t customer : history_.customer) unknown += customer == IdMap::unknown ? 1 : 0;
        ClusterSums sums(history_.customers + (part == 0 ? unknown : 0), columns);
        for (std::int32_t customer = 0; customer < history_.customers; ++customer) add_customer(sums, customer, part);
        std::int64_t cluster = history_.customers;
        if (part == 0)
            for (std::int64_t basket = 0; basket < history_.basket_count(); ++basket)
                if (history_.customer[idx(basket)] == IdMap::unknown) add_receipt(sums, cluster++, basket);
        return sums;
    }

private:
    void add_customer(ClusterSums& sums, std::int32_t customer, int part) const {
        const auto visits = history_.customer_baskets.view().row(customer);
        std::unordered_map<std::int32_t, float> last;  // per leaf: price of the dearest item bought there last
        bool any = false;
        for (std::size_t n = 0; n < visits.size(); ++n) {
            const bool counted = part == 0 || (part == 1) == (n == 0);
            if (counted) add_receipt(sums, customer, visits[n]);
            follow_leaves(sums, customer, visits[n], counted, last);
            any = any || counted;
        }
        if (!any) return;
        sums.at(customer, customers) = 1;
        sums.at(customer, known_spend) = sums.at(customer, spend);
        sums.at(customer, kept) = visits.size() > 1 ? 1 : 0;
        sums.at(customer, year) =
            days_ > 0 ? sums.at(customer, spend) * 365 / days_ : std::numeric_limits<double>::quiet_NaN();
    }

    void add_receipt(ClusterSums& sums, std::int64_t cluster, std::int64_t basket) const {
        const CsrView rows = history_.baskets;
        double money = 0, margin = 0;
        std::unordered_set<std::int32_t> leaves;
        for (std::int64_t at = rows.begin(basket); at < rows.end(basket); ++at) {
            const std::int32_t item = rows.indices[idx(at)];
            const auto quantity = static_cast<double>(rows.values[idx(at)]);
            money += quantity * static_cast<double>(history_.unit_price[idx(at)]);
            margin += quantity * static_cast<double>(catalog_.unit_margin(item));
            const std::int32_t leaf = catalog_.leaf(item);
            leaves.insert(leaf == IdMap::unknown ? -2 - item : leaf);
        }
        sums.at(cluster, receipts) += 1;
        sums.at(cluster, items) += static_cast<double>(rows.row(basket).size());
        sums.at(cluster, attached) += leaves.size() > 1 ? 1 : 0;
        if (!std::isnan(money)) {
            sums.at(cluster, priced) += 1;
            sums.at(cluster, spend) += money;
        }
        if (!std::isnan(margin)) {
            sums.at(cluster, earning) += 1;
            sums.at(cluster, earned) += margin;
        }
    }

    void follow_leaves(ClusterSums& sums, std::int64_t cluster, std::int64_t basket, bool counted,
                       std::unordered_map<std::int32_t, float>& last) const {
        std::unordered_map<std::int32_t, float> now;
        for (const std::int32_t item : history_.baskets.view().row(basket)) {
            const std::int32_t leaf = catalog_.leaf(item);
            if (leaf == IdMap::unknown || catalog_.price().empty() || !(catalog_.price()[idx(item)] > 0)) continue;
            float& dearest = now[leaf];
            dearest = std::max(dearest, catalog_.price()[idx(item)]);
        }
        for (const auto& [leaf, price] : now) {
            const auto before = last.find(leaf);
            if (before != last.end() && counted) {
                sums.at(cluster, returns) += 1;
                const double ratio = static_cast<double>(price) / static_cast<double>(before->second);
                sums.at(cluster, trade_ups) += ratio >= options_.min_price_ratio ? 1 : 0;
            }
            last[leaf] = price;
        }
    }

    Catalog catalog_;
    PurchaseHistory history_;
    const SalesReportOptions& options_;
    double days_ = 0;
};

}  // namespace

EvaluationReport report_sales(const Transactions& transactions, const Catalog& catalog,
                              const SalesReportOptions& options) {
    if (!(options.min_price_ratio > 1) || !std::isfinite(options.min_price_ratio))
        throw InvalidArgument("SalesReportOptions.min_price_ratio is " + std::to_string(options.min_price_ratio) +
                              "; it must be above 1");
    if (options.bootstrap < 0)
        throw InvalidArgument("SalesReportOptions.bootstrap is " + std::to_string(options.bootstrap) +
                              "; it must be 0 or more");
    const Sales sales(transactions, catalog, options);
    EvaluationReport report;
    report.task = "sales";
    constexpr std::array<const char*, 3> parts = {"all", "new", "returning"};
    for (int part = 0; part < 3; ++part) {
        const ClusterSums sums = sales.sums(part);
        if (part == 0) {
            report.clusters = sums.clusters;
            report.queries = transactions.baskets().size();
        }
        const auto estimates =
            evaluation::estimate(sums, quotients, options.bootstrap, options.seed, options.threads, std::stop_token());
        MethodResult& row = report.methods.emplace_back();
        row.method = parts[static_cast<std::size_t>(part)];
        for (std::size_t n = 0; n < names.size(); ++n) row.metrics.emplace_back(names[n], estimates[n]);
    }
    report.notes = {"what happened, not what offers caused; yearly_value is a proxy of lifetime value"};
    return report;
}

}  // namespace crosslift
