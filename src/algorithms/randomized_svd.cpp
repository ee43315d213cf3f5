#include "algorithms/randomized_svd.hpp"

#include "algorithms/symmetric_eigen.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace crosslift::algorithms {
namespace {

using backend::DenseSpan;
using backend::DenseView;

constexpr int power_iterations = 2;

// A tall matrix in the machine's memory.
struct Tall {
    backend::Array<float> memory;
    std::int64_t rows = 0;
    std::int64_t cols = 0;

    Tall(const backend::Backend& machine, std::int64_t r, std::int64_t c)
        : memory(machine.array<float>(r * c)), rows(r), cols(c) {}
    DenseSpan span() { return {memory.data(), rows, cols, cols}; }
};

class Projection {
public:
    Projection(const backend::Backend& machine, backend::Lane& lane) : machine_(machine), lane_(lane) {}

    SymmetricEigen gram_eigen(Tall& tall) {
        const std::size_t n = static_cast<std::size_t>(tall.cols);
        Tall gram(machine_, tall.cols, tall.cols);
        machine_.gram(lane_, tall.span(), gram.span());
        std::vector<float> host(n * n);
        machine_.copy_out(lane_, host.data(), gram.memory.data(),
                          static_cast<std::int64_t>(host.size() * sizeof(float)));
        return symmetric_eigen(std::vector<double>(host.begin(), host.end()), n);
    }

    void fill_identity(Tall& square) {
        std::vector<float> host(static_cast<std::size_t>(square.rows * square.cols), 0.0F);
        for (std::int64_t n = 0; n < square.cols; ++n) host[static_cast<std::size_t>(n * square.cols + n)] = 1;
        machine_.copy_in(lane_, square.memory.data(), host.data(),
                         static_cast<std::int64_t>(host.size() * sizeof(float)));
        lane_.wait();
    }

    // tall * factor, factor (tall.cols x cols) in host memory.
    Tall times(Tall& tall, const std::vector<float>& factor, std::int64_t cols) {
        Tall small(machine_, tall.cols, cols);
        machine_.copy_in(lane_, small.memory.data(), factor.data(),
                         static_cast<std::int64_t>(factor.size() * sizeof(float)));
        Tall product(machine_, tall.rows, cols);
        machine_.multiply(lane_, 1.0F, tall.span(), false, small.span(), false, 0.0F, product.span());
        lane_.wait();
        return product;
    }

    // Orthonormal columns that span the same space; directions lost to rounding become zero. Twice is enough
    // (Cholesky-QR's "twice" argument): the first pass leaves a gram matrix near the identity.
    Tall orthonormal(Tall tall) {
        for (int pass = 0; pass < 2; ++pass) {
            const SymmetricEigen eigen = gram_eigen(tall);
            const std::size_t n = eigen.values.size();
            std::vector<float> factor(n * n, 0.0F);
            for (std::size_t c = 0; c < n; ++c) {
                if (eigen.values[c] <= smallest_kept * eigen.values[0]) continue;
                const double scale = 1 / std::sqrt(eigen.values[c]);
                for (std::size_t r = 0; r < n; ++r)
                    factor[r * n + c] = static_cast<float>(eigen.vectors[r * n + c] * scale);
            }
            tall = times(tall, factor, tall.cols);
        }
        return tall;
    }

    Matrix to_host(Tall tall) {
        Matrix host(tall.rows, tall.cols);
        machine_.copy_out(lane_, host.data(), tall.memory.data(),
                          tall.rows * tall.cols * static_cast<std::int64_t>(sizeof(float)));
        return host;
    }

    // Of a float32 gram matrix nothing below this share of its largest eigenvalue can be trusted.
    static constexpr double smallest_kept = 1e-6;

private:
    const backend::Backend& machine_;
    backend::Lane& lane_;
};

}  // namespace

BalancedSvd randomized_svd(const backend::Backend& machine, backend::Lane& lane, DenseView matrix, int rank,
                           std::uint64_t seed, std::stop_token stop) {
    const std::int64_t wide = std::min({rank + svd_oversampling, matrix.rows, matrix.cols});
    Projection projection(machine, lane);
    Tall right(machine, matrix.cols, wide);
    if (wide == matrix.cols)
        projection.fill_identity(right);  // nothing is projected away; a random square could lose a direction
    else
        machine.fill_factors(lane, right.span(), seed, backend::Table::items, 1.0F);
    Tall left(machine, matrix.rows, wide);
    for (int power = 0; power <= power_iterations; ++power) {
        if (stop.stop_requested()) throw Stopped("stopped while the complement matrix was being factorised");
        machine.multiply(lane, 1.0F, matrix, false, right.span(), false, 0.0F, left.span());
        left = projection.orthonormal(std::move(left));
        machine.multiply(lane, 1.0F, matrix, true, left.span(), false, 0.0F, right.span());
        if (power < power_iterations) right = projection.orthonormal(std::move(right));
    }
    // matrix ~ left right', right' right = u s^2 u': turning both by u gives the singular vectors.
    const SymmetricEigen eigen = projection.gram_eigen(right);
    const std::size_t n = eigen.values.size(), kept = std::min(n, static_cast<std::size_t>(rank));
    const std::size_t columns = static_cast<std::size_t>(rank);
    std::vector<float> to_left(n * columns, 0.0F), to_right(n * columns, 0.0F);
    for (std::size_t c = 0; c < kept; ++c) {
        if (eigen.values[c] <= Projection::smallest_kept * eigen.values[0]) continue;
        const double root = std::pow(eigen.values[c], 0.25);  // square root of the singular value
        for (std::size_t r = 0; r < n; ++r) {
            to_left[r * columns + c] = static_cast<float>(eigen.vectors[r * n + c] * root);
            to_right[r * columns + c] = static_cast<float>(eigen.vectors[r * n + c] / root);
        }
    }
    return {projection.to_host(projection.times(left, to_left, rank)),
            projection.to_host(projection.times(right, to_right, rank))};
}

}  // namespace crosslift::algorithms
