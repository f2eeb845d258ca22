// Host functions that streams call, and threads that process them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "acl_abi.h"

namespace hostacl {

class Stream;

/** One callback on its way from a stream to the thread that processes it. */
struct PendingCallback {
    aclrtCallback function;
    void* userData;
    uint64_t streamNumber;
    bool over = false;
};

/** A thread of the program that processes the callbacks of the streams that it subscribed to. */
class CallbackThread {
  public:
    void post(std::shared_ptr<PendingCallback> callback);
    /** Waits for one callback, runs it on the calling thread; false when none came within `timeoutMs` (-1 =
     * forever). */
    bool processOne(int64_t timeoutMs);
    /** Waits until `callback` has been run, or the stream gave up. */
    void waitFor(const PendingCallback& callback, const Stream& stream);

    int subscriptions = 0;  // guarded by the table of callback threads

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<PendingCallback>> queue_;
};

/** Ends the stream's subscription, if it has one. */
void unsubscribe(Stream& stream);

/** Tells the program's exception callback, if it set one, about a task that failed. Called on the stream's
 * worker. */
void callExceptionCallback(const Stream& stream, uint64_t taskId, aclError code);

}  // namespace hostacl
