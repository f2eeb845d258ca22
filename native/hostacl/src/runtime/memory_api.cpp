// aclrtMalloc* and relatives: the rules of the ABI reference, section 2.6.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>

#include "runtime/allocations.h"
#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/faults.h"
#include "runtime/hazards.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

using namespace hostacl;

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kGuardBytes = 64;  // before the allocation, and at least as many after its hidden tail
constexpr uint8_t kGuardPattern = 0xA5;
constexpr uint8_t kNanPattern = 0xFF;  // a NaN in every float type, -1 in every integer type
constexpr size_t kQuarantineBytes = 256 << 20;

size_t alignUp(size_t value, size_t unit) {
    return (value + unit - 1) / unit * unit;
}

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

bool allocateDevice(Allocation& a, size_t size, size_t charged) {
    a.size = size;
    a.charged = charged;
    if (checked()) {
        // 64-byte aligned and, on purpose, not more: code that counts on more works here by luck only
        // otherwise.
        a.guarded = true;
        a.rawSize = alignUp(kGuardBytes + charged + kGuardBytes, 2 * kAlignment);
        a.raw = std::aligned_alloc(2 * kAlignment, a.rawSize);
        if (a.raw == nullptr) return false;
        std::memset(a.raw, kGuardPattern, a.rawSize);
        a.base = reinterpret_cast<uintptr_t>(a.raw) + kGuardBytes;
        std::memset(reinterpret_cast<void*>(a.base), kNanPattern, size);
        return true;
    }
    a.rawSize = charged;
    a.raw = mapPages(charged, charged >= kHugePage ? kHugePage : kAlignment);
    a.base = reinterpret_cast<uintptr_t>(a.raw);
    return a.raw != nullptr;
}

aclError allocate(const char* function, void** devPtr, size_t size, bool hiddenTail) {
    aclError code;
    const auto context = requireContext(function, code);
    if (!context) return code;
    if (devPtr == nullptr || size == 0) {
        return misuse(15, "%s: %zu bytes to %p; expected at least 1 byte and a place for the address.",
                      function, size, static_cast<void*>(devPtr));
    }
    count(stats().mallocs);
    *devPtr = nullptr;
    Device& device = context->device;
    const size_t charged = size > SIZE_MAX - 128 ? SIZE_MAX : alignUp(size, 32) + (hiddenTail ? 32 : 0);
    if (takeOutOfMemoryFault() || !device.reserve(charged)) {
        return fail(
            ACL_ERROR_RT_MEMORY_ALLOCATION,
            "%s: %zu bytes do not fit on device %d: %llu of %llu bytes are in use. Free memory, use smaller "
            "batches or raise HOSTACL_DEVICE_MEMORY.",
            function, size, device.id, static_cast<unsigned long long>(device.usedBytes()),
            static_cast<unsigned long long>(config().deviceMemoryBytes));
    }
    auto allocation = std::make_shared<Allocation>();
    allocation->device = &device;
    if (!allocateDevice(*allocation, size, charged)) {
        device.release(charged);
        return fail(ACL_ERROR_RT_MEMORY_ALLOCATION, "%s: the machine has no %zu bytes left.", function, size);
    }
    *devPtr = reinterpret_cast<void*>(allocation->base);
    allocations().add(std::move(allocation));
    count(stats().liveAllocations);
    const uint64_t live = stats().liveDeviceBytes.fetch_add(size) + size;
    uint64_t peak = stats().peakDeviceBytes.load();
    while (peak < live && !stats().peakDeviceBytes.compare_exchange_weak(peak, live)) {
    }
    return ACL_SUCCESS;
}

/** Why `pointer` cannot be freed as memory of this kind, or 0. */
aclError refuseFree(const char* function, void* pointer, Allocation::Kind kind) {
    const auto allocation = allocations().find(pointer);
    if (!allocation) {
        return misuse(17, "%s(%p): no live allocation is there: freed before, or never allocated.", function,
                      pointer);
    }
    if (allocation->base != reinterpret_cast<uintptr_t>(pointer)) {
        return misuse(17, "%s(%p): %zu bytes inside an allocation; free its first address %p.", function,
                      pointer, reinterpret_cast<uintptr_t>(pointer) - allocation->base,
                      reinterpret_cast<void*>(allocation->base));
    }
    if (allocation->kind != kind) {
        return misuse(17, "%s(%p): the memory is of another kind; free it with its own function.", function,
                      pointer);
    }
    if (!checked()) return ACL_SUCCESS;
    if (const Conflict use = hazards().pending({allocation->range()}, true)) {
        return misuse(kind == Allocation::Kind::Device ? 18 : 24,
                      "%s(%p): %s still uses the memory: synchronise its stream first.", function, pointer,
                      use.description.c_str());
    }
    return ACL_SUCCESS;
}

aclError release(const char* function, void* devPtr) {
    if (const aclError code = requireInitialized(function); code != ACL_SUCCESS) return code;
    if (devPtr == nullptr) return misuseAs(ACL_ERROR_INVALID_PARAM, 17, "%s: the pointer is null.", function);
    count(stats().frees);
    if (const aclError code = refuseFree(function, devPtr, Allocation::Kind::Device); code != ACL_SUCCESS)
        return code;
    const auto allocation = allocations().remove(devPtr);
    if (!allocation) return misuse(17, "%s(%p): freed by another thread meanwhile.", function, devPtr);
    allocation->device->release(allocation->charged);
    uncount(stats().liveAllocations);
    stats().liveDeviceBytes.fetch_sub(allocation->size);
    if (!allocation->guarded) {
        std::free(allocation->raw);
        return ACL_SUCCESS;
    }
    const bool intact = guardsIntact(*allocation);
    std::memset(allocation->raw, kNanPattern, allocation->rawSize);
    quarantine().add(allocation->raw, allocation->rawSize);
    if (intact) return ACL_SUCCESS;
    return misuse(59, "%s(%p): bytes around the allocation of %zu bytes were overwritten.", function, devPtr,
                  allocation->size);
}

bool isMappedWritable(uintptr_t begin, uintptr_t end) {
    std::FILE* maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return true;
    char line[512];
    bool writable = true;
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long from = 0;
        unsigned long to = 0;
        char permissions[5] = {};
        if (std::sscanf(line, "%lx-%lx %4s", &from, &to, permissions) != 3) continue;
        if (from < end && begin < to && permissions[1] != 'w') writable = false;
    }
    std::fclose(maps);
    return writable;
}

}  // namespace

aclError aclrtMalloc(void** devPtr, size_t size, aclrtMemMallocPolicy) {
    return allocate(__func__, devPtr, size, true);
}
aclError aclrtMallocCached(void** devPtr, size_t size, aclrtMemMallocPolicy) {
    return allocate(__func__, devPtr, size, true);
}
aclError aclrtMallocAlign32(void** devPtr, size_t size, aclrtMemMallocPolicy) {
    return allocate(__func__, devPtr, size, false);
}

aclError aclrtFree(void* devPtr) {
    return release(__func__, devPtr);
}

aclError aclrtFreeWithDevSync(void* devPtr) {
    const aclError code = aclrtSynchronizeDevice();
    return code == ACL_SUCCESS ? release(__func__, devPtr) : code;
}

aclError aclrtMallocHost(void** hostPtr, size_t size) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (hostPtr == nullptr || size == 0) {
        return misuse(15, "%s: %zu bytes; expected at least 1 and a place for the address.", __func__, size);
    }
    auto allocation = std::make_shared<Allocation>();
    allocation->kind = Allocation::Kind::Pinned;
    allocation->device = &context->device;
    allocation->size = size;
    constexpr size_t kPage = 4096;
    allocation->rawSize = alignUp(size, kPage);
    if (!checked() || !mapTwice(allocation->rawSize, &allocation->raw, &allocation->alias)) {
        allocation->raw = std::aligned_alloc(kAlignment, alignUp(size, kAlignment));
    }
    if (allocation->raw == nullptr)
        return fail(ACL_ERROR_BAD_ALLOC, "%s: the machine has no %zu bytes left.", __func__, size);
    if (checked()) std::memset(hostAlias(allocation->raw), kNanPattern, size);
    allocation->base = reinterpret_cast<uintptr_t>(allocation->raw);
    *hostPtr = allocation->raw;
    stats().liveHostBytes.fetch_add(size);
    allocations().add(std::move(allocation));
    return ACL_SUCCESS;
}

aclError aclrtFreeHost(void* hostPtr) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    if (hostPtr == nullptr)
        return misuseAs(ACL_ERROR_INVALID_PARAM, 17, "%s: the pointer is null.", __func__);
    if ((code = refuseFree(__func__, hostPtr, Allocation::Kind::Pinned)) != ACL_SUCCESS) return code;
    const auto allocation = allocations().remove(hostPtr);
    if (!allocation) return misuse(17, "%s(%p): freed by another thread meanwhile.", __func__, hostPtr);
    dropHostWatches(allocation->range());
    stats().liveHostBytes.fetch_sub(allocation->size);
    if (allocation->alias != nullptr) {
        unmapTwice(allocation->raw, allocation->alias, allocation->rawSize);
    } else {
        std::free(allocation->raw);
    }
    return ACL_SUCCESS;
}

aclError aclrtHostRegister(void* ptr, uint64_t size, aclrtHostRegisterType type, void** devPtr) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (ptr == nullptr || devPtr == nullptr || size == 0) {
        return misuse(15, "%s: %p, %llu bytes; expected memory and a place for its device address.", __func__,
                      ptr, static_cast<unsigned long long>(size));
    }
    if (type != ACL_HOST_REGISTER_MAPPED)
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown type %d.", __func__, type);
    const auto base = reinterpret_cast<uintptr_t>(ptr);
    if (base % 4096 != 0)
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: %p is not 4 KiB aligned.", __func__, ptr);
    if (allocations().find(base) || allocations().find(base + size - 1)) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: %p is registered or allocated already.", __func__, ptr);
    }
    auto allocation = std::make_shared<Allocation>();
    allocation->kind = Allocation::Kind::Registered;
    allocation->device = &context->device;
    allocation->base = base;
    allocation->size = size;
    allocation->writable = !checked() || isMappedWritable(base, base + size);
    stats().registeredBytes.fetch_add(size);
    allocations().add(std::move(allocation));
    *devPtr = ptr;
    return ACL_SUCCESS;
}

aclError aclrtHostUnregister(void* ptr) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    if (ptr == nullptr) return misuseAs(ACL_ERROR_INVALID_PARAM, 17, "%s: the pointer is null.", __func__);
    if ((code = refuseFree(__func__, ptr, Allocation::Kind::Registered)) != ACL_SUCCESS) return code;
    const auto allocation = allocations().remove(ptr);
    if (!allocation) return misuse(17, "%s(%p): unregistered by another thread meanwhile.", __func__, ptr);
    stats().registeredBytes.fetch_sub(allocation->size);
    return ACL_SUCCESS;
}

aclError aclrtGetMemInfo(aclrtMemAttr attr, size_t* free, size_t* total) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (free == nullptr || total == nullptr)
        return fail(ACL_ERROR_INVALID_PARAM, "%s: a result pointer is null.", __func__);
    if (attr < ACL_DDR_MEM || attr > ACL_HBM_MEM_P2P_HUGE1G) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown attribute %d.", __func__, attr);
    }
    // The emulated 910B has HBM only, the 310P DDR only, which answers for HBM too.
    const bool known = attr == ACL_HBM_MEM || attr == ACL_HBM_MEM_HUGE || attr == ACL_HBM_MEM_NORMAL ||
                       (config().isAscend310P() &&
                        (attr == ACL_DDR_MEM || attr == ACL_DDR_MEM_HUGE || attr == ACL_DDR_MEM_NORMAL));
    *total = known ? config().deviceMemoryBytes : 0;
    *free = known ? config().deviceMemoryBytes - context->device.usedBytes() : 0;
    return ACL_SUCCESS;
}

aclError aclrtPointerGetAttributes(const void* ptr, aclrtPtrAttributes* attributes) {
    if (const aclError code = requireInitialized(__func__); code != ACL_SUCCESS) return code;
    if (ptr == nullptr || attributes == nullptr)
        return fail(ACL_ERROR_INVALID_PARAM, "%s: a pointer is null.", __func__);
    *attributes = {};
    attributes->location.type = ACL_MEM_LOCATION_TYPE_UNREGISTERED;
    attributes->pageSize = 4096;
    if (const auto allocation = allocations().find(ptr)) {
        attributes->location.id = static_cast<uint32_t>(allocation->device->id);
        const bool device = allocation->kind == Allocation::Kind::Device;
        attributes->location.type = device ? ACL_MEM_LOCATION_TYPE_DEVICE : ACL_MEM_LOCATION_TYPE_HOST;
        if (device && allocation->size > (1 << 20)) attributes->pageSize = kHugePage;
    }
    return ACL_SUCCESS;
}
