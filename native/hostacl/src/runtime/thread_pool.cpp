#include "runtime/thread_pool.h"

#include <algorithm>

#include "runtime/spin.h"

namespace hostacl {
namespace {

thread_local ThreadPool* boundPool = nullptr;
thread_local bool insideBody = false;

constexpr int64_t kChunksPerThread = 4;  // evens out threads that start late or are preempted
constexpr std::chrono::microseconds kHelperSpin{30};

}  // namespace

void ThreadPool::bind(ThreadPool* pool) {
    boundPool = pool;
}
ThreadPool* ThreadPool::bound() {
    return boundPool;
}

ThreadPool::~ThreadPool() {
    stopping_.store(true);
    generation_.fetch_add(1);
    generation_.notify_all();
    for (auto& helper : helpers_) helper.join();
}

void ThreadPool::start() {
    for (int i = 1; i < width_; ++i) helpers_.emplace_back([this] { help(); });
}

void ThreadPool::takeChunks() {
    insideBody = true;
    for (;;) {
        const int64_t begin = next_.fetch_add(chunk_);
        if (begin >= count_) break;
        body_(context_, begin, std::min(begin + chunk_, count_));
    }
    insideBody = false;
}

void ThreadPool::help() {
    uint32_t seen = 0;
    for (;;) {
        spinUntil(kHelperSpin, [&] { return generation_.load() != seen; });
        generation_.wait(seen);
        if (stopping_.load()) return;
        seen = generation_.load();
        // Entering before looking: the owner closes the job and then waits for everybody who entered.
        active_.fetch_add(1);
        if (open_.load()) takeChunks();
        if (active_.fetch_sub(1) == 1) active_.notify_all();
    }
}

void ThreadPool::run(int64_t count, int64_t grain, kernels::LoopBody body, void* context) {
    if (count <= 0) return;
    grain = std::max<int64_t>(grain, 1);
    std::unique_lock lock(owner_, std::defer_lock);
    if (width_ == 1 || count <= grain || insideBody || !lock.try_lock()) {
        body(context, 0, count);
        return;
    }
    if (helpers_.empty()) start();

    // A helper that found the previous job closed may still be on its way out.
    spinUntil(std::chrono::microseconds(50), [this] { return active_.load() == 0; });
    for (int busy = active_.load(); busy != 0; busy = active_.load()) active_.wait(busy);

    count_ = count;
    chunk_ = std::max(grain, (count + width_ * kChunksPerThread - 1) / (width_ * kChunksPerThread));
    body_ = body;
    context_ = context;
    next_.store(0);
    open_.store(true);
    generation_.fetch_add(1);
    generation_.notify_all();
    takeChunks();
    open_.store(false);
    if (spinUntil(std::chrono::microseconds(200), [this] { return active_.load() == 0; })) return;
    for (int busy = active_.load(); busy != 0; busy = active_.load()) active_.wait(busy);
}

}  // namespace hostacl

namespace hostacl::kernels {

void parallelFor(int64_t count, int64_t grain, LoopBody body, void* context) {
    if (ThreadPool* pool = ThreadPool::bound()) {
        pool->run(count, grain, body, context);
    } else if (count > 0) {
        body(context, 0, count);
    }
}

int64_t parallelWidth() {
    const ThreadPool* pool = ThreadPool::bound();
    return pool == nullptr || insideBody ? 1 : pool->width();
}

}  // namespace hostacl::kernels
