// Fork and join: the one way in which this library uses more than one core.
#pragma once

#include <cstdint>
#include <functional>

namespace crosslift::cpu {

/// How many threads this process may use: OMP_NUM_THREADS where it is set, else the processors of its affinity mask,
/// limited by the CPU quota of its control group. At least 1.
int usable_threads();

/// Calls task(number, worker) once for each number 0 .. tasks - 1 on up to `threads` threads (0: usable_threads()),
/// the calling one among them, and waits. Numbers are handed out in order; `worker` is 0 .. threads - 1 and serves to
/// pick scratch memory. A task must not depend on who runs it: results are the same for any number of threads. The
/// first exception ends the hand-out and is thrown again here.
void parallel_for(int threads, std::int64_t tasks, const std::function<void(std::int64_t, int)>& task);

}  // namespace crosslift::cpu
