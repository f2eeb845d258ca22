// One JavaScript environment (the main thread, or a worker): its objects by number, and its unsettled
// promises.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "buffer.h"
#include "device.h"
#include "event.h"
#include "graph.h"
#include "stream.h"

namespace ascendcl {

/** Numbered native objects of one kind. */
template <class Object>
class Table {
  public:
    explicit Table(const char* kind) : kind_(kind) {}

    uint32_t add(std::shared_ptr<Object> object) {
        byId_.emplace(next_, std::move(object));
        return next_++;
    }
    /** Throws `Failure` (kBadHandle). */
    const std::shared_ptr<Object>& at(uint32_t id) const {
        const auto found = byId_.find(id);
        if (found != byId_.end()) return found->second;
        throw Failure{kBadHandle, kind_, -1, {}, "it was disposed of or never existed"};
    }
    std::shared_ptr<Object> remove(uint32_t id) {
        std::shared_ptr<Object> object = at(id);
        byId_.erase(id);
        return object;
    }
    const std::unordered_map<uint32_t, std::shared_ptr<Object>>& all() const { return byId_; }
    void clear() { byId_.clear(); }

  private:
    const char* const kind_;
    std::unordered_map<uint32_t, std::shared_ptr<Object>> byId_;
    uint32_t next_ = 1;
};

/** Makes the value that a promise resolves with; runs on the JavaScript thread. */
using Result = std::function<Napi::Value(Napi::Env)>;

class Environment;

/** The right to settle one promise, once, from any thread. After the environment's end it does nothing. */
class Completion {
  public:
    Completion(std::shared_ptr<Environment> environment, uint64_t number)
        : environment_(std::move(environment)), number_(number) {}
    void resolve(Result result) const;
    void reject(Failure failure) const;
    /** Settles with what `work` returns or throws. */
    void settleWith(const std::function<Result()>& work) const;

  private:
    std::shared_ptr<Environment> environment_;
    uint64_t number_;
};

class Environment : public std::enable_shared_from_this<Environment> {
  public:
    /** Made when the addon is loaded into an environment; ends with it. */
    static void install(Napi::Env env);
    static Environment& of(Napi::Env env);

    Table<Device> devices{"device"};
    Table<Stream> streams{"stream"};
    Table<Buffer> buffers{"buffer"};
    Table<Event> events{"event"};
    Table<Graph> graphs{"graph"};

    /**
     * A promise. `start` gets the right to settle it; a `Failure` that it throws rejects the promise. `keep`
     * are values that stay alive until then.
     */
    Napi::Value promise(const std::function<void(Completion)>& start,
                        const std::vector<Napi::Object>& keep = {});

    /**
     * Ends every stream and gives every object back; with `finalize` AscendCL ends with the last environment.
     * The promises left stay unsettled.
     */
    void shutdown(bool finalize);

  private:
    friend class Completion;
    struct Pending {
        Napi::Promise::Deferred deferred;
        std::vector<Napi::ObjectReference> keep;
    };
    struct Message {
        uint64_t number;
        Result result;
        std::unique_ptr<Failure> failure;
    };

    explicit Environment(Napi::Env env);
    void post(std::unique_ptr<Message> message);
    void settle(Napi::Env env, const Message& message);
    static void receive(napi_env env, napi_value callback, void* context, void* data);

    const Napi::Env env_;
    napi_threadsafe_function channel_ = nullptr;
    std::mutex channelMutex_;
    bool closed_ = false;
    std::unordered_map<uint64_t, Pending> pending_;
    uint64_t nextPending_ = 1;
};

/** The object that JavaScript gets for a failure. */
Napi::Object failureObject(Napi::Env env, const Failure& failure);

}  // namespace ascendcl
