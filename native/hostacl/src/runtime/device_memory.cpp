#include "runtime/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

#include "runtime/config.h"

namespace hostacl {
namespace {

constexpr size_t kGuardBytes = 64;  // before the allocation, and at least as many after its hidden tail
constexpr uint8_t kGuardPattern = 0xA5;
constexpr size_t kQuarantineBytes = 256 << 20;

void* mapPages(size_t bytes, size_t alignment) {
    void* raw = std::aligned_alloc(alignment, alignUp(bytes, alignment));
    if (raw != nullptr && alignment >= kHugePage) madvise(raw, alignUp(bytes, alignment), MADV_HUGEPAGE);
    return raw;
}

/** Freed memory of checked mode, kept for a while so that its addresses are not given out again at once. */
class Quarantine {
  public:
    void add(void* raw, size_t bytes) {
        std::lock_guard lock(mutex_);
        kept_.emplace_back(raw, bytes);
        bytes_ += bytes;
        while (bytes_ > kQuarantineBytes) {
            std::free(kept_.front().first);
            bytes_ -= kept_.front().second;
            kept_.pop_front();
        }
    }

  private:
    std::mutex mutex_;
    std::deque<std::pair<void*, size_t>> kept_;
    size_t bytes_ = 0;
};

Quarantine& quarantine() {
    static auto* instance = new Quarantine;
    return *instance;
}

bool guardsIntact(const Allocation& a) {
    const auto* raw = static_cast<const uint8_t*>(a.raw);
    const auto* end = reinterpret_cast<const uint8_t*>(a.base + a.size);
    const auto isGuard = [](uint8_t byte) { return byte == kGuardPattern; };
    return std::all_of(raw, reinterpret_cast<const uint8_t*>(a.base), isGuard) &&
           std::all_of(end, raw + a.rawSize, isGuard);
}

}  // namespace

bool obtainMemory(Allocation& a, size_t size, size_t charged) {
    a.size = size;
    a.charged = charged;
    if (checked()) {
        // 64-byte aligned and, on purpose, not more: code that counts on more works here by luck only
        // otherwise.
        a.guarded = true;
        a.rawSize = alignUp(kGuardBytes + charged + kGuardBytes, 2 * kDeviceAlignment);
        a.raw = std::aligned_alloc(2 * kDeviceAlignment, a.rawSize);
        if (a.raw == nullptr) return false;
        std::memset(a.raw, kGuardPattern, a.rawSize);
        a.base = reinterpret_cast<uintptr_t>(a.raw) + kGuardBytes;
        std::memset(reinterpret_cast<void*>(a.base), kNanPattern, size);
        return true;
    }
    a.rawSize = charged;
    a.raw = mapPages(charged, charged >= kHugePage ? kHugePage : kDeviceAlignment);
    a.base = reinterpret_cast<uintptr_t>(a.raw);
    return a.raw != nullptr;
}

bool returnMemory(const Allocation& allocation) {
    if (!allocation.guarded) {
        std::free(allocation.raw);
        return true;
    }
    const bool intact = guardsIntact(allocation);
    std::memset(allocation.raw, kNanPattern, allocation.rawSize);
    quarantine().add(allocation.raw, allocation.rawSize);
    return intact;
}

}  // namespace hostacl
