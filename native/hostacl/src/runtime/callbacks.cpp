#include "runtime/callbacks.h"

#include <pthread.h>

#include <chrono>
#include <unordered_map>

#include "runtime/errors.h"
#include "runtime/event_tasks.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stream.h"

using namespace hostacl;

struct aclrtExceptionInfo {
    uint32_t taskId, streamId, threadId, deviceId, errorCode;
};

namespace hostacl {
namespace {

std::mutex threadsMutex;
std::unordered_map<uint64_t, std::shared_ptr<CallbackThread>>& callbackThreads() {
    static auto* table = new std::unordered_map<uint64_t, std::shared_ptr<CallbackThread>>;
    return *table;
}

std::atomic<aclrtExceptionInfoCallback> exceptionCallback{nullptr};

/** The host has been told that everything before this point of the stream is over. */
void observeOnCallback(const Clock& clock) {
    if (!checked()) return;
    hazards().observe(clock);
    releaseHostWatches(clock);
}

class CallbackTask : public ControlTask {
  public:
    CallbackTask(std::shared_ptr<CallbackThread> thread, aclrtCallback function, void* userData, bool block)
        : ControlTask("aclrtLaunchCallback"),
          thread_(std::move(thread)),
          function_(function),
          userData_(userData),
          block_(block) {}
    aclError run(Stream& stream) const override {
        auto callback =
            std::make_shared<PendingCallback>(PendingCallback{function_, userData_, stream.number()});
        thread_->post(callback);
        if (block_) thread_->waitFor(*callback, stream);
        return ACL_SUCCESS;
    }

  private:
    const std::shared_ptr<CallbackThread> thread_;
    const aclrtCallback function_;
    void* const userData_;
    const bool block_;
};

class HostFunctionTask : public ControlTask {
  public:
    HostFunctionTask(aclrtHostFunc function, void* arguments, Clock clock)
        : ControlTask("aclrtLaunchHostFunc"),
          function_(function),
          arguments_(arguments),
          clock_(std::move(clock)) {}
    aclError run(Stream&) const override {
        observeOnCallback(clock_);
        const CallbackScope scope;
        function_(arguments_);
        return ACL_SUCCESS;
    }

  private:
    const aclrtHostFunc function_;
    void* const arguments_;
    const Clock clock_;
};

}  // namespace

void CallbackThread::post(std::shared_ptr<PendingCallback> callback) {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(callback));
    changed_.notify_all();
}

bool CallbackThread::processOne(int64_t timeoutMs) {
    std::shared_ptr<PendingCallback> callback;
    {
        std::unique_lock lock(mutex_);
        const auto some = [this] { return !queue_.empty(); };
        if (timeoutMs < 0) {
            changed_.wait(lock, some);
        } else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeoutMs), some)) {
            return false;
        }
        callback = std::move(queue_.front());
        queue_.pop_front();
    }
    {
        const CallbackScope scope;
        callback->function(callback->userData);
    }
    std::lock_guard lock(mutex_);
    callback->over = true;
    changed_.notify_all();
    return true;
}

void CallbackThread::waitFor(const PendingCallback& callback, const Stream& stream) {
    std::unique_lock lock(mutex_);
    while (!callback.over && !stream.abandoned()) changed_.wait_for(lock, std::chrono::milliseconds(5));
}

void unsubscribe(Stream& stream) {
    std::shared_ptr<CallbackThread> thread;
    {
        std::lock_guard lock(stream.mutex);
        thread = std::move(stream.callbackThread);
    }
    if (!thread) return;
    std::lock_guard lock(threadsMutex);
    if (--thread->subscriptions > 0) return;
    std::erase_if(callbackThreads(), [&](const auto& entry) { return entry.second == thread; });
}

void callExceptionCallback(const Stream& stream, uint64_t taskId, aclError code) {
    const auto callback = exceptionCallback.load();
    if (callback == nullptr) return;
    aclrtExceptionInfo info{static_cast<uint32_t>(taskId), static_cast<uint32_t>(stream.number()),
                            static_cast<uint32_t>(pthread_self()), static_cast<uint32_t>(stream.device().id),
                            static_cast<uint32_t>(code)};
    const CallbackScope scope;
    callback(&info);
}

}  // namespace hostacl

aclError aclrtSubscribeReport(uint64_t threadId, aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    std::lock_guard lock(threadsMutex);
    std::lock_guard streamLock(stream->mutex);
    if (stream->callbackThread) {
        return fail(ACL_ERROR_RT_STREAM_SUBSCRIBE, "%s: the stream already has a processing thread.",
                    __func__);
    }
    auto& thread = callbackThreads()[threadId];
    if (!thread) thread = std::make_shared<CallbackThread>();
    ++thread->subscriptions;
    stream->callbackThread = thread;
    return ACL_SUCCESS;
}

aclError aclrtUnSubscribeReport(uint64_t threadId, aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    {
        std::lock_guard lock(threadsMutex);
        std::lock_guard streamLock(stream->mutex);
        const auto it = callbackThreads().find(threadId);
        if (!stream->callbackThread || it == callbackThreads().end() ||
            it->second != stream->callbackThread) {
            return fail(ACL_ERROR_RT_THREAD_SUBSCRIBE, "%s: that thread did not subscribe to the stream.",
                        __func__);
        }
    }
    unsubscribe(*stream);
    return ACL_SUCCESS;
}

aclError aclrtProcessReport(int32_t timeout) {
    if (const aclError code = requireInitialized(__func__); code != ACL_SUCCESS) return code;
    if (timeout == 0 || timeout < -1) {
        return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: a timeout of %d ms; expected -1 or more than 0.",
                    __func__, timeout);
    }
    std::shared_ptr<CallbackThread> thread;
    {
        std::lock_guard lock(threadsMutex);
        const auto it = callbackThreads().find(static_cast<uint64_t>(pthread_self()));
        if (it != callbackThreads().end()) thread = it->second;
    }
    if (!thread) {
        return fail(ACL_ERROR_RT_THREAD_SUBSCRIBE, "%s: this thread subscribed to no stream.", __func__);
    }
    if (!thread->processOne(timeout))
        return fail(ACL_ERROR_RT_WAIT_TIMEOUT, "%s: no callback within %d ms.", __func__, timeout);
    return ACL_SUCCESS;
}

aclError aclrtLaunchCallback(aclrtCallback fn, void* userData, aclrtCallbackBlockType blockType,
                             aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (fn == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the callback is null.", __func__);
    std::shared_ptr<CallbackThread> thread;
    {
        std::lock_guard lock(stream->mutex);
        thread = stream->callbackThread;
    }
    if (!thread) {
        return fail(ACL_ERROR_RT_STREAM_NO_CB_REG,
                    "%s: no thread subscribed to the stream: aclrtSubscribeReport first.", __func__);
    }
    return stream->submit(
        std::make_shared<CallbackTask>(std::move(thread), fn, userData, blockType == ACL_CALLBACK_BLOCK));
}

aclError aclrtLaunchHostFunc(aclrtStream handle, aclrtHostFunc fn, void* args) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if (fn == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the function is null.", __func__);
    return stream->submit(std::make_shared<HostFunctionTask>(
        fn, args, checked() ? hazards().clockOf(stream->number()) : Clock{}));
}

aclError aclrtSetExceptionInfoCallback(aclrtExceptionInfoCallback callback) {
    exceptionCallback.store(callback);
    return ACL_SUCCESS;
}

uint32_t aclrtGetTaskIdFromExceptionInfo(const aclrtExceptionInfo* info) {
    return info ? info->taskId : UINT32_MAX;
}
uint32_t aclrtGetStreamIdFromExceptionInfo(const aclrtExceptionInfo* info) {
    return info ? info->streamId : UINT32_MAX;
}
uint32_t aclrtGetThreadIdFromExceptionInfo(const aclrtExceptionInfo* info) {
    return info ? info->threadId : UINT32_MAX;
}
uint32_t aclrtGetDeviceIdFromExceptionInfo(const aclrtExceptionInfo* info) {
    return info ? info->deviceId : UINT32_MAX;
}
uint32_t aclrtGetErrorCodeFromExceptionInfo(const aclrtExceptionInfo* info) {
    return info ? info->errorCode : UINT32_MAX;
}
