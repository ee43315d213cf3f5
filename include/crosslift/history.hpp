// Purchases as models read them: baskets, who made them, when, and what each customer bought before.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/sparse.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Purchases by row numbers. Baskets are in the order of time (ties: order of arrival). Immutable once made.
struct CROSSLIFT_API PurchaseHistory {
    CsrMatrix baskets;                   ///< baskets x items; values = quantity bought, summed over lines
    std::vector<float> unit_price;       ///< per stored cell of `baskets`: mean price paid, NaN unknown
    std::vector<std::int32_t> line;      ///< per stored cell: place of its first line on the receipt, from 0; empty
                                         ///< where receipts are not known line by line (an engine read from a file)
    std::vector<std::int32_t> customer;  ///< per basket, IdMap::unknown where not known
    std::vector<std::int64_t> time;      ///< per basket; empty when time_kind is none
    TimeKind time_kind = TimeKind::none;
    std::int32_t customers = 0;

    // Derived by index().
    CsrMatrix item_baskets;      ///< items x baskets: the baskets of each item, oldest first; no values
    CsrMatrix customer_baskets;  ///< customers x baskets: oldest first; no values

    std::int64_t items() const { return baskets.cols; }
    std::int64_t basket_count() const { return baskets.rows; }
    /// Newest basket time, or unknown_time.
    std::int64_t latest_time() const { return time.empty() ? unknown_time : time.back(); }

    /// Fills the derived tables from the others.
    void index();
};

/// The history of `transactions` over the item rows of `items` (lines with other items are left out) and the customer
/// rows of `customers`.
CROSSLIFT_API PurchaseHistory make_history(const Transactions& transactions, const IdMap& items,
                                           const IdMap& customers);

/// The baskets of `history` up to (not including) row `end`, over the same items and customers.
CROSSLIFT_API PurchaseHistory earlier(const PurchaseHistory& history, std::int64_t end);

/// Customers x items: in how many baskets each customer had each item.
CROSSLIFT_API CsrMatrix customer_items(const PurchaseHistory& history);

/// Age of each basket in days before `as_of`; empty unless times are timestamps. Baskets after `as_of` have age 0.
CROSSLIFT_API std::vector<float> basket_age_days(const PurchaseHistory& history, std::int64_t as_of);

/// Median unit price of each item over its lines with a known, positive price; NaN where there is none.
CROSSLIFT_API std::vector<float> median_prices(const Transactions& transactions);

/// How often two items were bought together, counted, not modelled.
struct Evidence {
    std::int64_t together = 0;  ///< baskets with both
    std::int64_t first = 0;     ///< baskets with the first item
    std::int64_t second = 0;    ///< baskets with the second item
    std::int64_t baskets = 0;   ///< all baskets
    double lift = 0;            ///< together * baskets / (first * second); 0 if either was never bought
    double g2 = 0;              ///< log-likelihood ratio of the 2 x 2 table, 1 degree of freedom; 0 if lift <= 1
};

/// Lift and G2 from the four counts. Throws InvalidArgument if no baskets can be counted so: `together` exceeds either
/// count, or the baskets with one or the other exceed `baskets`.
CROSSLIFT_API Evidence count_evidence(std::int64_t together, std::int64_t first, std::int64_t second,
                                      std::int64_t baskets);

/// Counts by walking the two items' basket lists: exact, no table of pairs is kept.
CROSSLIFT_API Evidence evidence(const PurchaseHistory& history, std::int32_t first, std::int32_t second);

}  // namespace crosslift
