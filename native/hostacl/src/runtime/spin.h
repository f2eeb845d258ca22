// Waiting by spinning for a moment, before a thread goes to sleep: waking costs more than most kernels.
#pragma once

#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hostacl {

inline void pauseCpu() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/** Calls `ready` until it is true or `budget` has passed; returns its last answer. */
template <typename Ready>
bool spinUntil(std::chrono::microseconds budget, Ready ready) {
    if (ready()) return true;
    const auto end = std::chrono::steady_clock::now() + budget;
    do {
        for (int i = 0; i < 32; ++i) {
            pauseCpu();
            if (ready()) return true;
        }
    } while (std::chrono::steady_clock::now() < end);
    return ready();
}

}  // namespace hostacl
