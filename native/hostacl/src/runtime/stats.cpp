#include "runtime/stats.h"

#include "acl_errors.h"
#include "hostacl.h"

namespace hostacl {

Stats& stats() {
    static Stats instance;
    return instance;
}

}  // namespace hostacl

aclError hostaclGetStats(hostaclStats* out) {
    if (out == nullptr) return ACL_ERROR_INVALID_PARAM;
    const auto& s = hostacl::stats();
    *out = {
        .liveDeviceBytes = s.liveDeviceBytes,
        .peakDeviceBytes = s.peakDeviceBytes,
        .liveHostBytes = s.liveHostBytes,
        .registeredBytes = s.registeredBytes,
        .mallocs = s.mallocs,
        .frees = s.frees,
        .synchronizes = s.synchronizes,
        .phase1Calls = s.phase1Calls,
        .launches = s.launches,
        .replays = s.replays,
        .misuses = s.misuses,
        .liveContexts = s.liveContexts,
        .liveStreams = s.liveStreams,
        .liveEvents = s.liveEvents,
        .liveAllocations = s.liveAllocations,
        .liveTensors = s.liveTensors,
        .liveScalars = s.liveScalars,
        .liveArrays = s.liveArrays,
        .liveLists = s.liveLists,
        .liveExecutors = s.liveExecutors,
        .liveModels = s.liveModels,
    };
    return ACL_SUCCESS;
}

void hostaclResetStats() {
    auto& s = hostacl::stats();
    s.peakDeviceBytes = s.liveDeviceBytes.load();
    for (auto* counter :
         {&s.mallocs, &s.frees, &s.synchronizes, &s.phase1Calls, &s.launches, &s.replays, &s.misuses}) {
        *counter = 0;
    }
}
