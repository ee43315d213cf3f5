#include "evaluation/options.hpp"

#include <crosslift/error.hpp>

#include <cmath>
#include <sstream>

namespace crosslift::evaluation {
namespace {

template <class T>
void require(bool fine, const char* option, const T& came, const char* wanted) {
    if (fine) return;
    std::ostringstream text;
    text << "evaluation option " << option << " is " << came << "; it must be " << wanted;
    throw InvalidArgument(text.str());
}

}  // namespace

void check(const EvaluationOptions& options) {
    require(options.max_targets_per_basket >= 0, "max_targets_per_basket", options.max_targets_per_basket,
            "0 (all) or more");
    require(options.max_queries >= 0, "max_queries", options.max_queries, "0 (all) or more");
    require(options.bootstrap >= 0, "bootstrap", options.bootstrap, "0 (no intervals) or more");
    require(options.permutations >= 0, "permutations", options.permutations, "0 (no tests) or more");
    require(options.tuning_trials >= 0, "tuning_trials", options.tuning_trials, "0 (textbook settings) or more");
    require(options.validation_share > 0 && options.validation_share < 1, "validation_share", options.validation_share,
            "a share between 0 and 1");
    require(options.validation_queries >= 1, "validation_queries", options.validation_queries, "1 or more");
    require(options.threads >= 0, "threads", options.threads, "0 (all) or more");
    require(options.min_price_ratio >= 1 && std::isfinite(options.min_price_ratio), "min_price_ratio",
            options.min_price_ratio, "1 or more");
    for (const double lambda : options.ease_grid) {
        require(lambda > 0 && std::isfinite(lambda), "ease_grid", lambda, "a list of lambdas above 0");
    }
}

}  // namespace crosslift::evaluation
