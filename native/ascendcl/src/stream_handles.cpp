#include "stream_handles.h"

namespace ascendcl {
namespace {

aclrtStream newStream() {
    aclrtStream stream = nullptr;
    ACL_CALL(aclrtCreateStream, &stream);
    // Otherwise work behind a fault would run on what the fault left.
    ACL_QUIET(aclrtSetStreamFailureMode, stream, uint64_t{ACL_STOP_ON_FAILURE});
    return stream;
}

std::unique_ptr<Resource> ownStream(const std::shared_ptr<Device>& device, aclrtStream stream) {
    return std::make_unique<Resource>(device, [stream] { ACL_QUIET(aclrtDestroyStream, stream); });
}

}  // namespace

StreamHandles::StreamHandles(const std::shared_ptr<Device>& device)
    : device(device), stream(newStream()), workspace(device), staging(device) {
    owned_.push_back(ownStream(device, stream));
}

aclrtStream StreamHandles::updateStream() {
    if (updates_ == nullptr) {
        updates_ = newStream();
        owned_.push_back(ownStream(device, updates_));
    }
    return updates_;
}

aclrtEvent StreamHandles::takeEvent() {
    if (!spareEvents_.empty()) {
        aclrtEvent event = spareEvents_.back();
        spareEvents_.pop_back();
        return event;
    }
    aclrtEvent event = nullptr;
    ACL_CALL(aclrtCreateEventExWithFlag, &event, ACL_EVENT_SYNC);
    owned_.push_back(std::make_unique<Resource>(device, [event] { ACL_QUIET(aclrtDestroyEvent, event); }));
    return event;
}

}  // namespace ascendcl
