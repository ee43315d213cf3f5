#include <crosslift/batch.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace crosslift {

void for_each_query(std::int64_t count, const std::function<void(std::int64_t)>& ask, int threads) {
    if (count < 0 || threads < 0)
        throw InvalidArgument("a batch has " + std::to_string(count) + " queries on " + std::to_string(threads) +
                              " threads; both must be 0 or more");
    const auto wanted =
        static_cast<std::int64_t>(threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency()));
    std::atomic<std::int64_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto work = [&] {
        try {
            for (std::int64_t n = next++; n < count; n = next++) ask(n);
        } catch (...) {
            const std::lock_guard lock(failure_lock);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> crew;
        for (std::int64_t n = 1; n < std::min(wanted, count); ++n) crew.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace crosslift
