#include "scratch.h"

#include <cstdlib>
#include <new>

namespace hostacl::kernels {
namespace {

struct Area {
    void* memory = nullptr;
    size_t bytes = 0;
    ~Area() { std::free(memory); }
};

}  // namespace

void* scratch(ScratchSlot slot, size_t bytes) {
    thread_local Area areas[static_cast<int>(ScratchSlot::Count)];
    Area& area = areas[static_cast<int>(slot)];
    if (area.bytes < bytes) {
        std::free(area.memory);
        area.bytes = 0;
        const size_t grown = (bytes + bytes / 4 + 4095) / 4096 * 4096;
        area.memory = std::aligned_alloc(4096, grown);
        if (area.memory == nullptr) throw std::bad_alloc();
        area.bytes = grown;
    }
    return area.memory;
}

}  // namespace hostacl::kernels
