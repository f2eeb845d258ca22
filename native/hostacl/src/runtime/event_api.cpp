// aclrt*Event*.
#include "runtime/capture.h"
#include "runtime/errors.h"
#include "runtime/event_tasks.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

using namespace hostacl;

namespace {

constexpr int kEventLimit = 65536;  // Atlas A2
constexpr uint32_t kKnownFlags =
    ACL_EVENT_SYNC | ACL_EVENT_CAPTURE_STREAM_PROGRESS | ACL_EVENT_TIME_LINE | ACL_EVENT_EXTERNAL;

aclError create(const char* function, aclrtEvent* handle, Event::Kind kind, uint32_t flags) {
    aclError code;
    const auto context = requireContext(function, code);
    if (!context) return code;
    if (handle == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the event pointer is null.", function);
    if (kind != Event::Kind::Plain && (flags == 0 || (flags & ~kKnownFlags) != 0)) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown flags 0x%x.", function, flags);
    }
    if (context->device.events.fetch_add(1) >= kEventLimit) {
        context->device.events.fetch_sub(1);
        return fail(ACL_ERROR_RT_NO_EVENT_RESOURCE,
                    "%s: all %d events of device %d are in use: destroy some.", function, kEventLimit,
                    context->device.id);
    }
    *handle = events().add(std::make_shared<Event>(kind, flags, context->device));
    count(stats().liveEvents);
    return ACL_SUCCESS;
}

std::shared_ptr<Event> requireEvent(const char* function, aclrtEvent handle, aclError& code) {
    code = ACL_SUCCESS;
    if (handle == nullptr) {
        code = fail(ACL_ERROR_INVALID_PARAM, "%s: the event is null.", function);
        return nullptr;
    }
    auto event = events().find(handle);
    if (!event)
        code =
            misuse(9, "%s: the event %p is not alive: it was destroyed or never created.", function, handle);
    return event;
}

aclError refuseCaptured(const char* function, const std::shared_ptr<EventRecord>& record) {
    if (!record || !record->captured) return ACL_SUCCESS;
    return fail(ACL_ERROR_RT_EVENT_CAPTURED,
                "%s: the event's record belongs to a capture and never happens by itself.", function);
}

aclError observeRecord(const EventRecord& record) {
    if (!checked()) return ACL_SUCCESS;
    hazards().observe(record.clock);
    return releaseHostWatches(record.clock);
}

aclError wait(const char* function, aclrtStream streamHandle, aclrtEvent handle, int64_t timeoutMs) {
    aclError code;
    const auto stream = requireAnyStream(function, streamHandle, code);
    if (!stream) return code;
    const auto event = requireEvent(function, handle, code);
    if (!event) return code;
    if (!event->mayBeWaitedFor()) {
        return misuse(13, "%s: the event was created without ACL_EVENT_SYNC: create it with that flag.",
                      function);
    }
    if (event->isExternal()) return stream->submit(std::make_shared<WaitFlagTask>(event, timeoutMs));
    const auto record = event->latest();
    const auto capture = stream->currentCapture();
    if (capture || (record && record->captured)) return joinCapture(*stream, capture, *event, record);
    if (!record) return ACL_SUCCESS;
    event->openWaits.fetch_add(1);
    code = stream->submit(std::make_shared<WaitTask>(event, record, timeoutMs));
    if (code != ACL_SUCCESS) {
        event->openWaits.fetch_sub(1);
    } else if (checked()) {
        hazards().join(stream->number(), record->clock);
    }
    return code;
}

}  // namespace

aclError aclrtCreateEvent(aclrtEvent* event) {
    return create(__func__, event, Event::Kind::Plain, 0);
}

aclError aclrtCreateEventWithFlag(aclrtEvent* event, uint32_t flag) {
    return create(__func__, event, Event::Kind::WithFlag, flag);
}

aclError aclrtCreateEventExWithFlag(aclrtEvent* event, uint32_t flag) {
    return create(__func__, event, Event::Kind::ExWithFlag, flag);
}

aclError aclrtDestroyEvent(aclrtEvent handle) {
    aclError code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (events().remove(handle)) {
        event->device.events.fetch_sub(1);
        uncount(stats().liveEvents);
    }
    return ACL_SUCCESS;
}

aclError aclrtRecordEvent(aclrtEvent handle, aclrtStream streamHandle) {
    aclError code;
    const auto stream = requireAnyStream(__func__, streamHandle, code);
    if (!stream) return code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    auto record = std::make_shared<EventRecord>(stream->number());
    if (event->isExternal()) {
        code = stream->submit(std::make_shared<SetFlagTask>(event, true, record));
        if (code == ACL_SUCCESS && !stream->currentCapture()) event->setLatest(std::move(record));
        return code;
    }
    if (const auto capture = stream->currentCapture()) {
        capture->recordEvent(*stream, *record);
    } else {
        code = stream->submit(std::make_shared<RecordTask>(record));
        if (code != ACL_SUCCESS) return code;
        if (checked()) record->clock = hazards().clockOf(stream->number());
    }
    event->setLatest(std::move(record));
    return ACL_SUCCESS;
}

aclError aclrtResetEvent(aclrtEvent handle, aclrtStream streamHandle) {
    aclError code;
    const auto stream = requireAnyStream(__func__, streamHandle, code);
    if (!stream) return code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (event->isExternal()) return stream->submit(std::make_shared<SetFlagTask>(event, false, nullptr));
    if (event->kind != Event::Kind::WithFlag || (event->flags & ACL_EVENT_SYNC) == 0) {
        return misuse(13, "%s: only an event of aclrtCreateEventWithFlag(ACL_EVENT_SYNC) can be reset.",
                      __func__);
    }
    event->setLatest(nullptr);
    return ACL_SUCCESS;
}

aclError aclrtStreamWaitEvent(aclrtStream stream, aclrtEvent event) {
    return wait(__func__, stream, event, eventWaitTimeoutMs.load());
}

aclError aclrtStreamWaitEventWithTimeout(aclrtStream stream, aclrtEvent event, int32_t timeoutMs) {
    return wait(__func__, stream, event, timeoutMs);
}

aclError aclrtSynchronizeEvent(aclrtEvent event) {
    return aclrtSynchronizeEventWithTimeout(event, -1);
}

aclError aclrtSynchronizeEventWithTimeout(aclrtEvent handle, int32_t timeout) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (timeout < -1 || timeout == 0) {
        return misuse(12, "%s: a timeout of %d ms; expected -1 (forever) or more than 0.", __func__, timeout);
    }
    count(stats().synchronizes);
    const auto record = event->latest();
    if ((code = refuseCaptured(__func__, record)) != ACL_SUCCESS) return code;
    if (event->isExternal()) {
        if (!event->flag.wait(timeout, nullptr))
            return fail(ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, "%s timed out.", __func__);
        return event->device.error();
    }
    if (record) {
        if (!record->wait(timeout, nullptr)) {
            return fail(ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, "%s: the event did not happen within %d ms.",
                        __func__, timeout);
        }
        if ((code = observeRecord(*record)) != ACL_SUCCESS) return code;
    }
    code = event->device.error();
    return code == ACL_SUCCESS
               ? code
               : fail(code, "%s: device %d reports an error of earlier work.", __func__, event->device.id);
}

aclError aclrtQueryEventStatus(aclrtEvent handle, aclrtEventRecordedStatus* status) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (status == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    const auto record = event->latest();
    if ((code = refuseCaptured(__func__, record)) != ACL_SUCCESS) return code;
    const bool complete = record ? record->done() : event->kind == Event::Kind::ExWithFlag;
    *status = complete ? ACL_EVENT_RECORDED_STATUS_COMPLETE : ACL_EVENT_RECORDED_STATUS_NOT_READY;
    if (record && complete && (code = observeRecord(*record)) != ACL_SUCCESS) return code;
    return event->device.lost() ? event->device.error() : ACL_SUCCESS;
}

aclError aclrtQueryEvent(aclrtEvent handle, aclrtEventStatus* status) {
    aclError code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (status == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    if (event->kind == Event::Kind::ExWithFlag) {
        return misuse(13, "%s: not for events of aclrtCreateEventExWithFlag: use aclrtQueryEventStatus.",
                      __func__);
    }
    aclrtEventRecordedStatus recorded;
    code = aclrtQueryEventStatus(handle, &recorded);
    *status = recorded == ACL_EVENT_RECORDED_STATUS_COMPLETE ? ACL_EVENT_STATUS_COMPLETE
                                                             : ACL_EVENT_STATUS_NOT_READY;
    return code;
}

aclError aclrtQueryEventWaitStatus(aclrtEvent handle, aclrtEventWaitStatus* status) {
    aclError code;
    const auto event = requireEvent(__func__, handle, code);
    if (!event) return code;
    if (status == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    if (event->kind == Event::Kind::ExWithFlag) {
        return misuse(13, "%s: not for events of aclrtCreateEventExWithFlag.", __func__);
    }
    *status = event->openWaits.load() == 0 ? ACL_EVENT_WAIT_STATUS_COMPLETE : ACL_EVENT_WAIT_STATUS_NOT_READY;
    return ACL_SUCCESS;
}

aclError aclrtEventElapsedTime(float* ms, aclrtEvent startHandle, aclrtEvent endHandle) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    if (ms == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the result pointer is null.", __func__);
    const auto start = requireEvent(__func__, startHandle, code);
    if (!start) return code;
    const auto end = requireEvent(__func__, endHandle, code);
    if (!end) return code;
    const auto first = start->latest();
    const auto second = end->latest();
    if ((code = refuseCaptured(__func__, first)) != ACL_SUCCESS) return code;
    if ((code = refuseCaptured(__func__, second)) != ACL_SUCCESS) return code;
    if (!start->hasTime() || !end->hasTime() || !first || !second || !first->done() || !second->done() ||
        first->streamNumber != second->streamNumber) {
        return fail(
            ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
            "%s: both events need ACL_EVENT_TIME_LINE, a record on one stream, and a synchronise after it.",
            __func__);
    }
    const int64_t nanoseconds = second->nanoseconds() - first->nanoseconds();
    if (nanoseconds < 0)
        return fail(ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL, "%s: the end is before the start.", __func__);
    *ms = static_cast<float>(static_cast<double>(nanoseconds) / 1e6);
    return ACL_SUCCESS;
}
