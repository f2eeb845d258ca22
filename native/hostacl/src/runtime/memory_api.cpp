// aclrtMalloc* and relatives: the rules of the ABI reference, section 2.6.
#include "runtime/allocations.h"
#include "runtime/context.h"
#include "runtime/device_memory.h"
#include "runtime/errors.h"
#include "runtime/faults.h"
#include "runtime/free_rules.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

using namespace hostacl;

namespace {

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
    if (!obtainMemory(*allocation, size, charged)) {
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
    if (returnMemory(*allocation)) return ACL_SUCCESS;
    return misuse(59, "%s(%p): bytes around the allocation of %zu bytes were overwritten.", function, devPtr,
                  allocation->size);
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
