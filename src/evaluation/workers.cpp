#include "evaluation/workers.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace crosslift::evaluation {

int worker_count(int threads) {
    if (threads > 0) return threads;
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void for_each_task(int threads, std::int64_t tasks, const std::stop_token& stop,
                   const std::function<void(std::int64_t, int)>& fn) {
    const int workers =
        static_cast<int>(std::min<std::int64_t>(worker_count(threads), std::max<std::int64_t>(tasks, 1)));
    std::atomic<std::int64_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto work = [&](int worker) {
        try {
            for (std::int64_t task = next++; task < tasks; task = next++) {
                if (stop.stop_requested()) throw Stopped("evaluation was stopped; there is no report");
                fn(task, worker);
            }
        } catch (...) {
            const std::lock_guard lock(failure_lock);
            if (!failure) failure = std::current_exception();
            next = tasks;
        }
    };
    {
        std::vector<std::jthread> crew;
        for (int worker = 1; worker < workers; ++worker) crew.emplace_back(work, worker);
        work(0);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace crosslift::evaluation
