// The standard normal distribution: distribution function and quantile of one number.
#pragma once

#include <array>
#include <cmath>

namespace crosslift::formulas {

/// P(Z <= z).
inline double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// top(r) / bottom(r), coefficients from the highest power down.
inline double ratio_of_polynomials(const std::array<double, 8>& top, const std::array<double, 8>& bottom, double r) {
    double above = 0;
    double below = 0;
    for (std::size_t n = 0; n < top.size(); ++n) {
        above = above * r + top[n];
        below = below * r + bottom[n];
    }
    return above / below;
}

/// z with normal_cdf(z) = p for 0 < p < 1. Rational approximations of Wichura, algorithm AS 241 (PPND16), Applied
/// Statistics 37 (1988): relative error about 1e-16.
inline double normal_quantile(double p) {
    static constexpr std::array<double, 8> middle_top = {
        2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608};
    static constexpr std::array<double, 8> middle_bottom = {
        5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    static constexpr std::array<double, 8> near_top = {
        7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
        3.64784832476320460504,   5.7694972214606914055,    4.6303378461565452959,  1.42343711074968357734};
    static constexpr std::array<double, 8> near_bottom = {
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    static constexpr std::array<double, 8> far_top = {
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
        0.29656057182850489123,    1.7848265399172913358,     5.4637849111641143699,    6.6579046435011037772};
    static constexpr std::array<double, 8> far_bottom = {
        2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
        0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) return q * ratio_of_polynomials(middle_top, middle_bottom, 0.180625 - q * q);
    const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
    const double z = r <= 5 ? ratio_of_polynomials(near_top, near_bottom, r - 1.6)
                            : ratio_of_polynomials(far_top, far_bottom, r - 5);
    return q < 0 ? -z : z;
}

}  // namespace crosslift::formulas
