// What goes with what: EASE's item-item matrix served as in/out embeddings plus a few sparse residuals.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

struct ComplementOptions {
    EaseOptions ease;
    bool tune = true;        ///< choose `ease` on the newest part of the baskets; false: take it as given
    int factors = 64;        ///< d, rank of the embeddings; 0: sparse residuals only
    double residuals = 128;  ///< m, sparse residuals per item on average; 0: embeddings only
    std::int64_t max_items =
        10000;  ///< the dense closed form is taken over at most this many items, best sellers first
    std::uint64_t seed = 0;
};

/// One setting that tuning tried.
struct ComplementTrial {
    EaseOptions ease;
    double validation_hr10 = 0;  ///< leave-one-out hit rate at 10 on the validation slice
    double validation_ndcg10 = 0;
};

/// score of item j for a basket q = intercept_j + sum_{i in q} (in_i . out_j + residual_ij).
/// In-in and out-out cosines find substitutes; in-out finds complements.
struct ComplementModel {
    Matrix in_factors;             ///< items x factors
    Matrix out_factors;            ///< items x factors
    CsrMatrix residuals;           ///< items x items: row = item in the basket
    std::vector<float> intercept;  ///< per item
    ComplementOptions options;     ///< options.ease holds what was chosen
    std::vector<ComplementTrial> trials;
    double kept_hr10 = 0;             ///< validation HR@10 of this form / of the full matrix; 0 where not measured
    std::int64_t modelled_items = 0;  ///< items inside the dense closed form; the others have zero rows
};

/// Fits on baskets x items; `time` (seconds or order, one per basket, may be empty) orders the baskets for validation,
/// `age_days` (may be empty) feeds the half-life. Throws InvalidArgument for options out of range; Stopped on request.
CROSSLIFT_API ComplementModel fit_complement(const CsrView& baskets, std::span<const std::int64_t> time,
                                             std::span<const float> age_days, const ComplementOptions& options = {},
                                             const Progress& progress = {});

/// Adds the scores of one basket (rows of items, each once) to `scores` (one float per item).
CROSSLIFT_API void add_basket_scores(const ComplementModel& model, std::span<const std::int32_t> basket,
                                     std::span<float> scores);

}  // namespace crosslift
