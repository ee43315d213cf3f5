// The commands of the program: each adds itself to the command line and says how it is run.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace crosslift::cli {

/// What the command line chose. `run` throws on failure; main turns the kind of exception into an exit code.
struct Choice {
    std::function<void()> run;
};

enum ExitCode { done = 0, bad_data = 1, wrong_usage = 2, no_device = 3, interrupted = 130 };

void add_train(CLI::App& program, Choice& choice);
void add_offers(CLI::App& program, Choice& choice);
void add_plan(CLI::App& program, Choice& choice);
void add_report(CLI::App& program, Choice& choice);
void add_evaluate(CLI::App& program, Choice& choice);
void add_info(CLI::App& program, Choice& choice);

}  // namespace crosslift::cli
