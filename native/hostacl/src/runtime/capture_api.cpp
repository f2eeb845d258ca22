// aclmdlRI*: begin, end, replay and destroy of captures. The rules and codes are those of the ABI reference,
// section 5.1.
#include <cstdio>

#include "runtime/allocations.h"
#include "runtime/capture.h"
#include "runtime/errors.h"
#include "runtime/faults.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"
#include "runtime/stream.h"
#include "runtime/task_group.h"

using namespace hostacl;

namespace {

class ReplayTask : public Task {
  public:
    explicit ReplayTask(std::shared_ptr<Model> model)
        : Task("aclmdlRIExecuteAsync"), model_(std::move(model)) {
        model_->running.fetch_add(1);
    }
    ~ReplayTask() override { model_->running.fetch_sub(1); }

    aclError run(Stream& stream) const override {
        aclError first = ACL_SUCCESS;
        const size_t size = model_->size();
        for (size_t i = 0; i < size; ++i) {
            const TaskPointer node = model_->node(i);
            aclError code = node->isOperator() ? takeKernelFault(*node) : static_cast<aclError>(ACL_SUCCESS);
            if (code == ACL_SUCCESS) code = node->run(stream);
            if (code == ACL_SUCCESS) continue;
            if (first == ACL_SUCCESS) first = code;
            if (stream.stopOnFailure.load()) break;
        }
        return first;
    }
    Accesses accesses() const override { return model_->accesses(); }

  private:
    const std::shared_ptr<Model> model_;
};

std::shared_ptr<Model> requireModel(const char* function, aclmdlRI handle, aclError& code) {
    code = ACL_SUCCESS;
    auto model = models().find(handle);
    if (!model) {
        code =
            misuse(9, "%s: the model %p is not alive: it was destroyed or never captured.", function, handle);
    } else if (model->capturing) {
        code = fail(ACL_ERROR_RT_MODEL_CAPTURED, "%s: the model is still being captured.", function);
        model.reset();
    }
    return model;
}

/** Checked mode: everything that the replay will touch must still be allocated. */
aclError checkMemory(const Model& model) {
    for (const Access& access : model.accesses()) {
        for (const Interval& range : access.intervals) {
            const auto allocation = allocations().find(range.begin);
            if (allocation && range.end <= allocation->base + allocation->size) continue;
            return misuse(57,
                          "a captured task uses %p, %zu bytes, which was freed: keep captured memory until "
                          "aclmdlRIDestroy.",
                          reinterpret_cast<void*>(range.begin), static_cast<size_t>(range.end - range.begin));
        }
    }
    return ACL_SUCCESS;
}

aclError submitReplay(const char* function, aclmdlRI handle, Stream& stream) {
    aclError code;
    const auto model = requireModel(function, handle, code);
    if (!model) return code;
    if (&model->device != &stream.device()) {
        return fail(ACL_ERROR_RT_MODEL_CONTEXT, "%s: captured on device %d, replayed on device %d.", function,
                    model->device.id, stream.device().id);
    }
    if (stream.currentCapture())
        return fail(ACL_ERROR_RT_STREAM_CAPTURED, "%s: the stream is capturing.", function);
    if (checked() && (code = checkMemory(*model)) != ACL_SUCCESS) return code;
    count(stats().replays);
    return stream.submit(std::make_shared<ReplayTask>(model));
}

/** Ends a capture for every stream that takes part. */
void release(const std::shared_ptr<Capture>& capture, Stream& origin) {
    leaveCapture(capture);
    capture->model->capturing.store(false);
    origin.context().captures.fetch_sub(1);
    for (const auto& stream : streams().all()) {
        std::lock_guard lock(stream->mutex);
        if (stream->capture == capture) stream->capture.reset();
    }
}

/** Why a capture that is being ended does not give a model, or 0. */
aclError verdict(Capture& capture) {
    if (capture.invalid()) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED, "the capture was broken by an earlier error.");
    }
    if (capture.groupOpen())
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS, "a task group was left open.");
    if (!capture.allJoinedBack()) {
        return fail(
            ACL_ERROR_RT_STREAM_UNJOINED,
            "a stream that joined the capture did not come back: record an event on it and make the first "
            "stream wait for it.");
    }
    return ACL_SUCCESS;
}

}  // namespace

aclError aclmdlRICaptureBegin(aclrtStream handle, aclmdlRICaptureMode mode) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (mode < ACL_MODEL_RI_CAPTURE_MODE_GLOBAL || mode > ACL_MODEL_RI_CAPTURE_MODE_RELAXED) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown mode %d.", __func__, mode);
    }
    if (stream->isDefault()) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT,
                    "%s: the default stream cannot capture: create one.", __func__);
    }
    auto capture = std::make_shared<Capture>(*stream, mode);
    {
        std::lock_guard lock(stream->mutex);
        if (stream->capture)
            return fail(ACL_ERROR_RT_STREAM_CAPTURED, "%s: the stream is capturing already.", __func__);
        if (stream->update) {
            return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS,
                        "%s: a task-group update is open on the stream.", __func__);
        }
        stream->capture = capture;
    }
    capture->handle = models().add(capture->model);
    count(stats().liveModels);
    stream->context().captures.fetch_add(1);
    enterCapture(capture);
    return ACL_SUCCESS;
}

aclError aclmdlRICaptureGetInfo(aclrtStream handle, aclmdlRICaptureStatus* status, aclmdlRI* modelRI) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (status == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    const auto capture = stream->currentCapture();
    *status = !capture             ? ACL_MODEL_RI_CAPTURE_STATUS_NONE
              : capture->invalid() ? ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED
                                   : ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE;
    if (modelRI != nullptr) *modelRI = capture ? capture->handle : nullptr;
    return ACL_SUCCESS;
}

aclError aclmdlRICaptureEnd(aclrtStream handle, aclmdlRI* modelRI) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (modelRI == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the model pointer is null.", __func__);
    const auto capture = stream->currentCapture();
    if (!capture) return fail(ACL_ERROR_RT_STREAM_NOT_CAPTURED, "%s: the stream is not capturing.", __func__);
    if (capture->origin != stream->number()) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED,
                    "%s: the stream joined by an event: end the capture on the stream that began it.",
                    __func__);
    }
    if (capture->mode != ACL_MODEL_RI_CAPTURE_MODE_RELAXED && capture->thread != std::this_thread::get_id()) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD, "%s: another thread began the capture.",
                    __func__);
    }
    *modelRI = nullptr;
    code = verdict(*capture);
    release(capture, *stream);
    if (code != ACL_SUCCESS) {
        models().remove(capture->handle);
        uncount(stats().liveModels);
        return code;
    }
    *modelRI = capture->handle;
    return ACL_SUCCESS;
}

aclError aclmdlRIExecuteAsync(aclmdlRI modelRI, aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    return stream ? submitReplay(__func__, modelRI, *stream) : code;
}

aclError aclmdlRIExecute(aclmdlRI modelRI, int32_t timeout) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (timeout < -1 || timeout == 0) {
        return misuse(12, "%s: a timeout of %d ms; expected -1 (forever) or more than 0.", __func__, timeout);
    }
    const auto stream = context->defaultStream();
    if ((code = submitReplay(__func__, modelRI, *stream)) != ACL_SUCCESS) return code;
    return aclrtSynchronizeStreamWithTimeout(nullptr, timeout);
}

aclError aclmdlRIDestroy(aclmdlRI handle) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    const auto model = requireModel(__func__, handle, code);
    if (!model) return code;
    if (model->running.load() > 0)
        return fail(ACL_ERROR_RT_MODEL_RUNNING, "%s: a replay is running: synchronise.", __func__);
    if (model->updating.load() > 0)
        return fail(ACL_ERROR_RT_MODEL_UPDATING, "%s: an update is in progress.", __func__);
    if (!models().remove(handle)) return misuse(9, "%s: the model was destroyed meanwhile.", __func__);
    for (const auto& group : model->groups) taskGroups().remove(group.get());
    uncount(stats().liveModels);
    return ACL_SUCCESS;
}

aclError aclmdlRIDebugPrint(aclmdlRI handle) {
    aclError code;
    const auto model = requireModel(__func__, handle, code);
    if (!model) return code;
    for (size_t i = 0; i < model->size(); ++i) std::fprintf(stderr, "%zu %s\n", i, model->node(i)->name);
    return ACL_SUCCESS;
}
