// A piece of work on a stream.
#pragma once

#include <cstring>
#include <memory>

#include "acl_abi.h"
#include "runtime/hazards.h"

namespace hostacl {

class Stream;

/**
 * A piece of work. Immutable once submitted: the same task may be queued many times (replays of a capture)
 * and runs on the worker of the stream it was queued on.
 */
class Task {
  public:
    explicit Task(const char* name) : name(name) {}
    virtual ~Task() = default;
    Task(const Task&) = default;
    Task& operator=(const Task&) = delete;

    /** Does the work; 0, or the code of a late fault. */
    virtual aclError run(Stream& stream) const = 0;

    /** True for events and host functions: they run even on a stream that has stopped, so that nobody waits
     * forever. */
    virtual bool isControl() const { return false; }
    /** True for operators: the target of injected kernel faults. */
    virtual bool isOperator() const { return false; }
    /** The code of an exception in this task: of the cube unit unless it says otherwise. */
    virtual aclError exceptionCode() const { return ACL_ERROR_RT_AICORE_EXCEPTION; }
    /** True when a task-group update may put this task in the place of `old`. */
    virtual bool replaces(const Task& old) const { return isOperator() && std::strcmp(name, old.name) == 0; }
    /** What the task touches; asked for in checked mode only. */
    virtual Accesses accesses() const { return {}; }

    const char* const name;
};

using TaskPointer = std::shared_ptr<const Task>;

}  // namespace hostacl
