// One operator of a program through both phases on a stream.
#pragma once

#include <memory>
#include <vector>

#include "buffer.h"
#include "program.h"

namespace ascendcl {

/** What a run fills a program's slots with. */
struct Bindings {
    std::vector<std::shared_ptr<Buffer>> buffers;
    std::vector<std::vector<int64_t>> lengths;
};

/** Where operators get scratch memory. */
class WorkspaceSource {
  public:
    virtual ~WorkspaceSource() = default;
    /** At least `bytes`; the caller keeps it while work is in flight on it. Throws `Failure`. */
    virtual std::shared_ptr<Buffer> atLeast(uint64_t bytes) = 0;
};

/** One growing buffer for all operators of a stream, since a stream is serial. */
class Workspace : public WorkspaceSource {
  public:
    explicit Workspace(std::shared_ptr<Device> device) : device_(std::move(device)) {}
    std::shared_ptr<Buffer> atLeast(uint64_t bytes) override;

  private:
    const std::shared_ptr<Device> device_;
    std::shared_ptr<Buffer> buffer_;
};

/** The buffer that a captured operator used: an update must use the same. */
class FixedWorkspace : public WorkspaceSource {
  public:
    explicit FixedWorkspace(std::shared_ptr<Buffer> buffer) : buffer_(std::move(buffer)) {}
    std::shared_ptr<Buffer> atLeast(uint64_t bytes) override;

  private:
    const std::shared_ptr<Buffer> buffer_;
};

/**
 * Submits an operator. Returns the workspace it uses, null when none; the caller keeps it until the stream
 * has passed. Throws `Failure` that names the phase.
 */
std::shared_ptr<Buffer> submitOperator(const Program& program, const Step& step, const Bindings& bindings,
                                       WorkspaceSource& workspace, aclrtStream stream);

}  // namespace ascendcl
