#include "device.h"

#include <map>
#include <string>

namespace ascendcl {
namespace {

struct OpenDevices {
    std::mutex mutex;
    std::map<int32_t, std::weak_ptr<Device>> byIndex;
};

/** Never destroyed, like everything that threads may reach while the process exits. */
OpenDevices& openDevices() {
    static OpenDevices& only = *new OpenDevices;
    return only;
}

}  // namespace

std::shared_ptr<Device> Device::acquire(int32_t index) {
    OpenDevices& open = openDevices();
    std::lock_guard lock(open.mutex);
    if (std::shared_ptr<Device> device = open.byIndex[index].lock()) return device;
    // The last reference may go on the device's own thread, which could not join itself.
    std::shared_ptr<Device> device(new Device(index),
                                   [](Device* last) { reaper().post([last] { delete last; }); });
    device->control_.runAndWait([&] { device->open(); });
    open.byIndex[index] = device;
    return device;
}

Device::Device(int32_t index) : index_(index), control_("acl-device-" + std::to_string(index)) {}

Device::~Device() {
    control_.runAndWait([this] {
        if (context_ != nullptr) ACL_QUIET(aclrtResetDevice, index_);
    });
}

void Device::open() {
    aclrtContext context = nullptr;
    ACL_CALL(aclrtSetDevice, index_);
    ACL_CALL(aclrtGetCurrentContext, &context);
    context_ = context;
}

void Device::reset() {
    resetting_ = true;
    std::unique_lock lock(inUse_);
    resetting_ = false;
    generation_.fetch_add(1);
    std::map<uint64_t, std::function<void()>> doomed;
    {
        std::lock_guard resourcesLock(resourcesMutex_);
        doomed.swap(resources_);
    }
    for (auto last = doomed.rbegin(); last != doomed.rend(); ++last) last->second();
    // A reset that failed half-way is taken up where it stopped: a second force reset would be an error.
    if (context_.exchange(nullptr) != nullptr) ACL_CALL(aclrtResetDeviceForce, index_);
    open();
}

uint64_t Device::adopt(std::function<void()> destroy) {
    std::lock_guard lock(resourcesMutex_);
    resources_.emplace(nextResource_, std::move(destroy));
    return nextResource_++;
}

void Device::destroyResource(uint64_t number) {
    std::function<void()> destroy;
    {
        std::lock_guard lock(resourcesMutex_);
        const auto found = resources_.find(number);
        if (found == resources_.end()) return;
        destroy = std::move(found->second);
        resources_.erase(found);
    }
    destroy();
}

}  // namespace ascendcl
