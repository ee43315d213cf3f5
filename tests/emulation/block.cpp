#include "emulation/block.hpp"

#include <algorithm>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstdlib>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace emulation {
namespace {

constexpr std::size_t stack_bytes = 128 * 1024;

/// What a fiber that is never resumed holds on to is no leak.
void keep_reachable([[maybe_unused]] const boost::context::stack_context& stack) {
#if defined(__SANITIZE_ADDRESS__)
    __lsan_register_root_region(static_cast<const char*>(stack.sp) - stack.size, stack.size);
#endif
}

std::string text_of(uint3 at) {
    return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.z) + ")";
}

std::string text_of(const Place& place) {
    return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

bool same(const Place& a, const Place& b) {
    return a.line() == b.line() && a.column() == b.column() && std::strcmp(a.file_name(), b.file_name()) == 0;
}

}  // namespace

Block& current() {
    static Block* const block = new Block;  // never destroyed: fibers must not be unwound
    return *block;
}

void Block::Free::operator()(void* memory) const {
    std::free(memory);
}

std::string Block::place_of(const Thread* thread) const {
    std::string text = "kernel " + std::string(kernel_) + ", block " + text_of(at_);
    if (thread != nullptr) text += ", thread " + text_of(thread->index);
    return text;
}

void Block::fail(const std::string& what) {
    {
        const Unseen unseen;
        failure_ = place_of(running_) + ": " + what;
        yield();
    }
    std::abort();  // a fiber that has failed is never resumed
}

void Block::yield() {
    Thread& self = *running_;
    before_switch(self.switching, home_.bottom, home_.size);
    switch_race_fiber(home_race_fiber_);
    scheduler_ = std::move(scheduler_).resume();
    after_switch(self.switching, &home_);
}

void Block::resume(Thread& thread) {
    running_ = &thread;
    ++switches_;
    before_switch(home_, static_cast<char*>(thread.stack.sp) - thread.stack.size, thread.stack.size);
    switch_race_fiber(thread.race_fiber);
    thread.context = std::move(thread.context).resume();
    after_switch(home_, nullptr);
}

void Block::release_block() {
    for (const unsigned thread : waiting_) wake(thread);
    waiting_.clear();
}

void Block::sync_block(const Place& place) {
    const Unseen unseen;
    const Thread& self = *running_;
    if (!waiting_.empty() && !same(barrier_, place))
        fail("waits at " + text_of(place) + ", other threads of the block at another __syncthreads(), " +
             text_of(barrier_));
    barrier_ = place;
    waiting_.push_back(self.index.x + block_.x * (self.index.y + block_.y * self.index.z));
    release(this);
    if (waiting_.size() == live_) release_block();
    yield();
    acquire(this);
}

const Slots& Block::sync_warp(unsigned mask, const Place& place, const void* value, std::size_t bytes) {
    const Unseen unseen;
    const Thread& self = *running_;
    Warp& warp = warps_[self.warp];
    if ((mask >> self.lane & 1U) == 0)
        fail("calls a warp operation at " + text_of(place) + " whose mask does not name its lane");
    if ((mask & ~warp.live) != 0)
        fail("names a lane in its mask at " + text_of(place) + " that does not exist or has ended");
    if (warp.arrived != 0 && (warp.mask != mask || !same(warp.place, place)))
        fail("is at " + text_of(place) +
             " and meets lanes of its warp that wait with another mask or at another place, " + text_of(warp.place));
    warp.mask = mask;
    warp.place = place;
    warp.arrived |= 1U << self.lane;
    Slots& slots = warp.slots[warp.phase & 1U];
    if (bytes > 0) std::memcpy(slots[self.lane], value, bytes);
    release(&warp);
    if (warp.arrived == mask) {
        warp.arrived = 0;
        ++warp.phase;
        for (unsigned lane = 0; lane < 32; ++lane)
            if ((mask >> lane & 1U) != 0) wake(self.warp * 32 + lane);
    }
    yield();
    acquire(&warp);
    return slots;
}

/// Fibers outlive the grid: each runs one thread of a block, yields, and starts over with the next block.
void Block::make_threads(unsigned count) {
    while (threads_.size() < count) {
        auto& thread = *threads_.emplace_back(std::make_unique<Thread>());
        boost::context::protected_fixedsize_stack allocator(stack_bytes);
        thread.stack = allocator.allocate();
        thread.race_fiber = make_race_fiber();
        const boost::context::preallocated place(thread.stack.sp, thread.stack.size, thread.stack);
        thread.context = boost::context::fiber(std::allocator_arg, place, allocator,
                                               [this](boost::context::fiber&& from) -> boost::context::fiber {
                                                   scheduler_ = std::move(from);
                                                   after_switch({}, &home_);
                                                   for (;;) {
                                                       acquire(this);
                                                       (*body_)();
                                                       release(this);
                                                       const Unseen unseen;
                                                       running_->done = true;
                                                       yield();
                                                   }
                                               });
    }
}

void Block::end_of_thread(Thread& thread) {
    thread.done = false;
    --live_;
    warps_[thread.warp].live &= ~(1U << thread.lane);
    if (!thread.copies.empty()) failure_ = place_of(&thread) + ": ends while its asynchronous copies are under way";
    if (!waiting_.empty() && waiting_.size() == live_) release_block();
}

void Block::run_block(std::size_t shared_bytes) {
    const unsigned count = block_.x * block_.y * block_.z;
    void* memory = nullptr;
    if (posix_memalign(&memory, 128, std::max<std::size_t>(shared_bytes, 1)) != 0) throw std::bad_alloc();
    shared_.reset(memory);
    std::memset(memory, 0xFF, shared_bytes);  // NaN: what is read before it was written shows
    warps_.assign((count + 31) / 32, {});
    ready_.clear();
    waiting_.clear();
    live_ = count;
    release(this);
    for (unsigned i = 0; i < count; ++i) {
        Thread& thread = *threads_[i];
        thread.index = {i % block_.x, i / block_.x % block_.y, i / (block_.x * block_.y)};
        thread.warp = i / 32;
        thread.lane = i % 32;
        thread.done = false;
        thread.copies.clear();
        thread.group = 0;
        warps_[thread.warp].live |= 1U << thread.lane;
        wake(i);
    }
    while (live_ > 0 && failure_.empty()) {
        if (ready_.empty()) {
            failure_ = place_of(nullptr) + ": deadlock, " + std::to_string(live_) + " threads wait and " +
                       std::to_string(waiting_.size()) + " of them at a barrier of the block";
            break;
        }
        const std::size_t pick = random_() % ready_.size();
        Thread& next = *threads_[ready_[pick]];
        ready_[pick] = ready_.back();
        ready_.pop_back();
        resume(next);
        if (next.done) end_of_thread(next);
    }
    running_ = nullptr;
    acquire(this);
}

void Block::run(const char* name, dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& body) {
    const Unseen unseen;
    kernel_ = name;
    grid_ = grid;
    block_ = block;
    body_ = &body;
    failure_.clear();
    home_race_fiber_ = current_race_fiber();
    make_threads(block.x * block.y * block.z);
    for (at_.z = 0; at_.z < grid.z; ++at_.z)
        for (at_.y = 0; at_.y < grid.y; ++at_.y)
            for (at_.x = 0; at_.x < grid.x; ++at_.x) {
                run_block(shared_bytes);
                if (failure_.empty()) continue;
                // Fibers in the middle of a kernel can be neither resumed nor unwound: they are left as they are.
                static auto* const left = new std::vector<std::vector<std::unique_ptr<Thread>>>;
                for (const auto& thread : threads_) keep_reachable(thread->stack);
                left->push_back(std::move(threads_));
                threads_.clear();
                throw KernelError(failure_);
            }
}

}  // namespace emulation
