// Pinned and registered host memory: the rules of the ABI reference, section 2.6.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/allocations.h"
#include "runtime/context.h"
#include "runtime/device_memory.h"
#include "runtime/errors.h"
#include "runtime/free_rules.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

using namespace hostacl;

namespace {

/** False when some page of the range is mapped without write permission. */
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
        allocation->raw = std::aligned_alloc(kDeviceAlignment, alignUp(size, kDeviceAlignment));
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
