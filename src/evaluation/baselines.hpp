// The simple methods that the engine is measured against, each with the settings that tuning may choose from.
#pragma once

#include "evaluation/scorer.hpp"
#include "evaluation/training_set.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::evaluation {

/// Named numbers of one baseline.
struct Setting {
    std::vector<std::pair<std::string, double>> values;

    double operator[](std::string_view name) const;  ///< throws std::out_of_range for a name that is not there
    std::string text() const;                        ///< "lambda 20, theta 0.1"
};

/// One baseline. The first setting of `grid` is the textbook one, used without tuning.
struct Baseline {
    std::string method;
    std::vector<Setting> grid;
    std::function<std::unique_ptr<Scorer>(const TrainingSet&, const Setting&)> fit;
    bool needs_customers = false;
    bool needs_leaves = false;
    bool needs_content = false;
};

/// Every combination of the axes' values, the last axis fastest.
std::vector<Setting> all_settings(const std::vector<std::pair<std::string, std::vector<double>>>& axes);

/// All of them, weakest first; formulas in docs/evaluation.md.
std::vector<Baseline> all_baselines();

// One function per file of the same name.
std::vector<Baseline> popularity_baselines();  ///< popularity, leaf popularity, own frequency
std::vector<Baseline> content_baselines();     ///< content cosine
std::vector<Baseline> pair_baselines();        ///< co-count, lift, LLR, cosine kNN
std::vector<Baseline> rule_baselines();        ///< rules
std::vector<Baseline> als_baselines();         ///< ALS cosine, ALS fold-in, ALS customer
std::vector<Baseline> pernir_baselines();      ///< PerNIR
std::vector<Baseline> sppmi_baselines();       ///< SPPMI
std::vector<Baseline> ease_baselines();        ///< EASE

constexpr const char* tuned_ease = "EASE, validated";

}  // namespace crosslift::evaluation
