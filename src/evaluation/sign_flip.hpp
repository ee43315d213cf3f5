// Paired permutation tests over clusters, and Holm's correction for several of them.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

/// Two-sided p-values of paired sign-flip tests: under the null hypothesis a cluster's difference is as likely to have
/// the other sign. `differences` is clusters x tests, row by row; the statistic is the sum. With at most 16 clusters
/// that differ in some test every pattern of signs is counted; else `permutations` are drawn and p = (1 + as extreme) /
/// (1 + permutations). NaN without permutations (unless exact) or clusters. The same for any number of threads.
std::vector<double> sign_flip_tests(std::span<const double> differences, int tests, int permutations,
                                    std::uint64_t seed, int threads, const std::stop_token& stop);

/// Holm's step-down adjusted p-values (Holm 1979), in the order given; NaN stay NaN and are not counted.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace crosslift::evaluation
