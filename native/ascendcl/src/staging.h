// Reuse of pinned host memory between the runs of a stream.
#pragma once

#include <memory>
#include <vector>

#include "buffer.h"

namespace ascendcl {

/** Used by one stream's thread only. */
class StagingPool {
  public:
    explicit StagingPool(std::shared_ptr<Device> device) : device_(std::move(device)) {}

    /** A block of at least `bytes`, null for 0. Throws `Failure`. */
    std::shared_ptr<PinnedMemory> take(size_t bytes);
    /** Keeps a block for the next `take`. */
    void giveBack(std::shared_ptr<PinnedMemory> block);

  private:
    const std::shared_ptr<Device> device_;
    std::vector<std::shared_ptr<PinnedMemory>> spare_;
};

}  // namespace ascendcl
