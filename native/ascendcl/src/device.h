// A device of this process: its context, the thread that owns it, and everything that was made on it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "api.h"
#include "worker.h"

namespace ascendcl {

/**
 * One NPU, or the CPU as one, shared by every JavaScript environment that opened its index. Resources are
 * made and destroyed on its control thread; stream threads make the same context current.
 */
class Device {
  public:
    /** The device of an index, opened on first use. Blocks; throws `Failure`. Its end runs on the `reaper`.
     */
    static std::shared_ptr<Device> acquire(int32_t index);
    ~Device();

    int32_t index() const { return index_; }
    aclrtContext context() const { return context_; }

    /** Counts resets: what was made under an older number no longer exists. */
    uint64_t generation() const { return generation_.load(); }
    /** True while a reset waits for the stream threads, which then end what they have and submit nothing
     * more. */
    bool resetting() const { return resetting_.load(); }

    /** Runs on the control thread, whose context is set, and waits. Rethrows what `task` throws. */
    void runAndWait(const std::function<void()>& task) { control_.runAndWait(task); }
    /** Queues on the control thread; the task must not throw. */
    void post(std::function<void()> task) { control_.post(std::move(task)); }

    /**
     * Held shared by stream threads while they are inside the libraries, so that `reset` waits for them. They
     * compare `generation` after they got it and stay away when it has moved on.
     */
    std::shared_mutex& inUse() { return inUse_; }

    /** Destroys everything made on the device and its context, and makes a new one. On the control thread;
     * throws. */
    void reset();

    /** Remembers how to destroy something made on the device; the number is for `destroyResource`. Any
     * thread. */
    uint64_t adopt(std::function<void()> destroy);
    /** Destroys it unless a reset already has. On the control thread. */
    void destroyResource(uint64_t number);

  private:
    explicit Device(int32_t index);
    void open();

    const int32_t index_;
    std::atomic<aclrtContext> context_{nullptr};
    std::atomic<uint64_t> generation_{1};
    std::atomic<bool> resetting_{false};
    std::shared_mutex inUse_;
    std::mutex resourcesMutex_;
    std::map<uint64_t, std::function<void()>> resources_;
    uint64_t nextResource_ = 1;
    Worker control_;  // last: its end needs the rest
};

}  // namespace ascendcl
