// Contexts: what a thread must have current before it may use a device.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "acl_abi.h"
#include "runtime/device.h"
#include "runtime/handles.h"

namespace hostacl {

class Stream;

class Context : public std::enable_shared_from_this<Context> {
  public:
    Context(Device& device, bool primary) : device(device), primary(primary) {}

    Device& device;
    const bool primary;
    std::atomic<bool> alive{true};

    /** Set by a fault on a stream whose failure mode is STOP: nothing is accepted any more. */
    std::atomic<aclError> stopped{ACL_SUCCESS};
    /** Captures of this context's streams in progress. */
    std::atomic<int> captures{0};

    /** The default stream, made on first use. */
    std::shared_ptr<Stream> defaultStream();
    /** The default stream if it was used, else null. */
    std::shared_ptr<Stream> defaultStreamIfUsed();

    /** Waits for all streams of the context and ends them; the context is no longer usable. */
    void destroy();

  private:
    std::mutex mutex_;
    std::shared_ptr<Stream> defaultStream_;
};

HandleTable<Context>& contexts();

/** The calling thread's live context; null when it has none, or its context was destroyed. */
std::shared_ptr<Context> currentContext();
void setCurrentContext(std::shared_ptr<Context> context);

/**
 * What nearly every call needs: an initialised process and a context on this thread.
 * Returns null after recording 100001, 107002 or a lost device's 507010 in `code`.
 */
std::shared_ptr<Context> requireContext(const char* function, aclError& code);

/** The device of an id for a call that needs no context; null after recording 100001 or 107001 in `code`. */
Device* requireDevice(const char* function, int64_t id, aclError& code);

/** Marks the calling thread as running a callback of the program; calls that could then deadlock are refused.
 */
class CallbackScope {
  public:
    CallbackScope();
    ~CallbackScope();
    static bool active();
};

}  // namespace hostacl
