#include "progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>

namespace crosslift::cli {
namespace {

constexpr int bar_width = 24;

void draw(const ProgressEvent& event) {
    const int steps = event.steps > 0 ? event.steps : 1;
    const int full = bar_width * std::min(event.step, steps) / steps;
    const std::string bar =
        std::string(static_cast<std::size_t>(full), '#') + std::string(static_cast<std::size_t>(bar_width - full), '.');
    std::fprintf(stderr, "\r\033[K%-22.*s [%s] %d/%d  %.1f s", static_cast<int>(event.stage.size()), event.stage.data(),
                 bar.c_str(), event.step, event.steps, event.seconds);
    if (!std::isnan(event.loss)) std::fprintf(stderr, "  loss %.6g", event.loss);
    std::fflush(stderr);
}

}  // namespace

Progress progress_bar(std::stop_token stop) {
    Progress progress;
    progress.stop = std::move(stop);
    if (isatty(STDERR_FILENO) == 1) progress.on_step = draw;
    return progress;
}

void end_progress_bar() {
    if (isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\r\033[K");
}

}  // namespace crosslift::cli
