// Honest offline judgement: later slices, whole-catalog ranking, tuned baselines, intervals.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <functional>
#include <span>
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

/// How a baseline's setting was chosen: hit rate at 10 on the validation slice by setting.
struct TunedMethod {
    std::string method;
    std::string setting;  ///< the one it is judged with
    std::vector<std::pair<std::string, double>> trials;
};

/// One method against another on the same queries.
struct MethodComparison {
    std::string metric, method, over;
    Estimate ratio;
    double p_value = 0;  ///< paired sign-flip test by cluster, two-sided; NaN where it was not asked for
    double p_holm = 0;   ///< the same, corrected (Holm) over all `over` of one metric and method
};

/// A ratio to reach: `metric` of `method` over that of `over`.
struct Goal {
    std::string metric, method, over;
    double value = 1;
};

struct GoalVerdict {
    Goal goal;
    Estimate ratio;
    bool reached = false;
};

/// A goal above 1 is reached when the ratio's point is at the goal and its lower bound above 1; a goal of 1 or less
/// when the point is at the goal.
CROSSLIFT_API bool reaches(const Estimate& ratio, double goal);

struct CROSSLIFT_API EvaluationReport {
    std::string task;  ///< "basket_completion", "item_complements", "trade_up", ...
    std::int64_t queries = 0;
    std::int64_t clusters = 0;  ///< customers or baskets that the bootstrap draws
    std::vector<MethodResult> methods;
    std::vector<std::string> notes;  ///< what was left out and why, settings chosen for baselines
    std::vector<TunedMethod> tuned;
    std::vector<MethodComparison> comparisons;
    std::vector<GoalVerdict> verdicts;
    std::vector<std::string> shown;  ///< metrics that table() shows; empty: all
    std::string table() const;       ///< for people
    std::string json() const;        ///< for programs: everything
};

/// Another model to judge beside the engine. `score` gets baskets and customers ("" = anonymous) by id and returns
/// baskets x items of training (in the order of train.items()), higher is better, -infinity is not ranked. It is
/// called by one thread at a time.
struct BasketMethod {
    std::string name;
    std::function<Matrix(std::span<const std::vector<std::string>> baskets, std::span<const std::string> customers)>
        score;
};

struct EvaluationOptions {
    int max_targets_per_basket = 10;   ///< basket completion: random targets drawn per basket; 0 = all
    std::int64_t max_queries = 20000;  ///< 0 = all
    int bootstrap = 1000;              ///< resamples
    int permutations = 10000;          ///< of each sign-flip test; 0 = no tests
    std::uint64_t seed = 0;
    int tuning_trials = 8;                   ///< settings tried per baseline on the validation slice; 0 = textbook ones
    double validation_share = 0.1;           ///< newest share of training's baskets that the settings are chosen on
    std::int64_t validation_queries = 2000;  ///< of them
    std::vector<std::string> baselines;      ///< by name; empty: all that the data allow
    std::vector<std::pair<std::string, std::string>> settings;  ///< by name, as TunedMethod tells them: not tuned again
    bool receipt_order = false;  ///< queries are "what comes next on the receipt"; needs lines in the order of buying
    std::vector<double> ease_grid = {
        5, 10, 20, 50, 100, 200, 500, 1000};  ///< the yardstick's lambda is the best on these very queries; empty: none
    double min_price_ratio = 1.10;            ///< trade-up: what counts as dearer
    bool own_maximum = false;  ///< trade-up: dearer than the dearest item bought in the leaf, not the last
    int threads = 0;
    std::vector<Goal> goals;                                   ///< ratios to give a verdict on
    std::vector<std::pair<std::string, OfferEngine>> engines;  ///< other engines, judged like the first
    std::vector<BasketMethod> methods;                         ///< other models
};

/// Leave-one-out over items of later baskets with at least two known items, or with receipt_order each item after those
/// before it; the whole catalog is ranked except the query. Methods: the baselines of docs/evaluation.md, tuned with
/// equal budgets on a validation slice of training; EASE tuned on the very queries; the engine (anonymous and, where
/// customers are known, personal and for discovery). Names and meaning of the metrics in docs/evaluation.md. Throws
/// DataError where no later basket has two items known from training, InvalidArgument for options out of range, Stopped
/// if progress.stop asks.
CROSSLIFT_API EvaluationReport evaluate_basket_completion(const OfferEngine& engine, const Transactions& train,
                                                          const Transactions& later,
                                                          const EvaluationOptions& options = {},
                                                          const Progress& progress = {});

/// Item -> complements: the pairs of the later baskets that pass an independence test (3 baskets with both, more than
/// by chance, G2 >= 10.83) and lie in different leaves; query items with at least five such partners. Ranked: all items
/// of training in other leaves. Metrics: precision and recall at 20 and 50. Methods and errors as above.
CROSSLIFT_API EvaluationReport evaluate_item_complements(const OfferEngine& engine, const Transactions& train,
                                                         const Transactions& later,
                                                         const EvaluationOptions& options = {},
                                                         const Progress& progress = {});

/// Sets that people marked as belonging together (one "basket" of `bundles` each): every item of a set in turn is the
/// query, the others are sought among all items of the engine's catalog, sold or not. Metrics: recall at 10, 20 and 50,
/// and the same over mates that training never sold. Methods and errors as above.
CROSSLIFT_API EvaluationReport evaluate_bundles(const OfferEngine& engine, const Transactions& train,
                                                const Transactions& bundles, const EvaluationOptions& options = {},
                                                const Progress& progress = {});

/// Each known customer's first later basket, from what they bought before: recall and nDCG at 10 and 20. Methods:
/// popularity, own frequency, TIFU-kNN, the engine. Report only: repeat purchase decides it. Errors as above.
CROSSLIFT_API EvaluationReport evaluate_next_basket(const OfferEngine& engine, const Transactions& train,
                                                    const Transactions& later, const EvaluationOptions& options = {},
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

/// Returns of known customers to a leaf (their next basket with something of it): does its dearest item of the leaf
/// cost min_price_ratio times the dearest of the basket before? Methods: share of the leaf's training baskets that hold
/// something as dear, share of training returns after the same item that went up, the engine (anonymous and personal).
/// Metrics: area under the ROC curve and what it is above the better of the two, area under the precision-recall
/// curve, Brier score, calibration error over ten bins of equal mass. Throws as above, and DataError where
/// categories, prices or returns are missing.
CROSSLIFT_API EvaluationReport evaluate_acceptance(const OfferEngine& engine, const Transactions& train,
                                                   const Transactions& later, const EvaluationOptions& options = {},
                                                   const Progress& progress = {});

/// Repeat purchases: customers at moments one week apart, from the end of training on; for each item that the customer
/// had bought on two days or more, is it bought within 7, within 14 days? Purchases before each moment are known.
/// Methods: own frequency, own recent frequency (half-lives 28 and 90 days), item's usual gap, recency, the engine.
/// Metrics: area under the precision-recall curve for both horizons and its ratio to the best simple method, for
/// probabilities Brier score and calibration error, and the share of customers with a purchase of such an item whose
/// K most likely items hold one. Throws as above, and DataError where there are no dates or no repeat purchases.
CROSSLIFT_API EvaluationReport evaluate_replenishment(const OfferEngine& engine, const Transactions& train,
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
