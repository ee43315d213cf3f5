// Conjugate gradients on one system that lies in device memory, by one block; the same steps as in als_solve_cg.cu.
#pragma once

#include "cuda/als_cells.cuh"
#include "cuda/als_cholesky.cuh"

#include <cstdint>

namespace crosslift::cuda {

struct IterationShared {
    float solution[most_factors];
    float residual[most_factors];
    float direction[most_factors];
    float image[most_factors];
    float warp_sums[solver_threads / warp_size];
};

class Iteration {
public:
    __device__ Iteration(float* matrix, int size) : s_(shared<IterationShared>()), matrix_(matrix), size_(size) {}

    __device__ void run(const AlsProblem& problem, float* out) {
        const int d = static_cast<int>(problem.out.cols);
        mirror();
        for_each([&](int i) { s_.solution[i] = i < d ? out[i] : 0.0F; });
        __syncthreads();
        apply(s_.solution);
        for_each([&](int i) {
            s_.direction[i] = s_.residual[i] = matrix_[static_cast<std::int64_t>(size_) * size_ + i] - s_.image[i];
        });
        float rest = dot(s_.residual, s_.residual);
        for (int step = 0; step < problem.cg_steps; ++step) {
            apply(s_.direction);
            const float curvature = dot(s_.direction, s_.image);
            const float length = curvature > 0 ? rest / curvature : 0.0F;
            for_each([&](int i) {
                s_.solution[i] = fmaf(length, s_.direction[i], s_.solution[i]);
                s_.residual[i] = fmaf(-length, s_.image[i], s_.residual[i]);
            });
            const float next = dot(s_.residual, s_.residual);
            const float ratio = rest > 0 ? next / rest : 0.0F;
            for_each([&](int i) { s_.direction[i] = fmaf(ratio, s_.direction[i], s_.residual[i]); });
            rest = next;
            __syncthreads();
        }
        for (int i = thread_of_block(); i < d; i += solver_threads) out[i] = s_.solution[i];
    }

private:
    template <class Visit>
    __device__ void for_each(const Visit& visit) const {
        for (int i = thread_of_block(); i < size_; i += solver_threads) visit(i);
    }

    /// Fills the upper triangle, so that neighbouring threads read neighbouring numbers.
    __device__ void mirror() {
        for (int row = 0; row < size_; ++row)
            for (int col = row + 1 + thread_of_block(); col < size_; col += solver_threads)
                matrix_[static_cast<std::int64_t>(row) * size_ + col] =
                    matrix_[static_cast<std::int64_t>(col) * size_ + row];
        __syncthreads();
    }

    /// image = matrix v. Each thread reads v of all; the caller's barrier lies before, ours behind.
    __device__ void apply(const float* v) {
        for_each([&](int i) {
            float sum = 0;
            for (int j = 0; j < size_; ++j) sum = fmaf(matrix_[static_cast<std::int64_t>(j) * size_ + i], v[j], sum);
            s_.image[i] = sum;
        });
        __syncthreads();
    }

    /// a.b in every thread. Begins and ends with a barrier.
    __device__ float dot(const float* a, const float* b) {
        float sum = 0;
        for_each([&](int i) { sum = fmaf(a[i], b[i], sum); });
        sum = warp_sum(sum);
        __syncthreads();
        if (lane_of_warp() == 0) s_.warp_sums[warp_of_block()] = sum;
        __syncthreads();
        float total = 0;
        for (int warp = 0; warp < solver_threads / warp_size; ++warp) total += s_.warp_sums[warp];
        return total;
    }

    IterationShared& s_;
    float* matrix_;
    int size_;
};

}  // namespace crosslift::cuda
