// The bytes behind a device allocation: plain in fast mode, guarded and filled in checked mode.
#pragma once

#include <cstddef>

#include "runtime/allocations.h"

namespace hostacl {

inline constexpr size_t kDeviceAlignment = 64;  // bytes, of every address that is given out
inline constexpr size_t kHugePage = 2 << 20;
inline constexpr unsigned char kNanPattern = 0xFF;  // a NaN in every float type, -1 in every integer type

inline size_t alignUp(size_t value, size_t unit) {
    return (value + unit - 1) / unit * unit;
}

/** Gets memory for `size` bytes, of which `charged` count against the device; false when the machine has
 * none. */
bool obtainMemory(Allocation& allocation, size_t size, size_t charged);

/** Gives the memory back; false when bytes around a guarded allocation were overwritten. */
bool returnMemory(const Allocation& allocation);

}  // namespace hostacl
