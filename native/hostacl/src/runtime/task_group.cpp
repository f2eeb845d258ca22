#include "runtime/task_group.h"

#include "runtime/errors.h"
#include "runtime/event_tasks.h"
#include "runtime/misuse.h"
#include "runtime/stream.h"

namespace hostacl {
namespace {

class UpdateTask : public ControlTask {
  public:
    UpdateTask(std::shared_ptr<Model> model, std::shared_ptr<TaskGroup> group,
               std::vector<TaskPointer> replacements)
        : ControlTask("aclmdlRICaptureTaskUpdate"),
          model_(std::move(model)),
          group_(std::move(group)),
          replacements_(std::move(replacements)) {}
    aclError run(Stream&) const override {
        for (size_t i = 0; i < replacements_.size(); ++i) model_->replace(group_->nodes[i], replacements_[i]);
        model_->updating.fetch_sub(1);
        group_->updating.store(false);
        return ACL_SUCCESS;
    }

  private:
    const std::shared_ptr<Model> model_;
    const std::shared_ptr<TaskGroup> group_;
    const std::vector<TaskPointer> replacements_;
};

}  // namespace

aclError TaskGroupUpdate::add(TaskPointer task) {
    if (replacements_.size() == group_->nodes.size()) {
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_INTR, "%s: the task group has only %zu tasks.", task->name,
                    group_->nodes.size());
    }
    const TaskPointer old = model_->node(group_->nodes[replacements_.size()]);
    if (!task->replaces(*old)) {
        return fail(
            ACL_ERROR_RT_STREAM_TASK_GROUP_INTR,
            "%s cannot replace %s: an update issues the same operators, in order, in the same workspaces.",
            task->name, old->name);
    }
    replacements_.push_back(std::move(task));
    return ACL_SUCCESS;
}

aclError TaskGroupUpdate::complete() const {
    if (replacements_.size() == group_->nodes.size()) return ACL_SUCCESS;
    return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_INTR, "the update issued %zu of the group's %zu operators.",
                replacements_.size(), group_->nodes.size());
}

TaskPointer TaskGroupUpdate::makeTask() const {
    return std::make_shared<UpdateTask>(model_, group_, replacements_);
}

void TaskGroupUpdate::cancel() const {
    model_->updating.fetch_sub(1);
    group_->updating.store(false);
}

}  // namespace hostacl

using namespace hostacl;

namespace {

std::shared_ptr<Stream> requireCapturingStream(const char* function, aclrtStream handle,
                                               std::shared_ptr<Capture>& capture, aclError& code) {
    auto stream = requireStream(function, handle, code);
    if (!stream) return nullptr;
    capture = stream->currentCapture();
    if (capture) return stream;
    code = fail(ACL_ERROR_RT_STREAM_NOT_CAPTURED, "%s: the stream is not capturing.", function);
    return nullptr;
}

}  // namespace

aclError aclmdlRICaptureTaskGrpBegin(aclrtStream handle) {
    aclError code;
    std::shared_ptr<Capture> capture;
    const auto stream = requireCapturingStream(__func__, handle, capture, code);
    return stream ? capture->beginGroup(*stream) : code;
}

aclError aclmdlRICaptureTaskGrpEnd(aclrtStream handle, aclrtTaskGrp* group) {
    aclError code;
    std::shared_ptr<Capture> capture;
    const auto stream = requireCapturingStream(__func__, handle, capture, code);
    if (!stream) return code;
    if (group == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the group pointer is null.", __func__);
    std::shared_ptr<TaskGroup> ended;
    code = capture->endGroup(*stream, ended);
    if (code == ACL_SUCCESS) *group = taskGroups().add(std::move(ended));
    return code;
}

aclError aclmdlRICaptureTaskUpdateBegin(aclrtStream handle, aclrtTaskGrp groupHandle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    auto group = taskGroups().find(groupHandle);
    auto model = group ? group->model.lock() : nullptr;
    if (!model)
        return misuse(9, "%s: the task group %p is not alive: its model was destroyed.", __func__,
                      groupHandle);
    if (model->capturing)
        return fail(ACL_ERROR_RT_MODEL_CAPTURED, "%s: the model is still being captured.", __func__);
    std::lock_guard lock(stream->mutex);
    if (stream->capture) return fail(ACL_ERROR_RT_STREAM_CAPTURED, "%s: the stream is capturing.", __func__);
    if (stream->update || group->updating.exchange(true)) {
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS,
                    "%s: an update of the group or on the stream is in progress.", __func__);
    }
    model->updating.fetch_add(1);
    stream->update = std::make_shared<TaskGroupUpdate>(std::move(model), std::move(group));
    return ACL_SUCCESS;
}

aclError aclmdlRICaptureTaskUpdateEnd(aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    std::shared_ptr<TaskGroupUpdate> update;
    {
        std::lock_guard lock(stream->mutex);
        update = std::move(stream->update);
    }
    if (!update)
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS, "%s: no update was begun on the stream.",
                    __func__);
    code = update->complete();
    if (code == ACL_SUCCESS) code = stream->submit(update->makeTask());
    if (code != ACL_SUCCESS) update->cancel();
    return code;
}
