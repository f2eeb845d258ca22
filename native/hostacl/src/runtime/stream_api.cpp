// aclrt*Stream*.
#include "runtime/callbacks.h"
#include "runtime/capture.h"
#include "runtime/errors.h"
#include "runtime/event.h"
#include "runtime/faults.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

using namespace hostacl;

namespace {

aclError refuseCapturing(const char* function, Stream& stream) {
    const auto capture = stream.currentCapture();
    if (!capture) return ACL_SUCCESS;
    return fail(ACL_ERROR_RT_STREAM_CAPTURED, "%s: the stream is capturing: end the capture first.",
                function);
}

aclError reported(const char* function, aclError code) {
    if (code == ACL_SUCCESS) return code;
    return fail(code, "%s: work submitted earlier failed on the device; reset the device to go on.",
                function);
}

aclError destroy(const char* function, aclrtStream handle, bool drop) {
    aclError code;
    if (handle == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the stream is null.", function);
    code = requireInitialized(function);
    if (code != ACL_SUCCESS) return code;
    const auto stream = streams().find(handle);
    if (!stream) return misuse(9, "%s: the stream %p is not alive.", function, handle);
    if (const auto context = currentContext(); context && &stream->context() != context.get()) {
        return misuse(6, "%s: the stream belongs to another context than the thread's.", function);
    }
    if (stream->isDefault()) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: the default stream lives as long as its context.",
                    function);
    }
    if ((code = refuseCapturing(function, *stream)) != ACL_SUCCESS) return code;
    if (!streams().remove(handle))
        return misuse(9, "%s: the stream %p was destroyed meanwhile.", function, handle);
    unsubscribe(*stream);
    stream->finish(drop);
    return ACL_SUCCESS;
}

}  // namespace

aclError aclrtCreateStream(aclrtStream* stream) {
    return aclrtCreateStreamWithConfig(stream, 0, 0);
}

aclError aclrtCreateStreamWithConfig(aclrtStream* handle, uint32_t priority, uint32_t flag) {
    aclError code;
    const auto context = requireContext(__func__, code);
    if (!context) return code;
    if (handle == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the stream pointer is null.", __func__);
    if ((flag & ~0x3FU) != 0)
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown flags 0x%x.", __func__, flag);
    auto stream = Stream::create(context, false);
    if (!stream) {
        return fail(ACL_ERROR_RT_NO_STREAM_RESOURCE, "%s: all streams of device %d are in use: destroy some.",
                    __func__, context->device.id);
    }
    stream->priority.store(priority);
    *handle = streams().add(std::move(stream));
    return ACL_SUCCESS;
}

aclError aclrtDestroyStream(aclrtStream stream) {
    return destroy(__func__, stream, false);
}
aclError aclrtDestroyStreamForce(aclrtStream stream) {
    return destroy(__func__, stream, true);
}

aclError aclrtSynchronizeStream(aclrtStream stream) {
    return aclrtSynchronizeStreamWithTimeout(stream, -1);
}

aclError aclrtSynchronizeStreamWithTimeout(aclrtStream handle, int32_t timeout) {
    aclError code;
    if (CallbackScope::active() && checked())
        return misuse(14, "%s inside a callback would wait for itself.", __func__);
    const auto stream = requireAnyStream(__func__, handle, code);
    if (!stream) return code;
    if (timeout < -1 || timeout == 0) {
        return misuse(12, "%s: a timeout of %d ms; expected -1 (forever) or more than 0.", __func__, timeout);
    }
    if ((code = refuseCapturing(__func__, *stream)) != ACL_SUCCESS) return code;
    count(stats().synchronizes);
    if (takeSyncTimeoutFault() || !stream->waitUntilIdle(timeout)) {
        return fail(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "%s: the stream's work was not over in time (%d ms).",
                    __func__, timeout);
    }
    if ((code = stream->observe()) != ACL_SUCCESS) return code;
    return reported(__func__, stream->error());
}

aclError aclrtStreamQuery(aclrtStream handle, aclrtStreamStatus* status) {
    aclError code;
    const auto stream = requireAnyStream(__func__, handle, code);
    if (!stream) return code;
    if (status == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the status pointer is null.", __func__);
    if ((code = refuseCapturing(__func__, *stream)) != ACL_SUCCESS) return code;
    const bool idle = stream->idle();
    *status = idle ? ACL_STREAM_STATUS_COMPLETE : ACL_STREAM_STATUS_NOT_READY;
    if (idle && (code = stream->observe()) != ACL_SUCCESS) return code;
    return reported(__func__, stream->error());
}

aclError aclrtStreamGetId(aclrtStream handle, int32_t* streamId) {
    aclError code;
    const auto stream = requireAnyStream(__func__, handle, code);
    if (!stream) return code;
    if (streamId == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the id pointer is null.", __func__);
    *streamId = static_cast<int32_t>(stream->number());
    return ACL_SUCCESS;
}

aclError aclrtStreamAbort(aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if ((code = refuseCapturing(__func__, *stream)) != ACL_SUCCESS) return code;
    stream->abandonPending();
    return ACL_SUCCESS;
}

aclError aclrtSetStreamFailureMode(aclrtStream handle, uint64_t mode) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (mode > ACL_STOP_ON_FAILURE) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: mode %llu; expected 0 (continue) or 1 (stop).", __func__,
                    static_cast<unsigned long long>(mode));
    }
    if (stream->isDefault() && config().isAscend310P()) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: not for the default stream of %s.", __func__,
                    config().soc.c_str());
    }
    if (stream->failureModeSet.exchange(true)) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: the mode of a stream can be set once.", __func__);
    }
    stream->stopOnFailure.store(mode == ACL_STOP_ON_FAILURE);
    return ACL_SUCCESS;
}

aclError aclrtSetStreamAttribute(aclrtStream handle, aclrtStreamAttr type, aclrtStreamAttrValue* value) {
    aclError code;
    const auto stream = requireAnyStream(__func__, handle, code);
    if (!stream) return code;
    if (value == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the value pointer is null.", __func__);
    if ((code = refuseCapturing(__func__, *stream)) != ACL_SUCCESS) return code;
    switch (type) {
        case ACL_STREAM_ATTR_FAILURE_MODE:
            return aclrtSetStreamFailureMode(handle, value->failureMode);
        case ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK:
            stream->overflowSwitch = value->overflowSwitch;
            break;
        case ACL_STREAM_ATTR_USER_CUSTOM_TAG:
            stream->customTag = value->userCustomTag;
            break;
        case ACL_STREAM_ATTR_PRIORITY:
            stream->priority = value->priority;
            break;
        default:
            return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown attribute %d.", __func__, type);
    }
    return ACL_SUCCESS;
}

aclError aclrtGetStreamAttribute(aclrtStream handle, aclrtStreamAttr type, aclrtStreamAttrValue* value) {
    aclError code;
    const auto stream = requireAnyStream(__func__, handle, code);
    if (!stream) return code;
    if (value == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the value pointer is null.", __func__);
    *value = {};
    switch (type) {
        case ACL_STREAM_ATTR_FAILURE_MODE:
            value->failureMode = stream->stopOnFailure.load() ? 1 : 0;
            break;
        case ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK:
            value->overflowSwitch = stream->overflowSwitch;
            break;
        case ACL_STREAM_ATTR_USER_CUSTOM_TAG:
            value->userCustomTag = stream->customTag;
            break;
        case ACL_STREAM_ATTR_PRIORITY:
            value->priority = stream->priority;
            break;
        default:
            return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: unknown attribute %d.", __func__, type);
    }
    return ACL_SUCCESS;
}

aclError aclrtSetStreamOverflowSwitch(aclrtStream handle, uint32_t flag) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (stream) stream->overflowSwitch = flag;
    return code;
}

// The host never interrupts a kernel that runs, so the execution limits are accepted and have no effect.
aclError aclrtSetOpExecuteTimeOut(uint32_t) {
    return requireInitialized(__func__);
}
aclError aclrtSetOpExecuteTimeOutWithMs(uint32_t) {
    return requireInitialized(__func__);
}

aclError aclrtSetOpWaitTimeout(uint32_t timeoutSeconds) {
    eventWaitTimeoutMs.store(timeoutSeconds == 0 ? -1 : int64_t{1000} * timeoutSeconds);
    return requireInitialized(__func__);
}
