#include "runtime/free_rules.h"

#include "runtime/config.h"
#include "runtime/hazards.h"
#include "runtime/misuse.h"

namespace hostacl {

aclError refuseFree(const char* function, void* pointer, Allocation::Kind kind) {
    const auto allocation = allocations().find(pointer);
    if (!allocation) {
        return misuse(17, "%s(%p): no live allocation is there: freed before, or never allocated.", function,
                      pointer);
    }
    if (allocation->base != reinterpret_cast<uintptr_t>(pointer)) {
        return misuse(17, "%s(%p): %zu bytes inside an allocation; free its first address %p.", function,
                      pointer, reinterpret_cast<uintptr_t>(pointer) - allocation->base,
                      reinterpret_cast<void*>(allocation->base));
    }
    if (allocation->kind != kind) {
        return misuse(17, "%s(%p): the memory is of another kind; free it with its own function.", function,
                      pointer);
    }
    if (!checked()) return ACL_SUCCESS;
    if (const Conflict use = hazards().pending({allocation->range()}, true)) {
        return misuse(kind == Allocation::Kind::Device ? 18 : 24,
                      "%s(%p): %s still uses the memory: synchronise its stream first.", function, pointer,
                      use.description.c_str());
    }
    return ACL_SUCCESS;
}

}  // namespace hostacl
