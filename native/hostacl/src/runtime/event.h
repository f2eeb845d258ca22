// Events: marks in streams that other streams and the host can wait for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "acl_abi.h"
#include "runtime/handles.h"
#include "runtime/hazards.h"

namespace hostacl {

class Capture;
class Stream;

/** One record of an event: happens once. */
class EventRecord {
  public:
    explicit EventRecord(uint64_t streamNumber) : streamNumber(streamNumber) {}

    const uint64_t streamNumber;
    Clock clock;  // what is ordered before the record; running work in checked mode, or a capture
    std::weak_ptr<Capture> capture;  // set when the record belongs to a capture: it never happens by itself
    bool captured = false;

    bool done() const { return nanoseconds_.load(std::memory_order_acquire) != 0; }
    /** steady_clock time of the record; 0 before. */
    int64_t nanoseconds() const { return nanoseconds_.load(std::memory_order_acquire); }
    void happen();
    /** Waits at most `timeoutMs` (negative: forever) and gives up early when `giveUp` (may be null) becomes
     * true. */
    bool wait(int64_t timeoutMs, const Stream* giveUp);

  private:
    std::atomic<int64_t> nanoseconds_{0};
    std::mutex mutex_;
    std::condition_variable happened_;
};

/** A flag that tasks set, clear and wait for while they run: the meaning of events made with
 * ACL_EVENT_EXTERNAL. */
class EventFlag {
  public:
    void set(bool value);
    bool wait(int64_t timeoutMs, const Stream* giveUp);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
};

class Event : public std::enable_shared_from_this<Event> {
  public:
    enum class Kind { Plain, WithFlag, ExWithFlag };

    Event(Kind kind, uint32_t flags, class Device& device) : kind(kind), flags(flags), device(device) {}

    const Kind kind;
    const uint32_t flags;
    Device& device;
    EventFlag flag;

    bool isExternal() const { return (flags & ACL_EVENT_EXTERNAL) != 0; }
    bool mayBeWaitedFor() const {
        return kind == Kind::Plain || (flags & (ACL_EVENT_SYNC | ACL_EVENT_EXTERNAL)) != 0;
    }
    bool hasTime() const { return kind == Kind::Plain || (flags & ACL_EVENT_TIME_LINE) != 0; }

    /** The latest record, or null before the first one and after a reset. */
    std::shared_ptr<EventRecord> latest();
    void setLatest(std::shared_ptr<EventRecord> record);

    /** The waits issued so far that are not over. */
    std::atomic<int> openWaits{0};

  private:
    std::mutex mutex_;
    std::shared_ptr<EventRecord> latest_;
};

HandleTable<Event>& events();

/** Milliseconds that a stream waits for an event before it faults (aclrtSetOpWaitTimeout); negative: forever.
 */
extern std::atomic<int64_t> eventWaitTimeoutMs;

}  // namespace hostacl
