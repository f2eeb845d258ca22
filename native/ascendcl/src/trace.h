// OSUM_DEVICE_TRACE=1 writes each call of the opened libraries to stderr with a sequence number.
#pragma once

#include <cstdint>

namespace ascendcl {

/** Whether tracing is on; read once. */
bool tracing();

/** Writes one line: sequence number, thread, function, answer. */
void traceCall(const char* function, int64_t answer);

}  // namespace ascendcl
