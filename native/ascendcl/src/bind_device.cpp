// Devices and what lives on them.
#include "bindings.h"
#include "environment.h"

namespace ascendcl {
namespace {

uint32_t idFrom(const Napi::Value& value) {
    return value.As<Napi::Number>().Uint32Value();
}

/** Runs `work` on a device's control thread and settles with its result. */
Napi::Value onDevice(const Napi::CallbackInfo& info,
                     const std::function<Result(const std::shared_ptr<Device>&)>& work) {
    Environment& environment = Environment::of(info.Env());
    return environment.promise([&](Completion completion) {
        const std::shared_ptr<Device> device = environment.devices.at(idFrom(info[0]));
        device->post([device, work, completion] { completion.settleWith([&] { return work(device); }); });
    });
}

/** Lets go of a resource; the promise resolves when it is destroyed. */
template <class Object>
Napi::Value release(const Napi::CallbackInfo& info, Table<Object> Environment::* table) {
    Environment& environment = Environment::of(info.Env());
    return environment.promise([&](Completion completion) {
        const std::shared_ptr<Object> object = (environment.*table).remove(idFrom(info[0]));
        object->whenDestroyed([completion] { completion.resolve(nullptr); });
    });
}

/** Numbers a new buffer and tells V8 of its memory. */
uint32_t registerBuffer(Napi::Env env, const std::shared_ptr<Buffer>& buffer) {
    Napi::MemoryManagement::AdjustExternalMemory(env, static_cast<int64_t>(buffer->residentBytes()));
    return Environment::of(env).buffers.add(buffer);
}

}  // namespace

Napi::Value deviceOpen(const Napi::CallbackInfo& info) {
    const int32_t index = info[0].As<Napi::Number>().Int32Value();
    return Environment::of(info.Env()).promise([index](Completion completion) {
        reaper().post([index, completion] {
            completion.settleWith([index]() -> Result {
                const std::shared_ptr<Device> device = Device::acquire(index);
                return [device](Napi::Env env) {
                    return Napi::Number::New(env, Environment::of(env).devices.add(device));
                };
            });
        });
    });
}

Napi::Value deviceMemory(const Napi::CallbackInfo& info) {
    return onDevice(info, [](const std::shared_ptr<Device>&) -> Result {
        size_t free = 0;
        size_t total = 0;
        ACL_CALL(aclrtGetMemInfo, ACL_HBM_MEM, &free, &total);
        return [free, total](Napi::Env env) {
            Napi::Object object = Napi::Object::New(env);
            object.Set("freeBytes", static_cast<double>(free));
            object.Set("totalBytes", static_cast<double>(total));
            return object;
        };
    });
}

Napi::Value deviceReset(const Napi::CallbackInfo& info) {
    return onDevice(info, [](const std::shared_ptr<Device>& device) -> Result {
        device->reset();
        return nullptr;
    });
}

Napi::Value deviceClose(const Napi::CallbackInfo& info) {
    Environment& environment = Environment::of(info.Env());
    return environment.promise([&](Completion completion) {
        std::shared_ptr<Device> device = environment.devices.remove(idFrom(info[0]));
        Device& control = *device;
        // Behind what its threads still hold of the device: then this is the last reference, and its end is
        // queued on the reaper before the promise is settled there.
        control.post([device = std::move(device), completion]() mutable {
            reaper().post([device = std::move(device), completion]() mutable {
                device.reset();
                reaper().post([completion] { completion.resolve(nullptr); });
            });
        });
    });
}

Napi::Value bufferAllocate(const Napi::CallbackInfo& info) {
    const size_t bytes = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
    return onDevice(info, [bytes](const std::shared_ptr<Device>& device) -> Result {
        const std::shared_ptr<Buffer> buffer = Buffer::allocate(device, bytes);
        return [buffer](Napi::Env env) { return Napi::Number::New(env, registerBuffer(env, buffer)); };
    });
}

Napi::Value bufferMap(const Napi::CallbackInfo& info) {
    return onDevice(info,
                    [path = info[1].ToString().Utf8Value()](const std::shared_ptr<Device>& device) -> Result {
                        const std::shared_ptr<Buffer> buffer = Buffer::mapFile(device, path);
                        return [buffer](Napi::Env env) {
                            Napi::Object object = Napi::Object::New(env);
                            object.Set("buffer", registerBuffer(env, buffer));
                            object.Set("bytes", static_cast<double>(buffer->bytes()));
                            return object;
                        };
                    });
}

Napi::Value bufferRelease(const Napi::CallbackInfo& info) {
    const auto& buffers = Environment::of(info.Env()).buffers.all();
    const auto found = buffers.find(idFrom(info[0]));
    if (found != buffers.end()) {
        Napi::MemoryManagement::AdjustExternalMemory(info.Env(),
                                                     -static_cast<int64_t>(found->second->residentBytes()));
    }
    return release(info, &Environment::buffers);
}

Napi::Value eventCreate(const Napi::CallbackInfo& info) {
    return onDevice(info, [](const std::shared_ptr<Device>& device) -> Result {
        const std::shared_ptr<Event> event = Event::create(device);
        return
            [event](Napi::Env env) { return Napi::Number::New(env, Environment::of(env).events.add(event)); };
    });
}

Napi::Value eventDestroy(const Napi::CallbackInfo& info) {
    return release(info, &Environment::events);
}

Napi::Value graphDestroy(const Napi::CallbackInfo& info) {
    return release(info, &Environment::graphs);
}

Napi::Value streamOpen(const Napi::CallbackInfo& info) {
    Environment& environment = Environment::of(info.Env());
    return environment.promise([&](Completion completion) {
        reaper().post([device = environment.devices.at(idFrom(info[0])), completion] {
            completion.settleWith([&]() -> Result {
                const auto stream = std::make_shared<Stream>(device);
                return [stream](Napi::Env env) {
                    return Napi::Number::New(env, Environment::of(env).streams.add(stream));
                };
            });
        });
    });
}

Napi::Value streamClose(const Napi::CallbackInfo& info) {
    Environment& environment = Environment::of(info.Env());
    return environment.promise([&](Completion completion) {
        const std::shared_ptr<Stream> stream = environment.streams.remove(idFrom(info[0]));
        reaper().post([stream, completion] {
            stream->close(false);
            // Behind the destruction of what the stream's thread used, and of this task's hold on the stream.
            stream->device()->post(
                [completion] { reaper().post([completion] { completion.resolve(nullptr); }); });
        });
    });
}

Napi::Value liveObjects(const Napi::CallbackInfo& info) {
    const Environment& environment = Environment::of(info.Env());
    double bytes = 0;
    for (const auto& [id, buffer] : environment.buffers.all()) bytes += static_cast<double>(buffer->bytes());
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("devices", static_cast<double>(environment.devices.all().size()));
    object.Set("streams", static_cast<double>(environment.streams.all().size()));
    object.Set("buffers", static_cast<double>(environment.buffers.all().size()));
    object.Set("events", static_cast<double>(environment.events.all().size()));
    object.Set("graphs", static_cast<double>(environment.graphs.all().size()));
    object.Set("bufferBytes", bytes);
    return object;
}

}  // namespace ascendcl
