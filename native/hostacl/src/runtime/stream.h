// A stream: an ordered queue of tasks and the thread that runs them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "acl_abi.h"
#include "runtime/context.h"
#include "runtime/handles.h"
#include "runtime/task.h"

namespace hostacl {

class Capture;
class TaskGroupUpdate;
class CallbackThread;

/** Tasks never own the stream that runs them, so that the last reference is never dropped on its own worker.
 */
class Stream {
  public:
    /** Null when the part's streams are used up. */
    static std::shared_ptr<Stream> create(std::shared_ptr<Context> context, bool isDefault);
    ~Stream();

    Context& context() const { return *context_; }
    Device& device() const { return context_->device; }
    /** Unique in the process, never used again. */
    uint64_t number() const { return number_; }
    bool isDefault() const { return isDefault_; }

    /**
     * Appends a task, or records it when the stream is capturing. Returns at once with 0 or the reason why
     * the task was refused: a capture rule, a hazard (checked mode), a stopped context, a lost device.
     */
    aclError submit(TaskPointer task);

    /** Waits until everything submitted before this call is over, or the time is up (false). Negative:
     * forever. */
    bool waitUntilIdle(int64_t timeoutMs);
    bool idle() const { return completed_.load() >= submitted_.load(); }
    /** True in a task that should give up waiting: the stream's pending work was dropped. */
    bool abandoned() const { return abandoned_.load(); }

    /** Drops what has not begun. */
    void abandonPending();
    /** Ends the worker after the pending work, or without it when `drop`. The stream accepts nothing any
     * more. */
    void finish(bool drop);

    /** What the program knows after a wait for this stream: marks its work as observed; misuse found then, or
     * 0. */
    aclError observe();

    /** The error that a synchronise reports: the context's or the device's. */
    aclError error() const;

    // Set through the API. The failure mode can be set once.
    std::atomic<bool> stopOnFailure{false};
    std::atomic<bool> failureModeSet{false};
    std::atomic<uint32_t> overflowSwitch{0}, customTag{0}, priority{0};

    // Capture, task-group update and callback subscription; guarded by `mutex`.
    std::mutex mutex;
    std::shared_ptr<Capture> capture;
    std::shared_ptr<TaskGroupUpdate> update;
    std::shared_ptr<CallbackThread> callbackThread;
    std::shared_ptr<Capture> currentCapture();

  private:
    struct Entry {
        TaskPointer task;
        aclError injected;
    };

    Stream(std::shared_ptr<Context> context, bool isDefault);
    aclError enqueue(TaskPointer task);
    void work();
    void execute(const Entry& entry);
    void reportFault(aclError code);

    const std::shared_ptr<Context> context_;
    const uint64_t number_;
    const bool isDefault_;

    std::mutex queueMutex_;
    std::condition_variable wake_;
    std::vector<Entry> incoming_;
    std::thread worker_;
    bool sleeping_ = false;
    bool ending_ = false;

    std::atomic<uint64_t> submitted_{0};
    std::atomic<uint64_t> completed_{0};
    std::atomic<uint64_t> dropUpTo_{0};
    std::atomic<bool> abandoned_{false};

    std::mutex doneMutex_;
    std::condition_variable done_;
    std::atomic<int> waiters_{0};
};

HandleTable<Stream>& streams();

/**
 * The stream of a handle for a call that needs the stream's own context to be current (107003 otherwise);
 * null handles are the context's default stream. Returns null with `code` set.
 */
std::shared_ptr<Stream> requireStream(const char* function, aclrtStream handle, aclError& code);

/** The same for calls that switch to the stream's context silently. */
std::shared_ptr<Stream> requireAnyStream(const char* function, aclrtStream handle, aclError& code);

}  // namespace hostacl
