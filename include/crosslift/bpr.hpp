// Bayesian personalised ranking: customer and item factors from which item was bought and which was not.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

/// Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009: stochastic gradient ascent on
///   sum over bought (u, i) and not bought (u, j) of ln sigma(x_u.y_i - x_u.y_j)
/// minus regularization / 2 of the squares of the three rows of each drawn pair.
struct BprOptions {
    int factors = 64;              ///< 1 .. 1024
    int iterations = 50;           ///< epochs; each draws every purchase once, against an item drawn uniformly; >= 0
    float learning_rate = 0.05F;   ///< > 0
    float regularization = 0.01F;  ///< >= 0
    std::uint64_t seed = 0;
    int threads = 0;  ///< 0: all that this process may use; results do not depend on it
    Device device = {};
};

struct BprModel {
    Matrix customer_factors;  ///< customers x factors; zero for customers without purchases
    Matrix item_factors;      ///< items x factors
    BprOptions options;
    /// After each epoch: the share of its drawn pairs in which the bought item already scored higher; an estimate of
    /// the area under the ROC curve on the purchases trained on.
    std::vector<double> train_auc;
    int epochs = 0;  ///< whole epochs done
    bool stopped_early = false;
};

/// Trains on customers x items. Stored cells are purchases whatever their values, which must not be negative, zero or
/// not finite. An epoch goes through 16 batches of customers in shuffled order; in each, every customer learns while
/// the items stand still, then every item while the customers do. So the factors are the same bits at any number of
/// threads. Throws InvalidArgument for options out of range or rows that break CsrView's promises, Error where a
/// factor stops being finite.
CROSSLIFT_API BprModel fit_bpr(const CsrView& customer_items, const BprOptions& options = {},
                               const Progress& progress = {});

/// Factors of customers (or anonymous baskets) that were not trained: as many epochs as options.iterations from zero,
/// with the items as they are. `rows` has one row per customer and as many columns as there are items.
/// Returns rows x factors.
CROSSLIFT_API Matrix fold_in(const BprModel& model, const CsrView& rows);

}  // namespace crosslift
