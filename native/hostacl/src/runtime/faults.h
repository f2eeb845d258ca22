// Faults on demand: what a program must survive on a real device, made to happen at a chosen moment.
#pragma once

#include <cstdint>

#include "acl_abi.h"
#include "runtime/task.h"

namespace hostacl {

/** The code with which this operator is to fail late, or 0. Counts one launched operator. */
aclError takeKernelFault(const Task& task);
/** True when this device allocation is to answer 207001. Counts one allocation. */
bool takeOutOfMemoryFault();
/** True when this stream synchronise is to answer 507046. Counts one synchronise. */
bool takeSyncTimeoutFault();
/** Sleeps for the time by which every task is slowed down. */
void delaySlowStream();

/** Arms a fault of hostacl.h; 100000 for an unknown kind or a bad parameter. */
aclError armFault(int kind, int64_t parameter);
/** Arms what HOSTACL_FAULT asks for: "oom=3,kernel=1,lost=0,slow=500,sync=1". */
void armFaultsFromEnvironment();

}  // namespace hostacl
