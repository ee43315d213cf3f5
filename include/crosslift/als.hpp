// Implicit-feedback alternating least squares: customer and item factors from who bought what.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

/// How each row's least-squares system is solved.
enum class AlsSolver {
    cholesky,  ///< exact
    cg,        ///< `cg_steps` steps of conjugate gradients from the last sweep's factors
    /// iALS++ (Rendle, Krichene, Zhang, Koren 2021): exact for `block_size` factors at a time, the others held, one
    /// pass over all blocks per half sweep. For many factors: a row costs factors * block_size^2 instead of factors^3.
    ials_pp,
};

/// How the sums over a row's stored cells are computed. Everything else is in 32 bits either way.
enum class AlsPrecision {
    strict,  ///< 32-bit floats throughout: a CPU and a GPU agree to rounding
    /// Factors rounded to 16 bits, products summed in 32: tensor cores on a GPU, half the bytes gathered. A CPU rounds
    /// alike and is no faster by it.
    mixed,
};

/// Which objective is minimised. r is a stored value, n_u the stored cells of row u, U customers, I items.
enum class AlsObjective {
    /// Hu, Koren, Volinsky 2008: sum over all cells of c (p - x.y)^2 + regularization (sum |x|^2 + sum |y|^2),
    /// with p = 1 and c = 1 + alpha r on stored cells, p = 0 and c = 1 elsewhere.
    hu_koren_volinsky,
    /// Rendle et al. 2021 (iALS revisited): sum over stored cells of alpha r (1 - x.y)^2
    /// + unobserved_weight * sum over all cells of (x.y)^2
    /// + regularization * (sum_u (n_u + unobserved_weight I)^nu |x_u|^2 + sum_i (n_i + unobserved_weight U)^nu
    /// |y_i|^2).
    rendle,
};

struct AlsOptions {
    int factors = 64;     ///< 1 .. 1024
    int iterations = 15;  ///< sweeps over customers, then items; >= 0
    AlsObjective objective = AlsObjective::hu_koren_volinsky;
    float regularization = 0.01F;    ///< >= 0
    float alpha = 1.0F;              ///< > 0
    float unobserved_weight = 0.1F;  ///< alpha0, > 0; `rendle` only
    float nu = 1.0F;                 ///< exponent of the frequency scaling, 0 .. 1; `rendle` only
    AlsSolver solver = AlsSolver::cholesky;
    int cg_steps = 3;     ///< >= 1; `cg` only
    int block_size = 64;  ///< 1 .. 128; `ials_pp` only
    AlsPrecision precision = AlsPrecision::strict;
    DType factor_dtype = DType::f32;  ///< f16: the factors are stored as 16-bit floats with a scale, also in the model
    bool calculate_loss = false;      ///< evaluates the objective after each sweep
    std::uint64_t seed = 0;
    int threads = 0;  ///< 0: all that this process may use; results do not depend on it
    Device device = {};
};

struct AlsModel {
    Matrix customer_factors;  ///< customers x factors
    Matrix item_factors;      ///< items x factors
    AlsOptions options;
    std::vector<double> loss;  ///< after each sweep, where options.calculate_loss
    int sweeps = 0;            ///< whole sweeps done
    bool stopped_early = false;
};

/// Trains on customers x items; values are confidences r > 0 (empty: all 1). Rows and columns without cells get zero
/// factors. Throws InvalidArgument for options out of range, values that are not positive and finite, or rows that
/// break CsrView's promises; Error if a factor outgrows 32 bits.
CROSSLIFT_API AlsModel fit_als(const CsrView& customer_items, const AlsOptions& options = {},
                               const Progress& progress = {});

/// Factors of customers (or anonymous baskets) that were not trained: one exact half step against the item factors.
/// `rows` has one row per customer and as many columns as there are items. Returns rows x factors.
CROSSLIFT_API Matrix fold_in(const AlsModel& model, const CsrView& rows);

/// The objective of `options` over all cells, for factors on any device.
CROSSLIFT_API double als_loss(const AlsModel& model, const CsrView& customer_items);

}  // namespace crosslift
