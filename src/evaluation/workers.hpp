// Fork-join over queries: the judge's own, because a judge may not reach into a machine's room.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

namespace crosslift::evaluation {

/// How many threads a request stands for: the request itself, or all that this process may run on where it is 0.
int worker_count(int threads);

/// Calls fn(task, worker) for every task in 0 .. tasks - 1, each once, in any order, on worker_count(threads) threads;
/// `worker` names the thread (0 .. worker_count - 1), so that scratch memory can be kept per thread. Waits for all. The
/// first exception stops the handing out of tasks and is thrown here; a request to stop throws Stopped.
void for_each_task(int threads, std::int64_t tasks, const std::stop_token& stop,
                   const std::function<void(std::int64_t, int)>& fn);

}  // namespace crosslift::evaluation
