// Counts the steps of an evaluation towards the caller's progress.
#pragma once

#include <crosslift/progress.hpp>

#include <chrono>
#include <limits>

namespace crosslift::evaluation {

class Steps {
public:
    Steps(const Progress& progress, int steps) : progress_(progress), steps_(steps) {}

    /// Says that one more step is done.
    void done() {
        ++step_;
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
        progress_.on_step({"evaluation", step_, steps_, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
    }

private:
    const Progress& progress_;
    int steps_;
    int step_ = 0;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace crosslift::evaluation
