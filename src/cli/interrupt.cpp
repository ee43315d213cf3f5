#include "interrupt.hpp"

#include "command.hpp"

#include <crosslift/error.hpp>

#include <csignal>
#include <cstdlib>
#include <ctime>

namespace crosslift::cli {
namespace {

sigset_t watched_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

Interrupt::Interrupt() {
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    watcher_ = std::jthread([this](const std::stop_token& over) {
        const sigset_t awaited = watched_signals();
        const timespec tick{0, 50'000'000};
        while (!over.stop_requested()) {
            if (sigtimedwait(&awaited, nullptr, &tick) < 0) continue;
            if (at_once_.stop_requested() || !stop_.request_stop()) std::_Exit(interrupted);
        }
    });
}

void Interrupt::check() const {
    if (stop_.stop_requested()) throw Stopped("a signal came");
}

void Interrupt::end_at_once() {
    at_once_.request_stop();
    check();
}

}  // namespace crosslift::cli
