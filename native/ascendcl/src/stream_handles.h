// What a stream's thread works with: AscendCL's handles and the memory it reuses.
#pragma once

#include <memory>
#include <vector>

#include "operator_call.h"
#include "staging.h"

namespace ascendcl {

/** Used by one thread, with the device's context set. */
class StreamHandles {
  public:
    /** Makes the stream. Throws `Failure`. */
    explicit StreamHandles(const std::shared_ptr<Device>& device);

    const std::shared_ptr<Device> device;
    const aclrtStream stream;
    Workspace workspace;
    StagingPool staging;

    /** For task-group updates, which may not run on the stream that replays. Made on first use; throws. */
    aclrtStream updateStream();

    /** An event for the end of a run, reused after `giveBackEvent`. Throws. */
    aclrtEvent takeEvent();
    void giveBackEvent(aclrtEvent event) { spareEvents_.push_back(event); }

  private:
    aclrtStream updates_ = nullptr;
    std::vector<aclrtEvent> spareEvents_;
    std::vector<std::unique_ptr<Resource>> owned_;
};

}  // namespace ascendcl
