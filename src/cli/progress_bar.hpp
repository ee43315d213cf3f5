// Progress of a training on one line of the terminal.
#pragma once

#include <crosslift/progress.hpp>

#include <stop_token>

namespace crosslift::cli {

/// Draws a bar on stderr after each step if stderr is a terminal, else says nothing. `stop` is handed on.
Progress progress_bar(std::stop_token stop);

/// Ends the line of the bar, so that other text starts on a clean one.
void end_progress_bar();

}  // namespace crosslift::cli
