#include "cpu/threads.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <limits>
#include <mutex>
#include <sched.h>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace crosslift::cpu {
namespace {

int affinity_threads() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Processors that a control group's quota grants, in either version of the file system; no quota: very many.
int quota_threads() {
    double quota = 0;
    double period = 0;
    std::ifstream version2("/sys/fs/cgroup/cpu.max");
    if (!(version2 >> quota >> period)) {  // "max 100000" means no quota, and fails to read as a number
        std::ifstream quota1("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        std::ifstream period1("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
        if (!(quota1 >> quota) || !(period1 >> period)) return std::numeric_limits<int>::max();
    }
    if (quota <= 0 || period <= 0) return std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(std::ceil(quota / period), 1.0, 65536.0));
}

/// The tasks of one parallel_for and what its workers share.
class Handout {
public:
    Handout(std::int64_t tasks, const std::function<void(std::int64_t, int)>& task) : tasks_(tasks), task_(task) {}

    void work(int worker) noexcept {
        for (std::int64_t number = next_++; number < tasks_; number = next_++) {
            try {
                task_(number, worker);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!error_) error_ = std::current_exception();
                next_ = tasks_;
            }
        }
    }

    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    std::int64_t tasks_;
    const std::function<void(std::int64_t, int)>& task_;
    std::atomic<std::int64_t> next_ = 0;
    std::mutex mutex_;
    std::exception_ptr error_;
};

}  // namespace

int usable_threads() {
    if (const char* text = std::getenv("OMP_NUM_THREADS")) {
        const long wanted = std::strtol(text, nullptr, 10);
        if (wanted > 0) return static_cast<int>(std::min(wanted, 65536L));
    }
    return std::min(affinity_threads(), quota_threads());
}

void parallel_for(int threads, std::int64_t tasks, const std::function<void(std::int64_t, int)>& task) {
    if (tasks <= 0) return;
    if (threads <= 0) threads = usable_threads();
    threads = static_cast<int>(std::min<std::int64_t>(threads, tasks));
    Handout handout(tasks, task);
    {
        std::vector<std::jthread> helpers;
        helpers.reserve(static_cast<std::size_t>(threads - 1));
        try {
            for (int worker = 1; worker < threads; ++worker)
                helpers.emplace_back([&handout, worker] { handout.work(worker); });
        } catch (const std::system_error&) {
            // The system has no more threads to give: those that run, and this one, do all the tasks.
        }
        handout.work(0);
    }
    handout.rethrow();
}

}  // namespace crosslift::cpu
