#include "runtime/hazards.h"

#include <algorithm>

namespace hostacl {
namespace {

bool isBefore(const Clock& clock, uint64_t stream, uint64_t tick) {
    const auto it = clock.find(stream);
    return it != clock.end() && tick <= it->second;
}

const Access* firstOverlap(const Accesses& accesses, const Intervals& intervals, bool alsoReads) {
    for (const Access& a : accesses) {
        if ((a.write || alsoReads) && overlaps(a.intervals, intervals)) return &a;
    }
    return nullptr;
}

}  // namespace

void mergeClock(Clock& into, const Clock& other) {
    for (const auto& [stream, tick] : other) {
        auto& mine = into[stream];
        mine = std::max(mine, tick);
    }
}

Conflict Hazards::admit(uint64_t stream, uint64_t tick, const Accesses& accesses, const char* name) {
    std::lock_guard lock(mutex_);
    Clock& clock = clocks_[stream];
    for (const Entry& earlier : entries_) {
        if (earlier.stream == stream || isBefore(clock, earlier.stream, earlier.tick)) continue;
        for (const Access& mine : accesses) {
            if (mine.indirect) continue;
            for (const Access& theirs : earlier.accesses) {
                if (theirs.indirect || (!mine.write && !theirs.write)) continue;
                if (!overlaps(mine.intervals, theirs.intervals)) continue;
                return {std::string(name) + (mine.write ? " writes" : " reads") + " what " + earlier.name +
                            (theirs.write ? " writes" : " reads") + " on another stream",
                        theirs.write, theirs.host};
            }
        }
    }
    clock[stream] = tick;
    if (!accesses.empty()) entries_.push_back({stream, tick, name, accesses});
    return {};
}

Clock Hazards::clockOf(uint64_t stream) {
    std::lock_guard lock(mutex_);
    return clocks_[stream];
}

void Hazards::join(uint64_t stream, const Clock& clock) {
    std::lock_guard lock(mutex_);
    mergeClock(clocks_[stream], clock);
}

void Hazards::observe(const Clock& clock) {
    std::lock_guard lock(mutex_);
    mergeClock(observed_, clock);
    std::erase_if(entries_, [this](const Entry& e) { return isBefore(observed_, e.stream, e.tick); });
}

Conflict Hazards::pending(const Intervals& intervals, bool alsoReads) {
    std::lock_guard lock(mutex_);
    for (const Entry& e : entries_) {
        if (const Access* a = firstOverlap(e.accesses, intervals, alsoReads))
            return {e.name, a->write, a->host};
    }
    return {};
}

void Hazards::drop(uint64_t stream) {
    std::lock_guard lock(mutex_);
    std::erase_if(entries_, [stream](const Entry& e) { return e.stream == stream; });
    clocks_.erase(stream);
    observed_.erase(stream);
}

Hazards& hazards() {
    static auto* instance = new Hazards;
    return *instance;
}

}  // namespace hostacl
