#include "event.h"

#include <algorithm>
#include <chrono>

namespace ascendcl {

std::shared_ptr<Event> Event::create(const std::shared_ptr<Device>& device) {
    aclrtEvent handle = nullptr;
    ACL_CALL(aclrtCreateEventExWithFlag, &handle, ACL_EVENT_SYNC);
    return std::shared_ptr<Event>(new Event(device, handle));
}

uint64_t Event::issueRecord() {
    std::lock_guard lock(mutex_);
    return ++issued_;
}

uint64_t Event::latestIssued() {
    std::lock_guard lock(mutex_);
    return issued_;
}

void Event::record(uint64_t number, aclrtStream stream) {
    ACL_CALL(aclrtRecordEvent, handle_, stream);
    std::lock_guard lock(mutex_);
    settled_ = std::max(settled_, number);
    changed_.notify_all();
}

void Event::abandon(uint64_t number) {
    std::lock_guard lock(mutex_);
    if (number <= settled_) return;
    settled_ = number;
    abandoned_ = number;
    changed_.notify_all();
}

void Event::wait(uint64_t number, aclrtStream stream, const std::function<bool()>& cancelled) {
    {
        std::unique_lock lock(mutex_);
        constexpr auto kLookAgain = std::chrono::milliseconds(5);
        while (settled_ < number && !cancelled()) changed_.wait_for(lock, kLookAgain);
        if (settled_ < number) return;
        if (number != 0 && abandoned_ == number) {
            throw Failure{kDependencyFailed,
                          "aclrtStreamWaitEvent",
                          -1,
                          {},
                          "the run that was to record the event failed or was cancelled"};
        }
    }
    if (number != 0) ACL_CALL(aclrtStreamWaitEvent, stream, handle_);
}

}  // namespace ascendcl
