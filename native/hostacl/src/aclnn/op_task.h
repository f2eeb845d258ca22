// An operator on a stream: its tensors as views, and the function that computes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "acl_abi.h"
#include "kernels.h"
#include "runtime/task.h"

namespace hostacl {

/** The unit of the device that an operator runs on; decides the code of its exceptions. */
enum class Core { Cube, Vector };

enum class Role : uint8_t { Input, Output, InOut };

/** One tensor argument of an operator. */
struct Operand {
    kernels::View view;
    Role role = Role::Input;
    bool indirect = false;     // which elements are touched is decided by device data
    bool present = false;      // false: null in phase 1
    int argument = 0;          // position among the tensor arguments, lists counting as one
    int member = -1;           // position in its list, or -1
    int64_t offset = 0;        // elements from the storage's first address
    int64_t storageBytes = 0;  // of the storage shape

    bool reads() const { return role != Role::Output; }
    bool writes() const { return role != Role::Input; }
};

/** Names an operand of a plan; `index` counts operands, present or not. */
struct Slot {
    int index = -1;
};

/** What an operator's body gets when it runs on a stream's worker. */
class Run {
  public:
    Run(const std::vector<Operand>& operands, void* workspace) : operands_(operands), workspace_(workspace) {}
    const kernels::View& operator[](Slot slot) const { return operands_[slot.index].view; }
    bool has(Slot slot) const { return slot.index >= 0 && operands_[slot.index].present; }
    /** The view, or one with data = null when the operand is absent. */
    kernels::View optional(Slot slot) const { return has(slot) ? (*this)[slot] : kernels::View{}; }
    /** Address of an optional operand, or null. */
    void* data(Slot slot) const { return has(slot) ? (*this)[slot].data : nullptr; }
    void* workspace() const { return workspace_; }

  private:
    const std::vector<Operand>& operands_;
    void* const workspace_;
};

/** False reports a fault of the device: an index or a block id out of range. */
using Body = std::function<bool(const Run&)>;

class OpTask : public Task {
  public:
    OpTask(const char* name, Core core) : Task(name), core(core) {}

    const Core core;
    std::vector<Operand> operands;
    Body body;
    bool mayAlias = false;  // element-wise: an output may be the very view of an input
    void* workspace = nullptr;
    uint64_t workspaceBytes = 0;

    aclError run(Stream& stream) const override;
    bool isOperator() const override { return true; }
    bool replaces(const Task& old) const override;
    aclError exceptionCode() const override {
        return core == Core::Cube ? ACL_ERROR_RT_AICORE_EXCEPTION : ACL_ERROR_RT_VECTOR_CORE_EXCEPTION;
    }
    Accesses accesses() const override;

    /** Checked mode: the operands lie in live allocations and outputs meet no inputs; 0 or the misuse's code.
     */
    aclError check() const;
};

}  // namespace hostacl
