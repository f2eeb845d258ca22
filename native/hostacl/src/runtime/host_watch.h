// Checked mode's watch over host memory of asynchronous copies: targets must not be looked at, sources not
// changed, before the host has been told that the copy is over.
#pragma once

#include <cstddef>
#include <cstdint>

#include "acl_abi.h"
#include "runtime/hazards.h"

namespace hostacl {

/** Begins to watch the host ranges among `accesses` of task `tick` of a stream. */
void watchHostAccesses(uint64_t stream, uint64_t tick, const Accesses& accesses);

/** Ends the watches that `clock` covers. Returns 0, or the code of a misuse (24) that they saw. */
aclError releaseHostWatches(const Clock& clock);

/** Ends every watch on a range without judging it (the memory goes away). */
void dropHostWatches(const Interval& range);

/** Where the runtime itself must read and write pinned host memory: the program's view of it may be closed.
 */
void* hostAlias(const void* address);

/** Memory for pinned allocations that can be watched: two mappings of the same pages. False when the system
 * refuses. */
bool mapTwice(size_t bytes, void** view, uint8_t** alias);
void unmapTwice(void* view, uint8_t* alias, size_t bytes);

}  // namespace hostacl
