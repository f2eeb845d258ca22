#include "environment.h"

#include "runtime.h"

namespace ascendcl {

void Completion::resolve(Result result) const {
    environment_->post(
        std::unique_ptr<Environment::Message>(new Environment::Message{number_, std::move(result), nullptr}));
}

void Completion::reject(Failure failure) const {
    environment_->post(std::unique_ptr<Environment::Message>(
        new Environment::Message{number_, nullptr, std::make_unique<Failure>(std::move(failure))}));
}

void Completion::settleWith(const std::function<Result()>& work) const {
    try {
        resolve(work());
    } catch (const Failure& failure) {
        reject(failure);
    } catch (const std::exception& error) {
        reject({kHostExhausted, "native", -1, {}, error.what()});
    }
}

void Environment::install(Napi::Env env) {
    enterRuntime();
    auto* holder = new std::shared_ptr<Environment>(new Environment(env));
    env.SetInstanceData<std::shared_ptr<Environment>>(holder);
    // Hooks run in the reverse order of their making: this one before the channel's own.
    env.AddCleanupHook([environment = *holder] { environment->shutdown(false); });
}

Environment& Environment::of(Napi::Env env) {
    return **env.GetInstanceData<std::shared_ptr<Environment>>();
}

Environment::Environment(Napi::Env env) : env_(env) {
    const napi_value name = Napi::String::New(env, "ascendcl");
    napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                    &Environment::receive, &channel_);
    // Only unsettled promises keep the process alive.
    napi_unref_threadsafe_function(env, channel_);
}

Napi::Value Environment::promise(const std::function<void(Completion)>& start,
                                 const std::vector<Napi::Object>& keep) {
    if (closed_) throw Napi::Error::New(env_, "the AscendCL addon was shut down");
    if (pending_.empty()) napi_ref_threadsafe_function(env_, channel_);
    const uint64_t number = nextPending_++;
    Pending& pending =
        pending_.emplace(number, Pending{Napi::Promise::Deferred::New(env_), {}}).first->second;
    for (const Napi::Object& object : keep) pending.keep.push_back(Napi::Persistent(object));
    const Napi::Value promise = pending.deferred.Promise();
    try {
        start(Completion(shared_from_this(), number));
    } catch (Failure& failure) {
        settle(env_, Message{number, nullptr, std::make_unique<Failure>(std::move(failure))});
    }
    return promise;
}

void Environment::post(std::unique_ptr<Message> message) {
    std::lock_guard lock(channelMutex_);
    if (closed_) return;
    if (napi_call_threadsafe_function(channel_, message.get(), napi_tsfn_nonblocking) == napi_ok) {
        message.release();  // `receive` owns it
    }
}

void Environment::receive(napi_env env, napi_value, void* context, void* data) {
    const std::unique_ptr<Message> message(static_cast<Message*>(data));
    if (env == nullptr) return;
    static_cast<Environment*>(context)->settle(env, *message);
}

void Environment::settle(Napi::Env env, const Message& message) {
    const auto found = pending_.find(message.number);
    if (found == pending_.end()) return;
    Napi::HandleScope scope(env);
    const Napi::Promise::Deferred deferred = found->second.deferred;
    pending_.erase(found);
    if (pending_.empty()) napi_unref_threadsafe_function(env, channel_);
    if (message.failure != nullptr)
        deferred.Reject(failureObject(env, *message.failure));
    else
        deferred.Resolve(message.result ? message.result(env) : env.Undefined());
}

void Environment::shutdown(bool finalize) {
    {
        std::lock_guard lock(channelMutex_);
        if (closed_) return;
        closed_ = true;
    }
    for (const auto& [id, stream] : streams.all()) stream->close(true);
    graphs.clear();
    streams.clear();
    events.clear();
    buffers.clear();
    devices.clear();
    // Devices end on the reaper, behind the releases of what was on them.
    reaper().runAndWait([] {});
    leaveRuntime(finalize);
    pending_.clear();
    napi_release_threadsafe_function(channel_, napi_tsfn_abort);
}

Napi::Object failureObject(Napi::Env env, const Failure& failure) {
    Napi::Object object = Napi::Object::New(env);
    Napi::Array tensors = Napi::Array::New(env, failure.tensors.size());
    for (size_t i = 0; i < failure.tensors.size(); i++) {
        tensors.Set(static_cast<uint32_t>(i), failure.tensors[i]);
    }
    object.Set("code", failure.code);
    object.Set("function", failure.function);
    object.Set("step", failure.step);
    object.Set("tensors", tensors);
    object.Set("detail", failure.detail);
    return object;
}

}  // namespace ascendcl
