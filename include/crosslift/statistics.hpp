// Tests of one method against others on the same customers or baskets.
#pragma once

#include <crosslift/api.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift {

/// Two-sided p-values of paired sign-flip tests: under the null hypothesis a cluster's difference is as likely to have
/// the other sign. `differences` is clusters x tests, row by row; the statistic is the sum. With at most 16 clusters
/// that differ in some test every pattern of signs is counted; else `permutations` are drawn, the same for all tests,
/// and p = (1 + as extreme) / (1 + permutations). NaN without clusters, or where draws are needed and `permutations` is
/// 0. The same for any number of threads (0: all). Throws InvalidArgument where the differences are no whole rows or
/// not finite; Stopped on request.
CROSSLIFT_API std::vector<double> sign_flip_tests(std::span<const double> differences, int tests,
                                                  int permutations = 10000, std::uint64_t seed = 0, int threads = 0,
                                                  const std::stop_token& stop = {});

/// Holm's step-down adjusted p-values (Holm 1979), in the order given; NaN stay NaN and are not counted.
CROSSLIFT_API std::vector<double> holm(std::span<const double> p_values);

}  // namespace crosslift
