#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kernels.h"
#include "scalar/scalar.h"

#if defined(__x86_64__)
#include "avx512/avx512.h"  // amx::available
#include "x86_sets.h"
#elif defined(__aarch64__)
#include "neon/neon.h"
#endif

namespace hostacl::kernels {
namespace {

struct Candidate {
    KernelSet set;
    bool usable;
};

/** All sets that were built, best first. The operating system's support is part of __builtin_cpu_supports. */
const std::vector<Candidate>& candidates() {
    static const std::vector<Candidate> all = [] {
        std::vector<Candidate> sets;
#if defined(__x86_64__)
        __builtin_cpu_init();
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
        sets.push_back({amxSet(), avx512 && amx::available()});
        sets.push_back({avx512Set(), avx512});
        sets.push_back({avx2Set(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")});
#elif defined(__aarch64__)
        sets.push_back({neon::kernelSet(), true});
#endif
        sets.push_back({scalar::kSet, true});
        return sets;
    }();
    return all;
}

/** The value of HOSTACL_ISA, or null when it is unset or empty. */
const char* nameFromEnvironment() {
    const char* text = std::getenv("HOSTACL_ISA");
    return text != nullptr && *text != '\0' ? text : nullptr;
}

const KernelSet* initial() {
    const char* wanted = nameFromEnvironment();
    const KernelSet* named = wanted == nullptr ? nullptr : byName(wanted);
    if (named != nullptr) return named;
    for (const Candidate& candidate : candidates())
        if (candidate.usable) return &candidate.set;
    return &scalar::kSet;
}

std::atomic<const KernelSet*>& chosen() {
    static std::atomic<const KernelSet*> set{initial()};
    return set;
}

}  // namespace

const KernelSet& active() {
    return *chosen().load(std::memory_order_acquire);
}

const KernelSet* byName(const char* name) {
    for (const Candidate& candidate : candidates())
        if (candidate.usable && std::strcmp(candidate.set.name, name) == 0) return &candidate.set;
    return nullptr;
}

bool select(const char* name) {
    const KernelSet* set = byName(name);
    if (set == nullptr) return false;
    chosen().store(set, std::memory_order_release);
    return true;
}

const char* unusableName() {
    const char* wanted = nameFromEnvironment();
    return wanted != nullptr && byName(wanted) == nullptr ? wanted : nullptr;
}

const char* availableNames() {
    static const std::string names = [] {
        std::string text;
        for (const Candidate& candidate : candidates())
            if (candidate.usable) text += (text.empty() ? "" : ",") + std::string(candidate.set.name);
        return text;
    }();
    return names.c_str();
}

}  // namespace hostacl::kernels
