// A captured program: replayed with new uploads and lengths at frozen addresses.
#pragma once

#include <memory>
#include <vector>

#include "run.h"
#include "stream_handles.h"

namespace ascendcl {

class Graph : public Resource {
  public:
    /** Captures a run's program on its stream's thread, with nothing else in flight. Throws `Failure`. */
    static std::shared_ptr<Graph> capture(Run& run, StreamHandles& handles);

    /**
     * Updates lengths and uploads and executes. On the stream's thread, with no earlier replay of this graph
     * in flight. Throws `Failure`.
     */
    void replay(Run& run, StreamHandles& handles);

    /** Copies what a finished replay wrote to the run's downloads. */
    void collect(const Run& run) const;

  private:
    /** An operator that reads lengths, recorded as a task group of its own. */
    struct UpdatableStep {
        size_t step;
        aclrtTaskGrp group;
        std::shared_ptr<Buffer> workspace;
    };

    Graph(const std::shared_ptr<Device>& device, aclmdlRI model)
        : Resource(device, [model] { ACL_QUIET(aclmdlRIDestroy, model); }), model_(model) {}

    void updateLengths(Run& run, StreamHandles& handles);

    const aclmdlRI model_;
    // Everything whose address is frozen in the model.
    std::shared_ptr<const Program> program_;
    Bindings bindings_;
    std::vector<std::shared_ptr<Buffer>> workspaces_;
    std::shared_ptr<PinnedMemory> staging_;
    StagingLayout layout_;
    std::vector<UpdatableStep> updatable_;
};

}  // namespace ascendcl
