// Every live piece of memory that the ABI knows: device allocations, pinned and registered host memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "runtime/ranges.h"

namespace hostacl {

class Device;

struct Allocation {
    enum class Kind { Device, Pinned, Registered };

    Kind kind = Kind::Device;
    uintptr_t base = 0;
    size_t size = 0;  // what the program asked for
    Device* device = nullptr;
    uint64_t serial = 0;  // tells this allocation from an earlier one at the same address
    bool writable = true;

    // Of the memory behind it.
    void* raw = nullptr;
    size_t rawSize = 0;
    size_t charged = 0;        // bytes of the device's budget
    uint8_t* alias = nullptr;  // checked pinned memory: the runtime's own mapping of the same pages
    bool guarded = false;      // checked device memory: guard bytes around

    Interval range() const { return {base, base + size}; }
    bool onDevice() const { return kind != Kind::Pinned; }
    bool onHost() const { return kind != Kind::Device; }
};

class AllocationTable {
  public:
    void add(std::shared_ptr<Allocation> allocation);
    /** Takes out the allocation that begins exactly at `base`, or null. */
    std::shared_ptr<const Allocation> remove(const void* base);
    /** The allocation that holds the address, or null. */
    std::shared_ptr<const Allocation> find(uintptr_t address) const;
    std::shared_ptr<const Allocation> find(const void* address) const {
        return find(reinterpret_cast<uintptr_t>(address));
    }
    /** True when one allocation usable by the device holds all of `range`. */
    bool onDevice(const Interval& range) const;
    /** True when the allocation of the range is live and may be written. */
    bool writable(const Interval& range) const;

  private:
    mutable std::shared_mutex mutex_;
    std::map<uintptr_t, std::shared_ptr<const Allocation>> live_;
    uint64_t nextSerial_ = 1;
};

AllocationTable& allocations();

}  // namespace hostacl
