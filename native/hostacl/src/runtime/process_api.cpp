// aclInit to aclFinalize, versions, and switches of the whole process.
#include <cstdio>
#include <cstring>

#include "hostacl.h"
#include "kernels.h"
#include "runtime/config.h"
#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/faults.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

using namespace hostacl;

namespace {

std::mutex initMutex;
std::atomic<uint64_t> initCount{0};

constexpr int32_t kAclVersion[] = {1, 13, 0};  // of CANN 8.1.RC1
constexpr const char* kCannVersion = "8.1.RC1";

/** Checked mode: says what the program left behind. */
void reportLeaks() {
    const Stats& s = stats();
    if (s.liveContexts + s.liveStreams + s.liveEvents + s.liveAllocations + s.liveExecutors + s.liveTensors ==
        0)
        return;
    misuse(3,
           "aclFinalize with %llu contexts, %llu streams, %llu events, %llu device allocations, %llu "
           "executors and "
           "%llu tensors alive: destroy and free them, then reset the devices.",
           static_cast<unsigned long long>(s.liveContexts), static_cast<unsigned long long>(s.liveStreams),
           static_cast<unsigned long long>(s.liveEvents), static_cast<unsigned long long>(s.liveAllocations),
           static_cast<unsigned long long>(s.liveExecutors), static_cast<unsigned long long>(s.liveTensors));
}

/** IEEE half to float by its fields, for the two conversion functions of the ABI. */
float floatFromHalf(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 0x1F;
    uint32_t mantissa = half & 0x3FF;
    uint32_t bits = sign;
    if (exponent == 0x1F) {
        bits |= 0x7F800000U | mantissa << 13;
    } else if (exponent != 0) {
        bits |= (exponent + 112) << 23 | mantissa << 13;
    } else if (mantissa != 0) {
        exponent = 113;
        while ((mantissa & 0x400) == 0) {
            mantissa <<= 1;
            --exponent;
        }
        bits |= exponent << 23 | (mantissa & 0x3FF) << 13;
    }
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

uint16_t halfFromFloat(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
    const uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return sign | 0x7E00;   // NaN
    if (magnitude >= 0x477FF000) return sign | 0x7C00;  // rounds to 65536 or more: infinity
    if (magnitude < 0x33000001) return sign;            // at most half of the smallest subnormal
    const int exponent = static_cast<int>(magnitude >> 23) - 112;
    uint32_t mantissa = (magnitude & 0x7FFFFF) | 0x800000;
    const int drop = exponent > 0 ? 13 : 14 - exponent;
    const uint32_t kept = mantissa >> drop;
    const uint32_t rest = mantissa & ((1U << drop) - 1);
    const uint32_t middle = 1U << (drop - 1);
    uint32_t result = exponent > 0 ? kept - 0x400 + (static_cast<uint32_t>(exponent) << 10) : kept;
    if (rest > middle || (rest == middle && (kept & 1) != 0)) ++result;
    return static_cast<uint16_t>(sign | result);
}

}  // namespace

namespace hostacl {

aclError requireInitialized(const char* function) {
    if (initCount.load(std::memory_order_acquire) > 0) return ACL_SUCCESS;
    return misuse(1, "%s was called before aclInit, or after aclFinalize.", function);
}

}  // namespace hostacl

aclError aclInit(const char*) {
    std::lock_guard lock(initMutex);
    if (initCount.load() > 0) {
        initCount.fetch_add(1);
        return misuse(2, "aclInit was called before; the first configuration holds.");
    }
    if (const char* name = kernels::unusableName(); name != nullptr) {
        return fail(
            ACL_ERROR_INVALID_PARAM,
            "HOSTACL_ISA=%s is no instruction set that this CPU runs with this library: set it to one of "
            "%s, or unset it to get the first of them.",
            name, kernels::availableNames());
    }
    if (const std::string& unusable = config().unusable; !unusable.empty()) {
        return fail(ACL_ERROR_INVALID_PARAM, "%s", unusable.c_str());
    }
    initCount.store(1);
    armFaultsFromEnvironment();
    return ACL_SUCCESS;
}

aclError aclFinalizeReference(uint64_t* refCount) {
    std::lock_guard lock(initMutex);
    if (initCount.load() == 0) return misuse(3, "aclFinalizeReference without aclInit.");
    if (initCount.load() == 1 && checked()) reportLeaks();
    const uint64_t left = initCount.fetch_sub(1) - 1;
    if (refCount != nullptr) *refCount = left;
    return ACL_SUCCESS;
}

aclError aclFinalize() {
    std::lock_guard lock(initMutex);
    if (initCount.load() == 0) return misuse(3, "aclFinalize was called before, or without aclInit.");
    if (checked()) reportLeaks();
    initCount.store(0);
    return ACL_SUCCESS;
}

aclError aclrtGetRunMode(aclrtRunMode* runMode) {
    if (runMode == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the mode pointer is null.", __func__);
    *runMode = ACL_HOST;
    return ACL_SUCCESS;
}

aclError aclrtGetVersion(int32_t* majorVersion, int32_t* minorVersion, int32_t* patchVersion) {
    if (majorVersion == nullptr || minorVersion == nullptr || patchVersion == nullptr) {
        return fail(ACL_ERROR_INVALID_PARAM, "%s: a result pointer is null.", __func__);
    }
    *majorVersion = kAclVersion[0];
    *minorVersion = kAclVersion[1];
    *patchVersion = kAclVersion[2];
    return ACL_SUCCESS;
}

aclError aclsysGetCANNVersion(aclCANNPackageName name, aclCANNPackageVersion* version) {
    if (version == nullptr)
        return fail(ACL_ERROR_INVALID_PARAM, "%s: the version pointer is null.", __func__);
    if (name < ACL_PKG_NAME_CANN || name > ACL_PKG_NAME_DRIVER) {
        return fail(ACL_ERROR_INVALID_PARAM, "%s: unknown package %d.", __func__, name);
    }
    *version = {};
    std::snprintf(version->version, sizeof version->version, "%s", kCannVersion);
    std::snprintf(version->majorVersion, sizeof version->majorVersion, "8");
    std::snprintf(version->minorVersion, sizeof version->minorVersion, "1");
    std::snprintf(version->releaseVersion, sizeof version->releaseVersion, "RC1");
    return ACL_SUCCESS;
}

const char* aclrtGetSocName() {
    return config().soc.c_str();
}

// aclInit covers these; calling them as well is no error.
aclnnStatus aclnnInit(const char*) {
    return ACLNN_SUCCESS;
}
aclnnStatus aclnnFinalize() {
    return ACLNN_SUCCESS;
}

// Results do not depend on these switches: sums have one order whatever the number of threads, and overflow
// follows IEEE as on the 910B by default.
aclError aclrtSetSysParamOpt(aclSysParamOpt, int64_t) {
    return requireInitialized(__func__);
}
aclError aclrtCtxSetSysParamOpt(aclSysParamOpt, int64_t) {
    aclError code;
    requireContext(__func__, code);
    return code;
}
aclError aclrtSetDeviceSatMode(aclrtFloatOverflowMode mode) {
    if (mode == ACL_RT_OVERFLOW_MODE_INFNAN) return requireInitialized(__func__);
    return fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "%s: only the INF/NaN mode (1) is implemented.", __func__);
}

size_t aclDataTypeSize(aclDataType dataType) {
    switch (dataType) {
        case ACL_COMPLEX64:
            return 8;
        case ACL_COMPLEX128:
            return 16;
        case ACL_COMPLEX32:
            return 4;
        default:
            return static_cast<size_t>(kernels::elementSize(dataType));
    }
}

float aclFloat16ToFloat(aclFloat16 value) {
    return floatFromHalf(value);
}
aclFloat16 aclFloatToFloat16(float value) {
    return halfFromFloat(value);
}

void hostaclSetChecked(int enabled) {
    detail::checkedMode.store(enabled != 0);
}
int hostaclGetChecked() {
    return checked() ? 1 : 0;
}

const char* hostaclGetIsa() {
    return kernels::active().name;
}

aclError hostaclSetIsa(const char* name) {
    if (name != nullptr && kernels::select(name)) return ACL_SUCCESS;
    return fail(ACL_ERROR_INVALID_PARAM, "instruction set %s is not available here; available: %s.",
                name == nullptr ? "(null)" : name, kernels::availableNames());
}
