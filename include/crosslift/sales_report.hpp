// What a shop's purchases amount to: order value, basket size, attach and trade-up rates, margin, value of a customer.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/transactions.hpp>

namespace crosslift {

struct SalesReportOptions {
    double min_price_ratio = 1.10;  ///< what counts as trading up, > 1
    int bootstrap = 1000;           ///< resamples of whole customers, >= 0; 0: no intervals
    std::uint64_t seed = 0;
    int threads = 0;
};

/// Counted over the purchases, each number with its 95 % interval; receipts without a customer are a cluster each. One
/// row for all, one for customers' first receipts ("new") and one for their later ones ("returning"). A number that the
/// data do not tell is NaN. Metrics:
///   order_value        money per receipt, over receipts whose prices are all known
///   items_per_basket   different items per receipt
///   attach_rate        share of receipts that hold items of two leaves or more (without a category: two items)
///   trade_up_rate      returns of a customer to a leaf with a dearer item (min_price_ratio) than last time there
///   margin_per_order   money earned per receipt, over receipts whose margins are all known
///   spend_per_customer money per known customer in the time covered
///   yearly_value       the same per 365 days of the time covered: a proxy of lifetime value, not a forecast
///   retention          share of known customers with a second receipt
/// It says what happened, not what offers caused. Throws InvalidArgument for options out of range.
CROSSLIFT_API EvaluationReport report_sales(const Transactions& transactions, const Catalog& catalog = {},
                                            const SalesReportOptions& options = {});

}  // namespace crosslift
