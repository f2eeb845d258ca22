// Device-visible memory, freed when the last program that uses it has finished.
#pragma once

#include <cstddef>
#include <string>

#include "resource.h"

namespace ascendcl {

class Buffer : public Resource {
  public:
    /** Allocates device memory. On a thread with the device's context; throws `Failure`. */
    static std::shared_ptr<Buffer> allocate(const std::shared_ptr<Device>& device, size_t bytes);
    /**
     * Maps a file read-only: libhostacl reads the mapping in place, CANN gets a copy in device memory. On the
     * control thread; throws `Failure` (kFileUnreadable, or the library's).
     */
    static std::shared_ptr<Buffer> mapFile(const std::shared_ptr<Device>& device, const std::string& path);

    std::byte* address() const { return address_; }
    size_t bytes() const { return bytes_; }
    /** Process memory that this buffer occupies, to be told to V8: file mappings and NPU memory do not count.
     */
    size_t residentBytes() const { return resident_ ? bytes_ : 0; }

  private:
    Buffer(const std::shared_ptr<Device>& device, void* address, size_t bytes, bool resident,
           std::function<void()> destroy)
        : Resource(device, std::move(destroy)),
          address_(static_cast<std::byte*>(address)),
          bytes_(bytes),
          resident_(resident) {}

    std::byte* const address_;
    const size_t bytes_;
    const bool resident_;
};

/** Page-locked host memory that asynchronous copies go through. */
class PinnedMemory : public Resource {
  public:
    /** On a thread with the device's context; throws `Failure`. */
    static std::shared_ptr<PinnedMemory> allocate(const std::shared_ptr<Device>& device, size_t bytes);

    std::byte* address() const { return address_; }
    size_t bytes() const { return bytes_; }

  private:
    PinnedMemory(const std::shared_ptr<Device>& device, void* address, size_t bytes)
        : Resource(device, [address] { ACL_QUIET(aclrtFreeHost, address); }),
          address_(static_cast<std::byte*>(address)),
          bytes_(bytes) {}

    std::byte* const address_;
    const size_t bytes_;
};

}  // namespace ascendcl
