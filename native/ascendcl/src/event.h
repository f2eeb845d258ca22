// An event that one stream records and others wait for, with the order of the calls kept across their
// threads.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "resource.h"

namespace ascendcl {

/**
 * AscendCL's wait uses the latest record that was made before it, but records and waits are submitted by
 * different threads here. So each record gets a number when its run is issued, each wait the latest number
 * then, and a stream's thread holds a wait back until that record was submitted.
 */
class Event : public Resource {
  public:
    /** Call on the device's control thread; throws `Failure`. */
    static std::shared_ptr<Event> create(const std::shared_ptr<Device>& device);

    /** Numbers a record that is going to be submitted. On the JavaScript thread. */
    uint64_t issueRecord();
    /** The number of the latest issued record, 0 when none. On the JavaScript thread. */
    uint64_t latestIssued();

    /** Records on a stream. On a stream's thread; throws `Failure`. */
    void record(uint64_t number, aclrtStream stream);
    /** Tells waiters that a record will never be submitted. */
    void abandon(uint64_t number);
    /**
     * Makes a stream wait for a record; blocks the calling thread until the record is submitted or
     * `cancelled` answers true. Throws `Failure` (kDependencyFailed when that record was abandoned).
     */
    void wait(uint64_t number, aclrtStream stream, const std::function<bool()>& cancelled);

  private:
    Event(const std::shared_ptr<Device>& device, aclrtEvent handle)
        : Resource(device, [handle] { ACL_QUIET(aclrtDestroyEvent, handle); }), handle_(handle) {}

    const aclrtEvent handle_;
    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t issued_ = 0;
    uint64_t settled_ = 0;    // every record up to this number was submitted or abandoned
    uint64_t abandoned_ = 0;  // the latest abandoned one
};

}  // namespace ascendcl
