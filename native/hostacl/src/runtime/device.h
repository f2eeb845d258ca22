// One emulated device: its memory budget, its threads, its sticky error and its primary context.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "acl_abi.h"
#include "runtime/thread_pool.h"

namespace hostacl {

class Context;

class Device {
  public:
    explicit Device(int id);

    const int id;
    ThreadPool pool;

    /** Takes `bytes` of the budget; false when it does not suffice. */
    bool reserve(uint64_t bytes);
    void release(uint64_t bytes);
    uint64_t usedBytes() const { return used_.load(); }

    /** The error that every later call reports until the device is reset; the first one stays. */
    aclError error() const { return error_.load(std::memory_order_acquire); }
    void setError(aclError code);
    void clearError() { error_.store(ACL_SUCCESS); }
    bool lost() const { return error() == ACL_ERROR_RT_LOST_HEARTBEAT; }

    // The primary context lives from the first set to the last reset. Guarded by `mutex`.
    std::mutex mutex;
    std::shared_ptr<Context> primary;
    int references = 0;

    // Process-wide counts against the limits of the part.
    std::atomic<int> streams{0};
    std::atomic<int> events{0};

  private:
    std::atomic<uint64_t> used_{0};
    std::atomic<aclError> error_{ACL_SUCCESS};
};

/** The device of an id, or null when there is none. Devices live as long as the process. */
Device* findDevice(int64_t id);

}  // namespace hostacl
