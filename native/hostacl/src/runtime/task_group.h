// Replacing the tasks of a captured task group between replays.
#pragma once

#include <memory>
#include <vector>

#include "runtime/capture.h"
#include "runtime/task.h"

namespace hostacl {

/** An update in progress: collects what is submitted to the updating stream, in place of running it. */
class TaskGroupUpdate {
  public:
    TaskGroupUpdate(std::shared_ptr<Model> model, std::shared_ptr<TaskGroup> group)
        : model_(std::move(model)), group_(std::move(group)) {}

    /** Takes the next operator; it must be of the same kind and use the same workspace as the one it
     * replaces. */
    aclError add(TaskPointer task);
    /** 0 when every task of the group has its replacement, else 107034. */
    aclError complete() const;
    /** The task that puts the replacements in, when the stream reaches it. */
    TaskPointer makeTask() const;
    /** Ends the update without effect. */
    void cancel() const;

  private:
    const std::shared_ptr<Model> model_;
    const std::shared_ptr<TaskGroup> group_;
    std::vector<TaskPointer> replacements_;
};

}  // namespace hostacl
