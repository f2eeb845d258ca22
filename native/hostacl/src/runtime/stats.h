// Process-wide counters behind hostaclGetStats.
#pragma once

#include <atomic>
#include <cstdint>

namespace hostacl {

using Counter = std::atomic<uint64_t>;

struct Stats {
    Counter liveDeviceBytes{0}, peakDeviceBytes{0}, liveHostBytes{0}, registeredBytes{0};
    Counter mallocs{0}, frees{0}, synchronizes{0}, phase1Calls{0}, launches{0}, replays{0}, misuses{0};
    Counter liveContexts{0}, liveStreams{0}, liveEvents{0}, liveAllocations{0};
    Counter liveTensors{0}, liveScalars{0}, liveArrays{0}, liveLists{0}, liveExecutors{0}, liveModels{0};
};

Stats& stats();

inline void count(Counter& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}
inline void uncount(Counter& counter) {
    counter.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace hostacl
