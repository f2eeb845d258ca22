#include "graph.h"

#include "submission.h"

namespace ascendcl {
namespace {

bool readsLengths(const Program& program, const Step& step) {
    if (step.operation < 0) return false;
    for (uint32_t i = 0; i < step.argumentCount; i++) {
        if (program.argument(step, i).tag == Tag::kLengths) return true;
    }
    return false;
}

void requireCapturable(const Program& program) {
    for (size_t i = 0; i < program.steps.size(); i++) {
        const int operation = program.steps[i].operation;
        if (operation != kRecord && operation != kWait) continue;
        throw Failure{
            kBadProgram,
            "aclmdlRICaptureBegin",
            static_cast<int>(i),
            {},
            "a captured program cannot record or wait for events; run those in a program of their own"};
    }
}

}  // namespace

std::shared_ptr<Graph> Graph::capture(Run& run, StreamHandles& handles) {
    const Program& program = *run.program;
    requireCapturable(program);
    StagingLayout layout = stagingLayout(run.uploads, run.downloads);
    std::shared_ptr<PinnedMemory> staging = handles.staging.take(layout.bytes);
    std::vector<UpdatableStep> updatable;
    const auto hook = [&](size_t index, const std::function<void()>& submit) {
        const Step& step = program.steps[index];
        if (!readsLengths(program, step)) return submit();
        UpdatableStep recorded{index, nullptr, nullptr};
        ACL_CALL(aclmdlRICaptureTaskGrpBegin, handles.stream);
        submit();
        ACL_CALL(aclmdlRICaptureTaskGrpEnd, handles.stream, &recorded.group);
        if (!run.workspaces.empty()) recorded.workspace = run.workspaces.back();
        updatable.push_back(recorded);
    };
    const Target target{handles.stream, &handles.workspace, staging == nullptr ? nullptr : staging->address(),
                        &layout};
    aclmdlRI model = nullptr;
    ACL_CALL(aclmdlRICaptureBegin, handles.stream, ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL);
    try {
        submitSteps(run, target, hook);
    } catch (...) {
        ACL_QUIET(aclmdlRICaptureEnd, handles.stream, &model);
        if (model != nullptr) ACL_QUIET(aclmdlRIDestroy, model);
        throw;
    }
    ACL_CALL(aclmdlRICaptureEnd, handles.stream, &model);
    std::shared_ptr<Graph> graph(new Graph(handles.device, model));
    graph->program_ = run.program;
    graph->bindings_ = run.bindings;
    graph->workspaces_ = run.workspaces;
    graph->staging_ = std::move(staging);
    graph->layout_ = std::move(layout);
    graph->updatable_ = std::move(updatable);
    return graph;
}

void Graph::replay(Run& run, StreamHandles& handles) {
    requireExists("aclmdlRIExecuteAsync");
    if (run.bindings.lengths != bindings_.lengths) updateLengths(run, handles);
    if (staging_ != nullptr) stageUploads(run, layout_, staging_->address());
    ACL_CALL(aclmdlRIExecuteAsync, model_, handles.stream);
}

void Graph::collect(const Run& run) const {
    if (staging_ != nullptr) collectDownloads(run, layout_, staging_->address());
}

void Graph::updateLengths(Run& run, StreamHandles& handles) {
    for (size_t i = 0; i < bindings_.lengths.size(); i++) {
        if (run.bindings.lengths[i].size() == bindings_.lengths[i].size()) continue;
        throw Failure{kBadProgram,
                      "aclmdlRICaptureTaskUpdateBegin",
                      -1,
                      {},
                      "a captured graph keeps the number of its lengths: captured with " +
                          std::to_string(bindings_.lengths[i].size()) + ", replayed with " +
                          std::to_string(run.bindings.lengths[i].size())};
    }
    const aclrtStream updates = handles.updateStream();
    bindings_.lengths = run.bindings.lengths;
    for (const UpdatableStep& recorded : updatable_) {
        const Step& step = program_->steps[recorded.step];
        try {
            FixedWorkspace workspace(recorded.workspace);
            ACL_CALL(aclmdlRICaptureTaskUpdateBegin, updates, recorded.group);
            submitOperator(*program_, step, bindings_, workspace, updates);
            ACL_CALL(aclmdlRICaptureTaskUpdateEnd, updates);
        } catch (Failure& failure) {
            failure.step = static_cast<int>(recorded.step);
            failure.tensors = program_->tensorTexts(step);
            // Half-updated: the next replay must not believe that these lengths are in place.
            bindings_.lengths.assign(bindings_.lengths.size(), {});
            throw;
        }
    }
    ACL_CALL(aclrtSynchronizeStream, updates);
}

}  // namespace ascendcl
