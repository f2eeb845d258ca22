// A stream and the thread that submits to it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "graph.h"
#include "run.h"
#include "stream_handles.h"

namespace ascendcl {

/**
 * Runs are taken in order by one thread, which sets the device's context once. It submits what is queued, up
 * to a bound, each run behind the one before; when there is nothing left to submit it waits for the oldest.
 */
class Stream {
  public:
    /** Starts the thread and makes the stream. Blocks; throws `Failure`. */
    explicit Stream(std::shared_ptr<Device> device);
    /** Closes. */
    ~Stream();

    const std::shared_ptr<Device>& device() const { return device_; }

    /** Queues a run; it is settled when it has ended. */
    void issue(std::shared_ptr<Run> run);
    /** Takes a waiting run out and settles it as cancelled, or stops the submission of the present one. */
    void cancel(uint64_t ticket);
    /** Ends the thread after what was issued, or with `drop` after what was submitted; the rest fails as
     * closed. */
    void close(bool drop);

  private:
    using RunPointer = std::shared_ptr<Run>;

    void work();
    /** Takes the next run through submission. */
    void begin(const RunPointer& run);
    void submit(const RunPointer& run);
    /** Ends a run that could not be submitted whole, once the device is done with what was. */
    void failSubmission(const RunPointer& run, Failure failure);
    /** Waits for the oldest submitted run, up to a bound, and ends it when the device has finished it. */
    void finishOldest();
    void finishAll();
    /** Waits until the device is done with everything submitted; returns what the wait answered. */
    int drain();
    void failInFlight(const Failure& failure);
    /** Gives back what the run used, then settles it. */
    void end(const RunPointer& run, const Failure* failure);
    static void settle(Run& run, const Failure* failure);
    bool deviceWasReset() const { return generation_ != device_->generation(); }

    const std::shared_ptr<Device> device_;
    const uint64_t generation_;

    // The thread's own.
    std::unique_ptr<StreamHandles> handles_;
    std::deque<RunPointer> inFlight_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<RunPointer> queue_;
    RunPointer submitting_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace ascendcl
