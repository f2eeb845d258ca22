#include "aclnn/objects.h"

#include <mutex>
#include <unordered_map>

#include "runtime/config.h"
#include "runtime/ranges.h"

namespace hostacl {
namespace {

struct LiveObjects {
    std::mutex mutex;
    std::unordered_map<const void*, uint64_t> serials;
    uint64_t next = 1;
};

LiveObjects& liveObjects() {
    static auto* table = new LiveObjects;
    return *table;
}

}  // namespace

void enterObject(Object& object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    object.serial = live.next++;
    live.serials[&object] = object.serial;
}

void leaveObject(const Object& object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    live.serials.erase(&object);
}

uint64_t serialOf(const void* object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    const auto it = live.serials.find(object);
    return it == live.serials.end() ? 0 : it->second;
}

bool isEntered(const void* object, uint64_t serial) {
    return serialOf(object) == serial;
}

bool isLive(const void* object, ObjectKind kind) {
    if (object == nullptr) return false;
    if (checked() && serialOf(object) == 0) return false;
    return static_cast<const Object*>(object)->mark == (Object::kMark ^ kind);
}

}  // namespace hostacl

int64_t aclTensor::storageElements() const {
    int64_t elements = 1;
    for (int d = 0; d < storageRank; ++d) elements *= storageDims[d];
    return elements;
}

void aclTensor::setStorage(void* address) {
    storage = address;
    view.data =
        address == nullptr ? nullptr : static_cast<uint8_t*>(address) + hostacl::bytesOf(offset, view.dtype);
}
