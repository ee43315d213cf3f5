// Settings of baselines by a validation slice cut from the end of training: the judged slice is never looked at.
#pragma once

#include "evaluation/baselines.hpp"
#include "evaluation/steps.hpp"

#include <crosslift/evaluation.hpp>

#include <string>
#include <vector>

namespace crosslift::evaluation {

/// The baselines that this data allows and the caller wants, each with the setting it is judged with.
struct ChosenBaseline {
    Baseline baseline;
    Setting setting;
};

struct ChosenBaselines {
    std::vector<ChosenBaseline> baselines;
    std::vector<TunedMethod> tuned;
    std::vector<std::string> notes;
};

/// Each baseline gets options.tuning_trials settings of its grid (the textbook one and a random draw of the rest), is
/// fitted on the part of training before the validation slice and judged on at most options.validation_queries
/// leave-one-out queries of the slice, by hit rate at 10. Without trials, or where the slice has no query, the textbook
/// setting stands. One step per baseline.
ChosenBaselines choose_baselines(const TrainingSet& set, const EvaluationOptions& options, bool personal, Steps& steps);

/// The setting of its grid that options.settings gives the baseline, or null. Throws InvalidArgument for one outside
/// it.
const Setting* given_setting(const Baseline& baseline, const EvaluationOptions& options);

/// The settings that a baseline may try: the textbook one, then a random draw of its grid.
std::vector<Setting> trials_of(const Baseline& baseline, const EvaluationOptions& options);

/// Baselines that options.baselines names (all, where it names none) and the data allows; without `personal`, only
/// those that need no customer. What the data do not allow is told to `notes`, where given. Throws InvalidArgument for
/// a name that no baseline has.
std::vector<Baseline> wanted_baselines(const TrainingSet& set, const EvaluationOptions& options, bool personal,
                                       std::vector<std::string>* notes = nullptr);

}  // namespace crosslift::evaluation
