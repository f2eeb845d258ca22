#include "trace.h"

#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ascendcl {

bool tracing() {
    static const bool on = [] {
        const char* value = std::getenv("OSUM_DEVICE_TRACE");
        return value != nullptr && std::strcmp(value, "") != 0 && std::strcmp(value, "0") != 0;
    }();
    return on;
}

void traceCall(const char* function, int64_t answer) {
    static std::atomic<uint64_t> sequence{0};
    char thread[16] = "";
    pthread_getname_np(pthread_self(), thread, sizeof(thread));
    std::fprintf(stderr, "acl %llu [%s] %s -> %lld\n", static_cast<unsigned long long>(++sequence), thread,
                 function, static_cast<long long>(answer));
}

}  // namespace ascendcl
