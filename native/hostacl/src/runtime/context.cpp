#include "runtime/context.h"

#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

namespace hostacl {
namespace {

thread_local std::shared_ptr<Context> current;
thread_local int callbackDepth = 0;

}  // namespace

HandleTable<Context>& contexts() {
    static auto* table = new HandleTable<Context>;
    return *table;
}

std::shared_ptr<Stream> Context::defaultStream() {
    std::lock_guard lock(mutex_);
    if (!defaultStream_) defaultStream_ = Stream::create(shared_from_this(), true);
    return defaultStream_;
}

std::shared_ptr<Stream> Context::defaultStreamIfUsed() {
    std::lock_guard lock(mutex_);
    return defaultStream_;
}

void Context::destroy() {
    alive.store(false);
    for (const auto& stream : streams().all()) {
        if (&stream->context() != this) continue;
        stream->finish(false);
        streams().remove(stream.get());
    }
    std::shared_ptr<Stream> last;
    {
        std::lock_guard lock(mutex_);
        last = std::move(defaultStream_);
    }
    if (last) last->finish(false);
}

std::shared_ptr<Context> currentContext() {
    if (current && !current->alive.load(std::memory_order_acquire)) current.reset();
    return current;
}

void setCurrentContext(std::shared_ptr<Context> context) {
    current = std::move(context);
}

std::shared_ptr<Context> requireContext(const char* function, aclError& code) {
    code = requireInitialized(function);
    if (code != ACL_SUCCESS) return nullptr;
    if (callbackDepth > 0 && checked()) {
        code =
            misuse(14, "%s was called inside a callback, where it may deadlock: call it from another thread.",
                   function);
        return nullptr;
    }
    auto context = currentContext();
    if (!context) {
        code = misuse(4,
                      "%s needs a context on the calling thread and found none: call aclrtSetDevice or "
                      "aclrtSetCurrentContext on this thread first.",
                      function);
        return nullptr;
    }
    if (context->device.lost()) {
        code =
            fail(ACL_ERROR_RT_LOST_HEARTBEAT, "%s: device %d is lost: reset it with aclrtResetDeviceForce.",
                 function, context->device.id);
        return nullptr;
    }
    return context;
}

Device* requireDevice(const char* function, int64_t id, aclError& code) {
    code = requireInitialized(function);
    if (code != ACL_SUCCESS) return nullptr;
    Device* device = findDevice(id);
    if (device == nullptr) {
        code = misuse(7, "%s: device %lld; there are %d, numbered from 0.", function,
                      static_cast<long long>(id), config().devices);
    }
    return device;
}

CallbackScope::CallbackScope() {
    ++callbackDepth;
}
CallbackScope::~CallbackScope() {
    --callbackDepth;
}
bool CallbackScope::active() {
    return callbackDepth > 0;
}

}  // namespace hostacl
