// Tables of live runtime handles: a handle is the object's address, and nothing is dereferenced before it is
// found.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "runtime/config.h"

namespace hostacl {

/** Live objects of one kind, by handle. Every function may be called from any thread. */
template <typename Object>
class HandleTable {
  public:
    void* add(std::shared_ptr<Object> object) {
        void* handle = object.get();
        std::unique_lock lock(mutex_);
        live_.emplace(handle, std::move(object));
        return handle;
    }

    /** The object, or null for a handle that is not alive. */
    std::shared_ptr<Object> find(const void* handle) const {
        std::shared_lock lock(mutex_);
        const auto it = live_.find(handle);
        return it == live_.end() ? nullptr : it->second;
    }

    std::shared_ptr<Object> remove(const void* handle) {
        std::unique_lock lock(mutex_);
        const auto it = live_.find(handle);
        if (it == live_.end()) return nullptr;
        auto object = std::move(it->second);
        live_.erase(it);
        if (checked()) {
            // Keeps the address from being given to the next object, which would hide a use after destroy.
            retired_.push_back(object);
            if (retired_.size() > kRetired) retired_.pop_front();
        }
        return object;
    }

    std::vector<std::shared_ptr<Object>> all() const {
        std::shared_lock lock(mutex_);
        std::vector<std::shared_ptr<Object>> objects;
        for (const auto& [handle, object] : live_) objects.push_back(object);
        return objects;
    }

    size_t size() const {
        std::shared_lock lock(mutex_);
        return live_.size();
    }

  private:
    static constexpr size_t kRetired = 1024;
    mutable std::shared_mutex mutex_;
    std::unordered_map<const void*, std::shared_ptr<Object>> live_;
    std::deque<std::shared_ptr<Object>> retired_;
};

}  // namespace hostacl
