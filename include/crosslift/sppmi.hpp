// Shifted positive pointwise mutual information of baskets, factorised (Levy & Goldberg 2014): what goes together
// beyond chance, as embeddings. For studies of purity, what is complement and what is substitute; for hit rates take
// complement.hpp.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// With baskets x_b (0/1 rows), size |b| and age in days:
///   C = sum_b w_b x_b x_b' without its diagonal, w_b = 2^(-age_b / half_life) / (|b| - 1);
///   n_i = sum_j C_ij, the (decayed) baskets with i and something else; N = sum n_i, N_a = sum n_i^smoothing;
///   M_ij = max(0, ln(C_ij N_a / (n_i n_j^smoothing)) - ln(shift)), 0 where C_ij is;
///   M ~ in . out' by truncated SVD, with the square root of each singular value in both;
///   score_j = mean of in_i . out_j over the basket + (popularity + smoothing - 1) ln(n_j / N).
/// With popularity 0 pairs are ordered by lift, with 1 by how often j is bought with i.
struct SppmiOptions {
    int factors = 256;          ///< d, > 0
    double shift = 1;           ///< k, > 0
    double smoothing = 0.75;    ///< a, 0 .. 1
    double popularity = 0.25;   ///< pi, 0 .. 1
    double half_life_days = 0;  ///< in the unit of the ages; 0: no decay
    std::uint64_t seed = 0;
    int threads = 0;
    Device device = {};
};

struct SppmiModel {
    Matrix in_factors;              ///< items x factors: the item in the basket
    Matrix out_factors;             ///< items x factors: the item offered
    std::vector<float> popularity;  ///< per item, added to its score; -infinity for one that no basket of two holds
    SppmiOptions options;
};

/// Fits on baskets x items (stored cells count as 1; rows with fewer than two items are left out). `age_days` has one
/// age per basket, or none. Needs items^2 * 4 bytes twice. Throws InvalidArgument for options out of range or arrays
/// that do not fit; Stopped on request.
CROSSLIFT_API SppmiModel fit_sppmi(const CsrView& baskets, std::span<const float> age_days,
                                   const SppmiOptions& options = {}, const Progress& progress = {});

/// Adds the scores of one basket (rows of items, each once) to `scores` (one float per item). Throws InvalidArgument
/// for a row out of range or scores of another length.
CROSSLIFT_API void add_basket_scores(const SppmiModel& model, std::span<const std::int32_t> basket,
                                     std::span<float> scores);

}  // namespace crosslift
