// Scores of events that happen or not: areas under curves, squared error, calibration, each with its interval.
#pragma once

#include <crosslift/evaluation.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace crosslift::evaluation {

/// What came of each row, and the cluster that the row belongs to.
struct Outcomes {
    std::vector<std::uint8_t> yes;
    std::vector<std::int32_t> cluster;
    std::int64_t clusters = 0;

    void add(std::int64_t of, bool happened) {
        cluster.push_back(static_cast<std::int32_t>(of));
        yes.push_back(happened ? 1 : 0);
    }
};

/// One method's number per row; higher means more likely. Where `is_probability`, it is judged as one too.
struct Predictions {
    std::string method;
    std::vector<double> score;
    bool is_probability = false;
};

/// `brier` (mean squared error) and `ece` (mean absolute difference between mean prediction and share of yes over ten
/// bins of equal mass) are NaN for a score that is no probability. Rows of equal score share a bin and a place.
struct BinaryEstimates {
    Estimate pr_auc;   ///< average precision
    Estimate roc_auc;  ///< area under the receiver operating characteristic; ties count half
    Estimate brier;
    Estimate ece;
    Estimate pr_auc_to_best;   ///< over that of the simple method with the highest
    Estimate roc_auc_to_best;  ///< less that of the simple method with the highest
};

/// Values on all rows and 95 % intervals over resampled clusters. The first `simple` methods are those to beat.
std::vector<BinaryEstimates> judge_predictions(const Outcomes& outcomes, std::span<const Predictions> methods,
                                               std::size_t simple, const EvaluationOptions& options,
                                               const std::stop_token& stop);

}  // namespace crosslift::evaluation
