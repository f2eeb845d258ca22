#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels.h"
#include "scalar/scalar.h"

namespace hostacl::kernels {
namespace {

struct Candidate {
    const KernelSet* set;
    bool (*runs)();
};

bool always() {
    return true;
}

/** Best first. */
constexpr Candidate kCandidates[] = {
    {&scalar::kSet, always},
};

const KernelSet* best() {
    const char* wanted = std::getenv("HOSTACL_ISA");
    if (wanted != nullptr && byName(wanted) != nullptr) return byName(wanted);
    for (const Candidate& candidate : kCandidates)
        if (candidate.runs()) return candidate.set;
    return &scalar::kSet;
}

std::atomic<const KernelSet*>& chosen() {
    static std::atomic<const KernelSet*> set{best()};
    return set;
}

}  // namespace

const KernelSet& active() {
    return *chosen().load(std::memory_order_acquire);
}

const KernelSet* byName(const char* name) {
    for (const Candidate& candidate : kCandidates)
        if (std::strcmp(candidate.set->name, name) == 0 && candidate.runs()) return candidate.set;
    return nullptr;
}

bool select(const char* name) {
    const KernelSet* set = byName(name);
    if (set == nullptr) return false;
    chosen().store(set, std::memory_order_release);
    return true;
}

const char* availableNames() {
    static const char* const names = [] {
        static char text[64] = "";
        for (const Candidate& candidate : kCandidates) {
            if (!candidate.runs()) continue;
            if (text[0] != '\0') std::strcat(text, ",");
            std::strcat(text, candidate.set->name);
        }
        return static_cast<const char*>(text);
    }();
    return names;
}

}  // namespace hostacl::kernels
