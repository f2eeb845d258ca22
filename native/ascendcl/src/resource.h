// Something made on a device: it lives until its last user lets go, or until the device is reset.
#pragma once

#include <functional>
#include <memory>

#include "device.h"

namespace ascendcl {

class Resource {
  public:
    /** Takes over what `destroy` will destroy, on the device's control thread. `destroy` must not throw. */
    Resource(std::shared_ptr<Device> device, std::function<void()> destroy)
        : device_(std::move(device)),
          generation_(device_->generation()),
          number_(device_->adopt(std::move(destroy))) {}

    /** Posts the destruction to the control thread, from whatever thread lets go last. */
    virtual ~Resource() {
        // The task does not keep the device alive: the device's end, on another thread, runs its queue first.
        Device* device = device_.get();
        device->post([device, number = number_, done = std::move(whenDestroyed_)] {
            device->destroyResource(number);
            if (done) done();
        });
    }

    Resource(const Resource&) = delete;
    Resource& operator=(const Resource&) = delete;

    const std::shared_ptr<Device>& device() const { return device_; }

    /** Called once on the control thread after the destruction. Set before the last reference goes. */
    void whenDestroyed(std::function<void()> callback) { whenDestroyed_ = std::move(callback); }

    /** Whether the device has not been reset since. */
    bool exists() const { return generation_ == device_->generation(); }
    /** Throws kDeviceReset when it has. */
    void requireExists(const char* what) const {
        if (exists()) return;
        throw Failure{kDeviceReset, what, -1, {}, "it was made before the device was reset; make it anew"};
    }

  private:
    const std::shared_ptr<Device> device_;
    const uint64_t generation_;
    const uint64_t number_;
    std::function<void()> whenDestroyed_;
};

}  // namespace ascendcl
