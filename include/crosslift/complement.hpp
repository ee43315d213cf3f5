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
    EaseOptions ease;               ///< taken as given without `tune`; with it, only threads and device are
    bool tune = true;               ///< choose `ease` on the newest part of the baskets
    int factors = 64;               ///< d, rank of the embeddings; 0: sparse residuals only
    double residuals = 512;         ///< m, sparse residuals per item on average; 0: embeddings only
    std::int64_t min_baskets = 3;   ///< items in fewer baskets (of two items or more) are not modelled
    std::int64_t max_items = 8000;  ///< best sellers in the closed form: it takes max_items^2 * 4 bytes, several times
    std::uint64_t seed = 0;
};

/// One setting that tuning tried.
struct ComplementTrial {
    EaseOptions ease;
    double validation_hr10 = 0;  ///< leave-one-out hit rate at 10 on the validation slice
    double validation_ndcg = 0;  ///< nDCG over the whole ranking: less noisy than HR@10
};

/// score of item j for a basket q = intercept_j + sum_{i in q} (in_i . out_j + residual_ij).
/// Slower sellers than the max_items best, in min_baskets or more, have residuals only, from the block inverse of the
/// closed form (docs/complement.md): at most m / 2 as one in the basket; as one offered at most m / 2 beside those
/// inside, and a few beside other slow sellers. None with m = 0.
/// The other items have zero rows until add_cold_items gives them some; with EaseOptions::intercept theirs is their
/// share of the baskets.
struct ComplementModel {
    Matrix in_factors;             ///< items x factors
    Matrix out_factors;            ///< items x factors
    CsrMatrix residuals;           ///< items x items: row = item in the basket
    std::vector<float> intercept;  ///< per item
    ComplementOptions options;     ///< options.ease holds what was chosen
    std::vector<ComplementTrial> trials;
    double kept_hr10 = 0;             ///< validation HR@10 of this form / of the full matrix; 0 where not measured
    std::int64_t modelled_items = 0;  ///< items inside the dense closed form
    std::int64_t extended_items = 0;  ///< slower sellers that have residuals only
    std::int64_t cold_items = 0;      ///< items placed by their content (cold_start.hpp)
    double similarity_weight = 0;     ///< of that placing
};

/// Fits on baskets x items (stored cells count as 1); `time` (seconds or order, one per basket, may be empty: as they
/// stand) orders the baskets for validation, `age_days` feeds the half-life. Without age_days the half-life counts in
/// steps of `time` (order numbers), without both there is no decay. `lines` (place of each stored cell on its receipt,
/// may be empty) lets tuning try EaseOptions::line_share.
/// Throws InvalidArgument for arrays that do not fit or options out of range; Stopped on request.
CROSSLIFT_API ComplementModel fit_complement(const CsrView& baskets, std::span<const std::int64_t> time,
                                             std::span<const float> age_days, const ComplementOptions& options = {},
                                             const Progress& progress = {}, std::span<const std::int32_t> lines = {});

/// Adds the scores of one basket (rows of items, each once) to `scores` (one float per item). Throws InvalidArgument
/// for a row out of range or scores of another length.
CROSSLIFT_API void add_basket_scores(const ComplementModel& model, std::span<const std::int32_t> basket,
                                     std::span<float> scores);

}  // namespace crosslift
