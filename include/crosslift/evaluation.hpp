// Honest offline judgement: later slices, whole-catalog ranking, tuned baselines, intervals.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace crosslift {

/// A number with its 95 % bootstrap interval (clusters: customers, or baskets where there is no customer).
struct Estimate {
    double value = 0, low = 0, high = 0;
};

/// One method's row: metric names and values in the order of the table.
struct MethodResult {
    std::string method;
    std::vector<std::pair<std::string, Estimate>> metrics;
};

struct CROSSLIFT_API EvaluationReport {
    std::string task;  ///< "basket_completion" or "trade_up"
    std::int64_t queries = 0;
    std::int64_t clusters = 0;  ///< customers or baskets that the bootstrap draws
    std::vector<MethodResult> methods;
    std::vector<std::string> notes;  ///< what was left out and why, settings chosen for baselines
    std::string table() const;       ///< for people
    std::string json() const;        ///< for programs
};

struct EvaluationOptions {
    int max_targets_per_basket = 10;   ///< basket completion: random targets drawn per basket; 0 = all
    std::int64_t max_queries = 20000;  ///< 0 = all
    int bootstrap = 1000;              ///< resamples
    std::uint64_t seed = 0;
    std::vector<double> ease_grid = {5,   10,  20,  50,
                                     100, 200, 500, 1000};  ///< the baseline's lambda is the best on these very queries
    double min_price_ratio = 1.10;                          ///< trade-up: what counts as dearer
    bool own_maximum = false;  ///< trade-up: dearer than the dearest item bought in the leaf, not the last
    int threads = 0;
};

/// Leave-one-out over items of later baskets with at least two known items; the whole catalog is ranked except the
/// query. Methods: popularity, co-count, lift, cosine kNN, EASE tuned on the same queries, the engine (anonymous and,
/// where customers are known, personal). Metrics: HR@1/10/20, nDCG@10, MRR, cross-leaf HR@10, share of offers in a
/// query leaf, catalog coverage, price-weighted hits, HR@10 ratio to EASE; names and meaning in docs/evaluation.md.
/// Throws DataError where no later basket has two items known from training, InvalidArgument for options out of range,
/// Stopped if progress.stop asks.
CROSSLIFT_API EvaluationReport evaluate_basket_completion(const OfferEngine& engine, const Transactions& train,
                                                          const Transactions& later,
                                                          const EvaluationOptions& options = {},
                                                          const Progress& progress = {});

/// A customer's next purchase in a leaf, in another basket, of an item new to them that is dearer than the last one
/// bought there (min_price_ratio, by the prices of the engine's catalog). Candidates: the leaf's items that are as much
/// dearer, sold in training, not bought by the customer in training, 2 to 100. Methods: random, next dearer, popular
/// dearer, transition count (ties by popularity), the engine (anonymous and personal). Metrics: HR@1/3/5, MRR, HR@3
/// weighted by the rise in price, MRR ratio to the best of the simple methods. Throws as above, and DataError where
/// categories, prices or events are missing.
CROSSLIFT_API EvaluationReport evaluate_trade_up(const OfferEngine& engine, const Transactions& train,
                                                 const Transactions& later, const EvaluationOptions& options = {},
                                                 const Progress& progress = {});

/// Splits at one point in time: the newest `share` of the baskets (by time) against the rest. Throws DataError without
/// time.
struct TimeSplit {
    Transactions earlier, later;
    std::int64_t cut = 0;  ///< time of the first later basket
};
CROSSLIFT_API TimeSplit split_by_time(const Transactions& transactions, double share);

}  // namespace crosslift
