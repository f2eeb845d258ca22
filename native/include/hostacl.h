// What libhostacl offers beside the AscendCL ABI: counters, checked mode, fault injection, instruction sets.
// A program tells the host implementation from CANN by the presence of the symbol hostaclGetStats.
#pragma once

#include "acl_types.h"

#if defined(HOSTACL_BUILD)
#define HOSTACL_API __attribute__((visibility("default")))
#else
#define HOSTACL_API
#endif

// Counters since process start or hostaclResetStats, over all devices. Sizes in bytes.
typedef struct hostaclStats {
    uint64_t liveDeviceBytes;  // allocated by aclrtMalloc and not freed
    uint64_t peakDeviceBytes;  // highest liveDeviceBytes since the last reset
    uint64_t liveHostBytes;    // pinned, by aclrtMallocHost
    uint64_t registeredBytes;  // host memory visible to devices by aclrtHostRegister
    uint64_t mallocs;          // calls of aclrtMalloc and relatives
    uint64_t frees;            // calls of aclrtFree
    uint64_t synchronizes;     // calls that wait for a device, stream or event
    uint64_t phase1Calls;      // aclnn*GetWorkspaceSize
    uint64_t launches;         // tasks put on streams
    uint64_t replays;          // aclmdlRIExecute and aclmdlRIExecuteAsync
    uint64_t misuses;          // found by checked mode
    // Live handles by kind.
    uint64_t liveContexts;
    uint64_t liveStreams;
    uint64_t liveEvents;
    uint64_t liveAllocations;  // device allocations
    uint64_t liveTensors;
    uint64_t liveScalars;
    uint64_t liveArrays;  // int, float and bool arrays
    uint64_t liveLists;   // tensor and scalar lists
    uint64_t liveExecutors;
    uint64_t liveModels;  // captured model instances
} hostaclStats;

typedef enum hostaclFaultKind {
    HOSTACL_FAULT_NONE = 0,    // removes every injected fault (not a sticky device error: reset the device)
    HOSTACL_FAULT_OOM = 1,     // the parameter-th device malloc from now (1 = the next) answers 207001, once
    HOSTACL_FAULT_KERNEL = 2,  // the parameter-th launched operator from now fails late: 507015 or 507035
    HOSTACL_FAULT_DEVICE_LOST = 3,   // device <parameter> answers 507010 until it is reset
    HOSTACL_FAULT_SLOW_STREAM = 4,   // every task takes <parameter> microseconds longer; 0 = off
    HOSTACL_FAULT_SYNC_TIMEOUT = 5,  // the parameter-th stream synchronise from now answers 507046, once
} hostaclFaultKind;

#ifdef __cplusplus
extern "C" {
#endif

// Fills *stats. Returns 0, or 100000 for a null pointer.
HOSTACL_API aclError hostaclGetStats(hostaclStats* stats);

// Sets the call counters to 0 and peakDeviceBytes to liveDeviceBytes, so that a region can be measured.
HOSTACL_API void hostaclResetStats(void);

// Turns checked mode on (1) or off (0). Call it before the first allocation: memory and handles made
// before are not known to the checks. The initial state is the environment's HOSTACL_CHECKED.
HOSTACL_API void hostaclSetChecked(int enabled);
HOSTACL_API int hostaclGetChecked(void);

// Arms a fault (see hostaclFaultKind). Returns 0, or 100000 for an unknown kind or a negative parameter.
HOSTACL_API aclError hostaclInjectFault(int kind, int64_t parameter);

// The latest misuse that checked mode found in this process: "#18 ...", the number being that of the
// ABI reference's section 7. NULL when there is none. Valid until the next call on the same thread.
HOSTACL_API const char* hostaclLastMisuse(void);
HOSTACL_API int hostaclLastMisuseNumber(void);  // 0 = none
HOSTACL_API void hostaclClearMisuse(void);

// The instruction set whose kernels run: "scalar", "avx2", "avx512", "amx" (avx512 with bf16 products on AMX
// tiles) or "neon". The initial one is the environment's HOSTACL_ISA, else the best that the machine runs. A
// HOSTACL_ISA that names none of these, or one that the machine cannot run, makes aclInit return 100000.
HOSTACL_API const char* hostaclGetIsa(void);
// Chooses kernels for work launched from now on by one of these names ("scalar", "avx2", "avx512", "amx",
// "neon"). Returns 100000 when this machine cannot run them.
HOSTACL_API aclError hostaclSetIsa(const char* name);

#ifdef __cplusplus
}
#endif
