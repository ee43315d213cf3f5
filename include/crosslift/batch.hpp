// Many queries at once: any query of an engine, on several threads.
#pragma once

#include <crosslift/api.hpp>

#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

namespace crosslift {

/// Calls ask(n) once for every n in 0 .. count - 1, in any order, on `threads` threads (0: all that the machine has),
/// and waits. The first exception ends the batch and is thrown here. Throws InvalidArgument for negative numbers.
CROSSLIFT_API void for_each_query(std::int64_t count, const std::function<void(std::int64_t)>& ask, int threads = 0);

/// Answers in the order of the questions, the same as one by one:
///   auto lists = answer_all(baskets.size(), [&](auto n) { return engine.cross_sell(baskets[n], customers[n], query);
///   });
template <class Ask>
auto answer_all(std::size_t count, Ask&& ask, int threads = 0) {
    std::vector<std::invoke_result_t<Ask, std::size_t>> answers(count);
    for_each_query(
        static_cast<std::int64_t>(count),
        [&](std::int64_t n) { answers[static_cast<std::size_t>(n)] = ask(static_cast<std::size_t>(n)); }, threads);
    return answers;
}

}  // namespace crosslift
