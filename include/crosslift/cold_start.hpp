// Items that the closed form leaves out (new ones, rarely sold ones), as mixtures of those it holds.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/content.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>

namespace crosslift {

struct ColdStartOptions {
    bool enabled = true;
    double regularization = 0.3;  ///< of the ridge regression on content, > 0
    int relatives = 50;           ///< items that a new one is mixed from, at most
    int residuals = 64;           ///< sparse cells of a new item, as one in the basket and as one offered, at most each
    bool tune = true;             ///< choose how many times its slope likeness counts, on the newest baskets
    double similarity = 1;        ///< times its slope that likeness counts, >= 0; with `tune`, at least
};

/// Gives embeddings and residuals to the items that `model`, which was fitted on these `baskets`, times, ages and lines
/// (fit_complement), does not know from purchases. With similarity s of ItemContent, W the modelled items and c a new
/// one:
///   a_c = s_cW (s_WW + regularization I)^-1, the kernel form of ridge regression, its `relatives` largest kept;
///   in_c = sum a_ck in_k, out_c = share_c * sum a_ck out_k, residuals likewise, both ways;
///   e_cw = s_cw^2 - sum a_ck s_kw^2, what c's relatives do not tell, is added as weight * e_cw, damped as scores are;
///   weight: slope of "j is in the basket" on the sum of s_ij^2 over its other items, over all sold items; >= 0; times
///   options.similarity; with options.tune times 1, 3, 10 or 30 more, whichever ranks the items of the newest slices
///   best (HR@10 + nDCG by leave-one-out; each slice by a fit of the baskets before it). It is 1 where fewer than a
///   fiftieth of these items, or fewer than 100, were new then;
///   share_c = 3 / (3 + what c's relatives would have sold since c's first sale): an item that was there to be bought
///   and was not is none to offer. 1 for an item never sold.
/// Intercepts stay as they are: 0 for an item never sold.
/// What is modelled stays as it is, bit for bit; without content, or without new items, so does the whole model.
/// Throws InvalidArgument for arrays that do not fit or options out of range; Stopped on request.
CROSSLIFT_API ComplementModel add_cold_items(ComplementModel model, const CsrView& baskets,
                                             std::span<const std::int64_t> time, const ItemContent& content,
                                             const ColdStartOptions& options = {}, const Progress& progress = {},
                                             std::span<const float> age_days = {},
                                             std::span<const std::int32_t> lines = {});

}  // namespace crosslift
