// Ctrl-C: ends a training at its next safe point, and a second time at once.
#pragma once

#include <stop_token>
#include <thread>

namespace crosslift::cli {

/// While one exists, SIGINT and SIGTERM request a stop of token(); a second signal ends the program with exit code
/// 130. Make it before any other thread, so that all inherit its signal mask.
class Interrupt {
public:
    Interrupt();
    ~Interrupt() = default;
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

    /// Throws Stopped if a stop was requested.
    void check() const;

    /// From here on nothing polls the token: the first signal ends the program too.
    void end_at_once();

private:
    std::stop_source stop_;
    std::stop_source at_once_;
    std::jthread watcher_;
};

}  // namespace crosslift::cli
