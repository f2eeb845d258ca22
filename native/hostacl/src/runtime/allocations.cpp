#include "runtime/allocations.h"

namespace hostacl {

void AllocationTable::add(std::shared_ptr<Allocation> allocation) {
    std::unique_lock lock(mutex_);
    allocation->serial = nextSerial_++;
    const uintptr_t base = allocation->base;
    live_[base] = std::move(allocation);
}

std::shared_ptr<const Allocation> AllocationTable::remove(const void* base) {
    std::unique_lock lock(mutex_);
    const auto it = live_.find(reinterpret_cast<uintptr_t>(base));
    if (it == live_.end()) return nullptr;
    auto allocation = it->second;
    live_.erase(it);
    return allocation;
}

std::shared_ptr<const Allocation> AllocationTable::find(uintptr_t address) const {
    std::shared_lock lock(mutex_);
    auto it = live_.upper_bound(address);
    if (it == live_.begin()) return nullptr;
    --it;
    return address < it->second->base + it->second->size ? it->second : nullptr;
}

bool AllocationTable::onDevice(const Interval& range) const {
    const auto allocation = find(range.begin);
    return allocation && allocation->onDevice() && range.end <= allocation->base + allocation->size;
}

bool AllocationTable::writable(const Interval& range) const {
    const auto allocation = find(range.begin);
    return allocation && allocation->writable;
}

AllocationTable& allocations() {
    static auto* table = new AllocationTable;
    return *table;
}

}  // namespace hostacl
