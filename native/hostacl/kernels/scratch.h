// Per-thread scratch memory that outlives a call.
#pragma once

#include <cstddef>

namespace hostacl::kernels {

/** Independent scratch areas of a thread: a kernel and the kernels it calls use different ones. */
enum class ScratchSlot { Operand, Weight, Packed, Scales, Row, Score, Value, State, Im2col, Count };

/**
 * At least `bytes` bytes aligned to 64, private to the calling thread and `slot`; the content is undefined
 * and the address holds until the next request for that slot. Grows only. Freed when the thread ends.
 */
void* scratch(ScratchSlot slot, size_t bytes);

}  // namespace hostacl::kernels
