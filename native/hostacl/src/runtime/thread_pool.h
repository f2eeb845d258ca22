// The worker threads of one device, shared by its streams; the thread that has work takes part in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels.h"

namespace hostacl {

class ThreadPool {
  public:
    /** `width` threads in all, the caller of `run` included: width - 1 are started, on first use. */
    explicit ThreadPool(int width) : width_(width) {}
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int width() const { return width_; }

    /** kernels::parallelFor on this pool. When another stream holds the pool the loop runs on the caller
     * alone. */
    void run(int64_t count, int64_t grain, kernels::LoopBody body, void* context);

    /** Binds the calling thread (a stream's worker) to a pool for kernels::parallelFor; null unbinds. */
    static void bind(ThreadPool* pool);
    static ThreadPool* bound();

  private:
    void start();
    void help();
    void takeChunks();

    const int width_;
    std::vector<std::thread> helpers_;
    std::mutex owner_;

    // The open job. Written by the owner only while `open_` is false and `active_` is 0.
    int64_t count_ = 0;
    int64_t chunk_ = 0;
    kernels::LoopBody body_ = nullptr;
    void* context_ = nullptr;
    std::atomic<int64_t> next_{0};
    std::atomic<bool> open_{false};
    std::atomic<int> active_{0};

    std::atomic<uint32_t> generation_{0};
    std::atomic<bool> stopping_{false};
};

}  // namespace hostacl
