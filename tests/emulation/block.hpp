// A block of CUDA threads as fibers on one processor thread. A thread runs until it waits; who runs next is drawn from
// a seed. Blocks of a grid run one after the other.
#pragma once

#include "emulation/sanitizers.hpp"

#include <boost/context/fiber.hpp>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>
#include <memory>
#include <random>
#include <source_location>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulation {

/// A kernel did what no kernel may: the message names kernel, block and thread.
struct KernelError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The line of a kernel that waits. (Not the address that a call returns to: compilers make copies of calls.)
using Place = std::source_location;

struct Thread {
    boost::context::fiber context;
    boost::context::stack_context stack;
    StackSwitch switching;
    void* race_fiber = nullptr;
    uint3 index{};
    unsigned warp = 0;
    unsigned lane = 0;
    bool done = false;
    struct Copy {
        void* to;
        const void* from;
        int group;
    };
    std::vector<Copy> copies;  ///< asynchronous copies under way
    int group = 0;             ///< groups of copies begun so far
};

constexpr std::size_t slot_bytes =
    48;  ///< the most that a lane may hand to its warp: its part of a product by tensor cores
using Slots = unsigned char[32][slot_bytes];

struct Warp {
    unsigned live = 0;     ///< lanes that have not ended
    unsigned arrived = 0;  ///< lanes that wait for the others
    unsigned mask = 0;
    Place place;
    unsigned phase = 0;
    Slots slots[2];
};

class Block {
public:
    /// Runs all blocks of a grid to their end. Throws KernelError.
    void run(const char* name, dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& body);

    // --- called by the thread that runs ---------------------------------------------------------------------------
    Thread& thread() { return *running_; }
    uint3 block_index() const { return at_; }
    dim3 block_size() const { return block_; }
    dim3 grid_size() const { return grid_; }
    void* shared_bytes() { return shared_.get(); }

    /// Waits for all threads of the block; all must come from the same place.
    void sync_block(const Place& place);

    /// Waits for all lanes of `mask`, which must come from the same place with the same mask; each leaves a value.
    /// Returns what all of them left.
    const Slots& sync_warp(unsigned mask, const Place& place, const void* value, std::size_t bytes);

    /// Ends the grid with a KernelError.
    [[noreturn]] void fail(const std::string& what);

    /// Seed of the order in which threads run.
    void seed(unsigned value) { random_.seed(value); }
    std::uint64_t switches() const { return switches_; }

private:
    void make_threads(unsigned count);
    void run_block(std::size_t shared_bytes);
    void resume(Thread& thread);
    void end_of_thread(Thread& thread);
    void yield();
    void wake(unsigned thread) { ready_.push_back(thread); }
    void release_block();
    std::string place_of(const Thread* thread) const;

    struct Free {
        void operator()(void* memory) const;
    };

    std::vector<std::unique_ptr<Thread>> threads_;
    std::vector<Warp> warps_;
    std::vector<unsigned> ready_;
    std::vector<unsigned> waiting_;
    Place barrier_;
    boost::context::fiber scheduler_;
    StackSwitch home_;
    void* home_race_fiber_ = nullptr;
    Thread* running_ = nullptr;
    std::unique_ptr<void, Free> shared_;
    const std::function<void()>* body_ = nullptr;
    const char* kernel_ = "";
    dim3 grid_;
    dim3 block_;
    uint3 at_{};
    unsigned live_ = 0;
    std::string failure_;
    std::minstd_rand random_{1};
    std::uint64_t switches_ = 0;
};

/// The one block that runs at a time.
Block& current();

}  // namespace emulation
