#include "runtime/device.h"

#include <vector>

#include "runtime/config.h"

namespace hostacl {

Device::Device(int id) : id(id), pool(config().threads) {}

bool Device::reserve(uint64_t bytes) {
    uint64_t used = used_.load();
    do {
        if (bytes > config().deviceMemoryBytes - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
}

void Device::release(uint64_t bytes) {
    used_.fetch_sub(bytes);
}

void Device::setError(aclError code) {
    aclError none = ACL_SUCCESS;
    // Losing the device outranks whatever was wrong with it before.
    if (code == ACL_ERROR_RT_LOST_HEARTBEAT) {
        error_.store(code);
    } else {
        error_.compare_exchange_strong(none, code);
    }
}

Device* findDevice(int64_t id) {
    // Never destroyed: worker threads may outlive the static objects of a process that exits without a reset.
    static const auto* devices = [] {
        auto* all = new std::vector<Device*>;
        for (int i = 0; i < config().devices; ++i) all->push_back(new Device(i));
        return all;
    }();
    return id >= 0 && id < static_cast<int64_t>(devices->size()) ? (*devices)[id] : nullptr;
}

}  // namespace hostacl
