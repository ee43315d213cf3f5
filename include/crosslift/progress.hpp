// How a long training call speaks to its caller and is stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

namespace crosslift {

/// One step of a training that is done.
struct ProgressEvent {
    std::string_view stage;  ///< what is being trained: "als", "complement", "trade-up", ...
    int step = 0;            ///< steps done so far, 1 .. steps
    int steps = 0;           ///< steps planned
    double seconds = 0;      ///< since this stage began
    double loss = 0;         ///< loss after this step; NaN where the stage has none
};

/// Handed by the caller into a fit_ function.
struct Progress {
    /// Called on the training thread after each step. May be empty.
    std::function<void(const ProgressEvent&)> on_step;

    /// When a stop is requested, training returns within a second: iterative models keep their last whole sweep
    /// and say so (`stopped_early`); models without sweeps throw Stopped.
    std::stop_token stop;
};

}  // namespace crosslift
