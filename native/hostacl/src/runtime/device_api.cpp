// aclrt*Device*: the rules of the ABI reference, section 2.3.
#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

using namespace hostacl;

namespace {

/** Waits for the device's streams within the time that is left; false when it ran out. */
bool waitForStreams(const Device& device, int32_t timeoutMs, aclError& code) {
    const auto start = std::chrono::steady_clock::now();
    auto all = streams().all();
    for (const auto& context : contexts().all()) {
        if (auto stream = context->defaultStreamIfUsed()) all.push_back(std::move(stream));
    }
    for (const auto& stream : all) {
        if (&stream->device() != &device) continue;
        int64_t left = -1;
        if (timeoutMs >= 0) {
            const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::steady_clock::now() - start);
            left = std::max<int64_t>(0, timeoutMs - passed.count());
        }
        if (!stream->waitUntilIdle(left)) return false;
        if (const aclError seen = stream->observe(); seen != ACL_SUCCESS) code = seen;
    }
    return true;
}

/** Ends the primary context and the device's errors. `device.mutex` is held. */
void releasePrimary(Device& device) {
    const auto primary = std::move(device.primary);
    device.references = 0;
    if (primary) {
        primary->destroy();
        contexts().remove(primary.get());
        uncount(stats().liveContexts);
    }
    device.clearError();
    for (const auto& context : contexts().all()) {
        if (&context->device == &device) context->stopped.store(ACL_SUCCESS);
    }
}

aclError reset(const char* function, int32_t deviceId, bool force) {
    aclError code;
    Device* device = requireDevice(function, deviceId, code);
    if (device == nullptr) return code;
    std::lock_guard lock(device->mutex);
    if (!device->primary) {
        return misuse(8, "%s: device %d is not set, or was reset already.", function, deviceId);
    }
    if (force || --device->references == 0) releasePrimary(*device);
    return ACL_SUCCESS;
}

int64_t coreCount(aclrtDevAttr attr) {
    const bool b4 = config().soc.rfind("Ascend910B4", 0) == 0 || config().soc.rfind("Ascend910B3", 0) == 0;
    const bool vector = attr == ACL_DEV_ATTR_VECTOR_CORE_NUM;
    if (config().isAscend310P()) return vector ? 7 : 8;
    return (b4 ? 20 : 24) * (vector ? 2 : 1);
}

}  // namespace

aclError aclrtGetDeviceCount(uint32_t* count) {
    if (const aclError code = requireInitialized(__func__); code != ACL_SUCCESS) return code;
    if (count == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the count pointer is null.", __func__);
    *count = static_cast<uint32_t>(config().devices);
    return ACL_SUCCESS;
}

aclError aclrtGetDevice(int32_t* deviceId) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (deviceId == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the id pointer is null.", __func__);
    *deviceId = context->device.id;
    return ACL_SUCCESS;
}

aclError aclrtSetDevice(int32_t deviceId) {
    aclError code;
    Device* device = requireDevice(__func__, deviceId, code);
    if (device == nullptr) return code;
    std::lock_guard lock(device->mutex);
    if (!device->primary) {
        device->primary = std::make_shared<Context>(*device, true);
        contexts().add(device->primary);
        count(stats().liveContexts);
    }
    ++device->references;
    setCurrentContext(device->primary);
    return ACL_SUCCESS;
}

aclError aclrtResetDevice(int32_t deviceId) {
    return reset(__func__, deviceId, false);
}
aclError aclrtResetDeviceForce(int32_t deviceId) {
    return reset(__func__, deviceId, true);
}

aclError aclrtSynchronizeDevice() {
    return aclrtSynchronizeDeviceWithTimeout(-1);
}

aclError aclrtSynchronizeDeviceWithTimeout(int32_t timeout) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (timeout < -1 || timeout == 0) {
        return misuse(12, "%s: a timeout of %d ms; expected -1 (forever) or more than 0.", __func__, timeout);
    }
    if (context->captures.load() > 0) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURED, "%s: a stream of the context is capturing.", __func__);
    }
    count(stats().synchronizes);
    if (!waitForStreams(context->device, timeout, code)) {
        return fail(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "%s: the device's work was not over within %d ms.",
                    __func__, timeout);
    }
    if (code != ACL_SUCCESS) return code;
    const aclError error = context->device.error();
    return error == ACL_SUCCESS
               ? error
               : fail(error, "%s: earlier work failed on device %d; reset it.", __func__, context->device.id);
}

aclError aclrtQueryDeviceStatus(int32_t deviceId, aclrtDeviceStatus* deviceStatus) {
    aclError code;
    const Device* device = requireDevice(__func__, deviceId, code);
    if (device == nullptr) return code;
    if (deviceStatus == nullptr)
        return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    *deviceStatus =
        device->error() == ACL_SUCCESS ? ACL_RT_DEVICE_STATUS_NORMAL : ACL_RT_DEVICE_STATUS_ABNORMAL;
    return ACL_SUCCESS;
}

aclError aclrtGetDeviceUtilizationRate(int32_t deviceId, aclrtUtilizationInfo* info) {
    aclError code;
    const Device* device = requireDevice(__func__, deviceId, code);
    if (device == nullptr) return code;
    if (info == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the info pointer is null.", __func__);
    bool busy = false;
    for (const auto& stream : streams().all())
        busy = busy || (&stream->device() == device && !stream->idle());
    const int32_t compute = busy ? 100 : 0;
    const auto memory = static_cast<int32_t>(100.0 * static_cast<double>(device->usedBytes()) /
                                             static_cast<double>(config().deviceMemoryBytes));
    *info = {compute, compute, 0, memory, nullptr};
    return ACL_SUCCESS;
}

aclError aclrtDeviceCanAccessPeer(int32_t* canAccessPeer, int32_t deviceId, int32_t peerDeviceId) {
    aclError code;
    if (requireDevice(__func__, deviceId, code) == nullptr ||
        requireDevice(__func__, peerDeviceId, code) == nullptr)
        return code;
    if (canAccessPeer == nullptr)
        return fail(ACL_ERROR_INVALID_PARAM, "%s: the result pointer is null.", __func__);
    *canAccessPeer = deviceId != peerDeviceId ? 1 : 0;
    return ACL_SUCCESS;
}

// All devices share the machine's memory: access is always possible, and these calls only check their
// arguments.
aclError aclrtDeviceEnablePeerAccess(int32_t peerDeviceId, uint32_t flags) {
    aclError code;
    if (requireDevice(__func__, peerDeviceId, code) == nullptr) return code;
    return flags == 0 ? code
                      : fail(ACL_ERROR_RT_PARAM_INVALID, "%s: flags 0x%x; expected 0.", __func__, flags);
}

aclError aclrtDeviceDisablePeerAccess(int32_t peerDeviceId) {
    aclError code;
    requireDevice(__func__, peerDeviceId, code);
    return code;
}

aclError aclGetDeviceCapability(uint32_t deviceId, aclDeviceInfo deviceInfo, int64_t* value) {
    switch (deviceInfo) {
        case ACL_DEVICE_INFO_AI_CORE_NUM:
            return aclrtGetDeviceInfo(deviceId, ACL_DEV_ATTR_AICORE_CORE_NUM, value);
        case ACL_DEVICE_INFO_VECTOR_CORE_NUM:
            return aclrtGetDeviceInfo(deviceId, ACL_DEV_ATTR_VECTOR_CORE_NUM, value);
        case ACL_DEVICE_INFO_L2_SIZE:
            return aclrtGetDeviceInfo(deviceId, ACL_DEV_ATTR_L2_CACHE_SIZE, value);
    }
    return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown information %d.", __func__, deviceInfo);
}

aclError aclrtGetDeviceInfo(uint32_t deviceId, aclrtDevAttr attr, int64_t* value) {
    aclError code;
    if (requireDevice(__func__, deviceId, code) == nullptr) return code;
    if (value == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the value pointer is null.", __func__);
    switch (attr) {
        case ACL_DEV_ATTR_AICPU_CORE_NUM:
            *value = config().threads;
            break;
        case ACL_DEV_ATTR_AICORE_CORE_NUM:
        case ACL_DEV_ATTR_CUBE_CORE_NUM:
        case ACL_DEV_ATTR_VECTOR_CORE_NUM:
            *value = coreCount(attr);
            break;
        case ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE:
            *value = static_cast<int64_t>(config().deviceMemoryBytes);
            break;
        case ACL_DEV_ATTR_L2_CACHE_SIZE:
            *value = int64_t{96} << 20;
            break;
        case ACL_DEV_ATTR_IS_VIRTUAL:
            *value = 0;
            break;
        case ACL_DEV_ATTR_NPU_ARCH:
            *value = config().isAscend310P() ? 2002 : 2201;
            break;
        default:
            return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown attribute %d.", __func__, attr);
    }
    return ACL_SUCCESS;
}
