// The first phase of an operator: takes its arguments in order, refuses what the device would refuse, and
// prepares the task that the second phase launches.
#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aclnn/executor.h"
#include "aclnn/objects.h"
#include "aclnn/op_task.h"

namespace hostacl {

/** Thrown inside a first phase; caught by `plan`, which records it and returns the code. */
struct Refusal {
    aclnnStatus code;
    std::string message;
    bool reported = false;  // as a misuse of its own already
};

/** A set of element types, by aclDataType. */
using DTypes = std::initializer_list<int>;

inline constexpr DTypes kFloats = {ACL_FLOAT, ACL_FLOAT16, ACL_BF16};
inline constexpr DTypes kHalves = {ACL_FLOAT16, ACL_BF16};
inline constexpr DTypes kIndices = {ACL_INT32, ACL_INT64};
inline constexpr DTypes kMasks = {ACL_BOOL, ACL_INT8, ACL_UINT8};
inline constexpr DTypes kNumbers = {ACL_FLOAT, ACL_FLOAT16, ACL_BF16,  ACL_DOUBLE, ACL_INT8,
                                    ACL_UINT8, ACL_INT16,   ACL_INT32, ACL_INT64,  ACL_BOOL};

/** "fp32", "bf16", ... */
const char* nameOf(int dtype);
/** "[2, 3]" of a view's dims. */
std::string shapeOf(const kernels::View& view);

/**
 * One argument tensor: its slot in the task and a copy of its metadata, which a computation may keep. The
 * caller may destroy the tensor itself as soon as the second phase has returned.
 */
struct Argument : Slot {
    /** Format of the tensor, an aclFormat. */
    int format = ACL_FORMAT_UNDEFINED;

    explicit operator bool() const { return present_; }
    const kernels::View& view() const { return view_; }
    int dtype() const { return view_.dtype; }
    int rank() const { return view_.rank; }
    /** Size of an axis; negative axes count from the end. */
    int64_t dim(int axis) const { return view_.dims[axis < 0 ? axis + view_.rank : axis]; }
    int64_t stride(int axis) const { return view_.strides[axis < 0 ? axis + view_.rank : axis]; }
    int64_t elements() const { return kernels::elementCount(view_); }
    bool contiguous() const { return kernels::isContiguous(view_); }

    Argument() = default;
    Argument(Slot slot, const aclTensor* tensor) : Slot(slot), present_(tensor != nullptr) {
        if (tensor == nullptr) return;
        view_ = tensor->view;
        format = tensor->format;
    }

  private:
    kernels::View view_{};
    bool present_ = false;
};

class Plan {
  public:
    Plan(const char* name, Core core);

    // Arguments, to be named in the order of the prototype. A missing required one is refused with 161001.
    Argument input(const aclTensor* tensor, const char* what, DTypes dtypes);
    Argument optional(const aclTensor* tensor, const char* what, DTypes dtypes);
    Argument output(const aclTensor* tensor, const char* what, DTypes dtypes);
    Argument optionalOutput(const aclTensor* tensor, const char* what, DTypes dtypes);
    Argument inPlace(const aclTensor* tensor, const char* what, DTypes dtypes);
    std::vector<Argument> inputs(const aclTensorList* list, const char* what, DTypes dtypes);
    std::vector<Argument> outputs(const aclTensorList* list, const char* what, DTypes dtypes);
    kernels::Scalar scalar(const aclScalar* scalar, const char* what);
    const std::vector<int64_t>& integers(const aclIntArray* array, const char* what);
    const std::vector<int64_t>* optionalIntegers(const aclIntArray* array, const char* what);
    /** An argument that must be null because what it asks for is not offered. */
    void absent(const void* argument, const char* what);

    /** Which elements of the tensor are touched is decided by device data. */
    void indirect(const Argument& argument);
    /** Outputs may be the very view of an input (element-wise operators). */
    void mayAlias() { task_->mayAlias = true; }

    /** Ends the first phase with a code and a message. */
    [[noreturn, gnu::format(printf, 3, 4)]] void refuse(aclnnStatus code, const char* format, ...) const;
    void requireSameShape(const Argument& a, const Argument& b, const char* what) const;
    void requireShape(const Argument& a, std::initializer_list<int64_t> dims, const char* what) const;
    /** `axis` made non-negative; refused when the rank has no such axis. */
    int axisOf(int64_t axis, int rank, const char* what) const;

    void needWorkspace(uint64_t bytes) { workspaceSize_ += (bytes + 63) / 64 * 64; }
    /** The next `bytes` of the workspace: their offset from its first byte, a multiple of 64. */
    uint64_t reserveWorkspace(uint64_t bytes) {
        const uint64_t offset = workspaceSize_;
        needWorkspace(bytes);
        return offset;
    }
    void refuseRepeat(const char* why) { notRepeatable_ = why; }

    /** Sets what the operator computes: void(const Run&), or bool(const Run&) with false for a fault of the
     * device. */
    template <typename F>
    void compute(F&& body) {
        if constexpr (std::is_void_v<std::invoke_result_t<F, const Run&>>) {
            task_->body = [body = std::forward<F>(body)](const Run& run) {
                body(run);
                return true;
            };
        } else {
            task_->body = std::forward<F>(body);
        }
    }

    aclnnStatus finish(uint64_t* workspaceSize, aclOpExecutor** executor);

  private:
    Argument argument(const aclTensor* tensor, const char* what, DTypes dtypes, Role role, bool required,
                      int member);
    std::vector<Argument> list(const aclTensorList* list, const char* what, DTypes dtypes, Role role);
    void checkTensor(const aclTensor& tensor, const char* what, DTypes dtypes, Role role) const;
    void remember(const void* object);

    std::shared_ptr<OpTask> task_;
    std::vector<std::pair<const void*, uint64_t>> arguments_;
    uint64_t workspaceSize_ = 0;
    const char* notRepeatable_ = nullptr;
    int nextArgument_ = 0;
};

// Refuse unless a condition holds, with 161002 or with `code`. Macros, because the message's arguments
// (shapes in words, members of tensors that may be null) must not be evaluated when it does hold.
#define REQUIRE(plan, condition, ...) REQUIRE_OR(plan, ACLNN_ERR_PARAM_INVALID, condition, __VA_ARGS__)
#define REQUIRE_OR(plan, code, condition, ...)              \
    do {                                                    \
        if (!(condition)) (plan).refuse(code, __VA_ARGS__); \
    } while (false)

/** Context, null out-pointers and counters of every first phase; 0 or the code. */
aclnnStatus beginPlan(const char* name, const uint64_t* workspaceSize, aclOpExecutor** executor);
aclnnStatus refused(const char* name, const Refusal& refusal);

/**
 * Runs a first phase: `build(Plan&)` names the arguments, requires what must hold and sets the computation.
 * `name` is the operator's symbol ("aclnnMm") and must live for ever.
 */
template <typename Build>
aclnnStatus plan(const char* name, Core core, uint64_t* workspaceSize, aclOpExecutor** executor,
                 Build&& build) {
    if (const aclnnStatus code = beginPlan(name, workspaceSize, executor); code != ACLNN_SUCCESS) return code;
    try {
        Plan p(name, core);
        build(p);
        return p.finish(workspaceSize, executor);
    } catch (const Refusal& refusal) {
        return refused(name, refusal);
    }
}

}  // namespace hostacl
