#include "runtime/capture.h"

#include <algorithm>

#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

namespace hostacl {
namespace {

std::mutex activeMutex;
std::vector<std::shared_ptr<Capture>>& activeCaptures() {
    static auto* list = new std::vector<std::shared_ptr<Capture>>;
    return *list;
}
// Lets the synchronous calls skip the lock while nothing is captured, which is nearly always.
std::atomic<int> activeCount{0};

thread_local aclmdlRICaptureMode threadMode = ACL_MODEL_RI_CAPTURE_MODE_GLOBAL;

}  // namespace

HandleTable<Model>& models() {
    static auto* table = new HandleTable<Model>;
    return *table;
}

HandleTable<TaskGroup>& taskGroups() {
    static auto* table = new HandleTable<TaskGroup>;
    return *table;
}

size_t Model::add(TaskPointer task) {
    std::lock_guard lock(mutex_);
    nodes_.push_back(std::move(task));
    return nodes_.size() - 1;
}

size_t Model::size() const {
    std::lock_guard lock(mutex_);
    return nodes_.size();
}

TaskPointer Model::node(size_t index) const {
    std::lock_guard lock(mutex_);
    return nodes_[index];
}

void Model::replace(size_t index, TaskPointer task) {
    std::lock_guard lock(mutex_);
    nodes_[index] = std::move(task);
}

Accesses Model::accesses() const {
    std::lock_guard lock(mutex_);
    Accesses all;
    for (const auto& node : nodes_) {
        for (auto& access : node->accesses()) all.push_back(std::move(access));
    }
    return all;
}

Capture::Capture(Stream& origin, aclmdlRICaptureMode mode)
    : model(std::make_shared<Model>(origin.device())),
      mode(mode),
      thread(std::this_thread::get_id()),
      origin(origin.number()) {
    ticks_[origin.number()] = 0;
}

aclError Capture::record(Stream& stream, TaskPointer task) {
    std::lock_guard lock(mutex_);
    if (invalid()) {
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED,
                    "%s: the capture was broken by an earlier error: end it.", task->name);
    }
    if (openGroup_ && (groupStream_ != stream.number() || !task->isOperator())) {
        invalidate();
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_INTR,
                    "%s: while a task group is open only operators on its own stream may be recorded.",
                    task->name);
    }
    uint64_t& tick = ticks_[stream.number()];
    const Accesses accesses = checked() ? task->accesses() : Accesses{};
    if (const Conflict conflict = order_.admit(stream.number(), tick + 1, accesses, task->name)) {
        return misuseAs(task->isOperator() ? ACLNN_ERR_RUNTIME_ERROR : misuseRule(27).code, 27,
                        "%s, in a capture: record an event there and make this stream wait for it.",
                        conflict.description.c_str());
    }
    ++tick;
    const size_t index = model->add(std::move(task));
    if (openGroup_) openGroup_->nodes.push_back(index);
    return ACL_SUCCESS;
}

void Capture::recordEvent(Stream& stream, EventRecord& record) {
    std::lock_guard lock(mutex_);
    record.captured = true;
    record.capture = weak_from_this();
    record.clock = order_.clockOf(stream.number());
}

void Capture::join(Stream& stream, const EventRecord& record) {
    std::lock_guard lock(mutex_);
    ticks_.try_emplace(stream.number(), 0);
    order_.join(stream.number(), record.clock);
}

bool Capture::allJoinedBack() {
    std::lock_guard lock(mutex_);
    const Clock known = order_.clockOf(origin);
    return std::all_of(ticks_.begin(), ticks_.end(), [&](const auto& entry) {
        if (entry.first == origin || entry.second == 0) return true;
        const auto it = known.find(entry.first);
        return it != known.end() && it->second >= entry.second;
    });
}

aclError Capture::beginGroup(Stream& stream) {
    std::lock_guard lock(mutex_);
    if (openGroup_) {
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS,
                    "a task group of this capture is open already: end it first.");
    }
    openGroup_ = std::make_shared<TaskGroup>();
    openGroup_->model = model;
    groupStream_ = stream.number();
    return ACL_SUCCESS;
}

aclError Capture::endGroup(Stream& stream, std::shared_ptr<TaskGroup>& group) {
    std::lock_guard lock(mutex_);
    if (!openGroup_ || groupStream_ != stream.number()) {
        return fail(ACL_ERROR_RT_STREAM_TASK_GROUP_STATUS, "no task group is open on this stream.");
    }
    group = std::move(openGroup_);
    model->groups.push_back(group);
    return ACL_SUCCESS;
}

bool Capture::groupOpen() {
    std::lock_guard lock(mutex_);
    return openGroup_ != nullptr;
}

std::vector<uint64_t> Capture::members() {
    std::lock_guard lock(mutex_);
    std::vector<uint64_t> numbers;
    for (const auto& [number, tick] : ticks_) numbers.push_back(number);
    return numbers;
}

aclError joinCapture(Stream& stream, const std::shared_ptr<Capture>& own, const Event& event,
                     const std::shared_ptr<EventRecord>& record) {
    const auto other = record && record->captured ? record->capture.lock() : nullptr;
    if (own && (!record || !record->captured)) {
        own->invalidate();
        return fail(ACL_ERROR_RT_CAPTURE_DEPENDENCY,
                    "a captured wait needs an event that was recorded in the capture.");
    }
    if (!other || !other->model->capturing) {
        return fail(ACL_ERROR_RT_EVENT_CAPTURED,
                    "the event was recorded in a capture that is over: record it again.");
    }
    if (own && own != other) {
        own->invalidate();
        other->invalidate();
        return fail(ACL_ERROR_RT_STREAM_CAPTURE_CONFLICT, "the wait would join two captures.");
    }
    if (!own) {
        if (stream.isDefault()) {
            return fail(ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT, "the default stream cannot join a capture.");
        }
        if (event.kind != Event::Kind::ExWithFlag || (event.flags & ACL_EVENT_SYNC) == 0) {
            return fail(
                ACL_ERROR_RT_CAPTURE_DEPENDENCY,
                "only an event of aclrtCreateEventExWithFlag(ACL_EVENT_SYNC) joins a stream to a capture.");
        }
        std::lock_guard lock(stream.mutex);
        stream.capture = other;
    }
    other->join(stream, *record);
    return ACL_SUCCESS;
}

void enterCapture(const std::shared_ptr<Capture>& capture) {
    std::lock_guard lock(activeMutex);
    activeCaptures().push_back(capture);
    activeCount.fetch_add(1);
}

void leaveCapture(const std::shared_ptr<Capture>& capture) {
    std::lock_guard lock(activeMutex);
    if (std::erase(activeCaptures(), capture) > 0) activeCount.fetch_sub(1);
}

aclError refuseUnsafeCall(const char* function) {
    if (activeCount.load() == 0 || threadMode == ACL_MODEL_RI_CAPTURE_MODE_RELAXED) return ACL_SUCCESS;
    std::lock_guard lock(activeMutex);
    for (const auto& capture : activeCaptures()) {
        const bool mine = capture->thread == std::this_thread::get_id();
        const bool forbidden = mine ? capture->mode != ACL_MODEL_RI_CAPTURE_MODE_RELAXED
                                    : capture->mode == ACL_MODEL_RI_CAPTURE_MODE_GLOBAL &&
                                          threadMode == ACL_MODEL_RI_CAPTURE_MODE_GLOBAL;
        if (forbidden) {
            return fail(ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT,
                        "%s is synchronous and a capture is in progress: use the asynchronous form, or the "
                        "relaxed mode.",
                        function);
        }
    }
    return ACL_SUCCESS;
}

}  // namespace hostacl

aclError aclmdlRICaptureThreadExchangeMode(aclmdlRICaptureMode* mode) {
    using namespace hostacl;
    if (mode == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the mode pointer is null.", __func__);
    if (*mode < ACL_MODEL_RI_CAPTURE_MODE_GLOBAL || *mode > ACL_MODEL_RI_CAPTURE_MODE_RELAXED) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown mode %d.", __func__, *mode);
    }
    std::swap(*mode, threadMode);
    return ACL_SUCCESS;
}
