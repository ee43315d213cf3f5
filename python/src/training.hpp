// Runs a training so that Python stays responsive: progress is shown, Ctrl-C stops it.
#pragma once

#include <crosslift/error.hpp>
#include <crosslift/progress.hpp>

#include <pybind11/pybind11.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace crosslift::python {

namespace py = pybind11;

/// What came of a training: a result, or the reason why it was interrupted, or both (a model with its whole sweeps).
template <class Result>
struct Training {
    std::optional<Result> result;
    py::object interruption = py::none();  ///< the exception (KeyboardInterrupt, or what the callback raised), or None
};

/// Progress events on their way from the training thread to the caller's.
class EventQueue {
public:
    struct Event {
        std::string stage;
        int step = 0, steps = 0;
        double seconds = 0, loss = 0;
    };

    void push(const ProgressEvent& event) {
        {
            const std::lock_guard lock(mutex_);
            events_.push_back({std::string(event.stage), event.step, event.steps, event.seconds, event.loss});
        }
        changed_.notify_one();
    }

    void finish() {
        {
            const std::lock_guard lock(mutex_);
            finished_ = true;
        }
        changed_.notify_one();
    }

    /// Waits at most 50 ms for something to happen. Returns the events so far and whether the training is over.
    std::pair<std::deque<Event>, bool> wait() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return finished_ || !events_.empty(); });
        return {std::exchange(events_, {}), finished_};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Event> events_;
    bool finished_ = false;
};

/// Calls `train(progress)` on a thread of its own without the interpreter's lock. The calling thread hands each
/// progress event to `on_step(stage, step, steps, seconds, loss)` (None: nobody; a true answer stops the training) and
/// looks for signals at least every 50 ms. Errors of the training are thrown here, unless an interruption caused them.
template <class Result, class Train>
Training<Result> run_training(const py::object& on_step, Train&& train) {
    EventQueue queue;
    std::stop_source stop;
    Training<Result> training;
    std::exception_ptr error;
    std::jthread worker([&] {
        try {
            training.result.emplace(train(Progress{[&](const ProgressEvent& e) { queue.push(e); }, stop.get_token()}));
        } catch (...) {
            error = std::current_exception();
        }
        queue.finish();
    });
    const auto attempt = [&](auto&& act) {
        try {
            act();
        } catch (py::error_already_set& raised) {
            if (training.interruption.is_none()) training.interruption = raised.value();
            stop.request_stop();
        }
    };
    bool over = false;
    while (!over) {
        std::deque<EventQueue::Event> events;
        {
            const py::gil_scoped_release unlocked;
            std::tie(events, over) = queue.wait();
        }
        attempt([] {
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        });
        for (const auto& e : events) {
            if (on_step.is_none() || !training.interruption.is_none()) continue;
            attempt([&] {
                const py::object answer = on_step(e.stage, e.step, e.steps, e.seconds, e.loss);
                if (!answer.is_none() && answer.cast<bool>()) stop.request_stop();
            });
        }
    }
    {
        const py::gil_scoped_release unlocked;
        worker.join();
    }
    if (error && training.interruption.is_none()) std::rethrow_exception(error);
    return training;
}

}  // namespace crosslift::python
