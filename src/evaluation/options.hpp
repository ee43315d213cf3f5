// One check of the judge's options, at the door.
#pragma once

#include <crosslift/evaluation.hpp>

namespace crosslift::evaluation {

/// Throws InvalidArgument, naming the option, what came and what is wanted.
void check(const EvaluationOptions& options);

}  // namespace crosslift::evaluation
