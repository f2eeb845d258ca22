#include "runtime/faults.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "hostacl.h"
#include "runtime/config.h"
#include "runtime/device.h"
#include "runtime/errors.h"

namespace hostacl {
namespace {

std::atomic<int64_t> outOfMemoryIn{0}, kernelFaultIn{0}, syncTimeoutIn{0}, slowMicroseconds{0};

/** Counts down to the armed event; true exactly once, when it is reached. */
bool reached(std::atomic<int64_t>& remaining) {
    if (remaining.load(std::memory_order_relaxed) <= 0) return false;
    return remaining.fetch_sub(1) == 1;
}

constexpr std::pair<std::string_view, int> kNames[] = {
    {"oom", HOSTACL_FAULT_OOM},           {"kernel", HOSTACL_FAULT_KERNEL},
    {"lost", HOSTACL_FAULT_DEVICE_LOST},  {"slow", HOSTACL_FAULT_SLOW_STREAM},
    {"sync", HOSTACL_FAULT_SYNC_TIMEOUT},
};

void armNamed(const std::string& item) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) return;
    for (const auto& [name, kind] : kNames) {
        if (item.compare(0, equals, name) == 0) armFault(kind, std::atoll(item.c_str() + equals + 1));
    }
}

}  // namespace

aclError takeKernelFault(const Task& task) {
    return reached(kernelFaultIn) ? task.exceptionCode() : static_cast<aclError>(ACL_SUCCESS);
}

bool takeOutOfMemoryFault() {
    return reached(outOfMemoryIn);
}
bool takeSyncTimeoutFault() {
    return reached(syncTimeoutIn);
}

void delaySlowStream() {
    const int64_t delay = slowMicroseconds.load(std::memory_order_relaxed);
    if (delay > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay));
}

aclError armFault(int kind, int64_t parameter) {
    if (parameter < 0) {
        return fail(ACL_ERROR_INVALID_PARAM, "fault parameter %lld; expected 0 or more.",
                    static_cast<long long>(parameter));
    }
    switch (kind) {
        case HOSTACL_FAULT_NONE:
            for (auto* armed : {&outOfMemoryIn, &kernelFaultIn, &syncTimeoutIn, &slowMicroseconds})
                *armed = 0;
            return ACL_SUCCESS;
        case HOSTACL_FAULT_OOM:
            outOfMemoryIn = parameter;
            return ACL_SUCCESS;
        case HOSTACL_FAULT_KERNEL:
            kernelFaultIn = parameter;
            return ACL_SUCCESS;
        case HOSTACL_FAULT_SYNC_TIMEOUT:
            syncTimeoutIn = parameter;
            return ACL_SUCCESS;
        case HOSTACL_FAULT_SLOW_STREAM:
            slowMicroseconds = parameter;
            return ACL_SUCCESS;
        case HOSTACL_FAULT_DEVICE_LOST: {
            Device* device = findDevice(parameter);
            if (device == nullptr) {
                return fail(ACL_ERROR_INVALID_PARAM, "fault for device %lld, which does not exist.",
                            static_cast<long long>(parameter));
            }
            device->setError(ACL_ERROR_RT_LOST_HEARTBEAT);
            return ACL_SUCCESS;
        }
        default:
            return fail(ACL_ERROR_INVALID_PARAM, "unknown fault kind %d.", kind);
    }
}

void armFaultsFromEnvironment() {
    const std::string& text = config().fault;
    for (size_t at = 0; at < text.size();) {
        const size_t comma = std::min(text.find(',', at), text.size());
        armNamed(text.substr(at, comma - at));
        at = comma + 1;
    }
}

}  // namespace hostacl

aclError hostaclInjectFault(int kind, int64_t parameter) {
    return hostacl::armFault(kind, parameter);
}
