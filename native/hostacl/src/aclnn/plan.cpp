#include "aclnn/plan.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

namespace hostacl {
namespace {

std::string format(const char* text, va_list arguments) {
    char buffer[512];
    std::vsnprintf(buffer, sizeof buffer, text, arguments);
    return buffer;
}

bool isPrivateFormat(int format) {
    return format == ACL_FORMAT_FRACTAL_NZ || format == ACL_FORMAT_FRACTAL_Z ||
           format == ACL_FORMAT_NC1HWC0 || format == ACL_FORMAT_UNDEFINED || format > ACL_FORMAT_NCL;
}

std::string namesOf(DTypes dtypes) {
    std::string names;
    for (const int dtype : dtypes) names += (names.empty() ? "" : ", ") + std::string(nameOf(dtype));
    return names;
}

}  // namespace

const char* nameOf(int dtype) {
    switch (dtype) {
        case ACL_FLOAT:
            return "fp32";
        case ACL_FLOAT16:
            return "fp16";
        case ACL_BF16:
            return "bf16";
        case ACL_DOUBLE:
            return "fp64";
        case ACL_INT4:
            return "int4";
        case ACL_INT8:
            return "int8";
        case ACL_INT16:
            return "int16";
        case ACL_INT32:
            return "int32";
        case ACL_INT64:
            return "int64";
        case ACL_UINT8:
            return "uint8";
        case ACL_UINT16:
            return "uint16";
        case ACL_UINT32:
            return "uint32";
        case ACL_UINT64:
            return "uint64";
        case ACL_BOOL:
            return "bool";
        default:
            return "an unknown type";
    }
}

std::string shapeOf(const kernels::View& view) {
    std::string text = "[";
    for (int d = 0; d < view.rank; ++d) text += (d == 0 ? "" : ", ") + std::to_string(view.dims[d]);
    return text + "]";
}

Plan::Plan(const char* name, Core core) : task_(std::make_shared<OpTask>(name, core)) {
    task_->operands.reserve(6);
}

void Plan::remember(const void* object) {
    if (checked()) arguments_.emplace_back(object, serialOf(object));
}

void Plan::checkTensor(const aclTensor& tensor, const char* what, DTypes dtypes, Role role) const {
    const kernels::View& view = tensor.view;
    if (std::find(dtypes.begin(), dtypes.end(), view.dtype) == dtypes.end()) {
        throw Refusal{ACLNN_ERR_PARAM_INVALID,
                      std::string(what) + " is " + nameOf(view.dtype) + "; expected " + namesOf(dtypes)};
    }
    REQUIRE(*this, view.dtype != ACL_BF16 || !config().isAscend310P(), "%s is bf16, which %s does not have",
            what, config().soc.c_str());
    REQUIRE(*this, !isPrivateFormat(tensor.format), "%s has format %d; expected ND", what, tensor.format);
    if (!checked()) return;
    int64_t last = tensor.offset;
    bool empty = false;
    for (int d = 0; d < view.rank; ++d) {
        empty = empty || view.dims[d] == 0;
        last += (view.dims[d] - 1) * view.strides[d];
        if (role != Role::Input && view.dims[d] > 1 && view.strides[d] == 0) {
            throw Refusal{misuse(38, "%s: axis %d of the output has stride 0.", task_->name, d), what, true};
        }
    }
    if (!empty && last >= tensor.storageElements()) {
        throw Refusal{misuse(38, "%s: %s %s reaches element %lld of a storage of %lld.", task_->name, what,
                             shapeOf(view).c_str(), static_cast<long long>(last),
                             static_cast<long long>(tensor.storageElements())),
                      what, true};
    }
}

Argument Plan::argument(const aclTensor* tensor, const char* what, DTypes dtypes, Role role, bool required,
                        int member) {
    if (tensor == nullptr && required) throw Refusal{ACLNN_ERR_PARAM_NULLPTR, std::string(what) + " is null"};
    Operand operand;
    operand.role = role;
    operand.argument = nextArgument_;
    operand.member = member;
    if (tensor != nullptr) {
        if (!isLive(tensor, kTensor)) {
            throw Refusal{misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: %s %p is not a live tensor.", task_->name,
                                   what, static_cast<const void*>(tensor)),
                          what, true};
        }
        checkTensor(*tensor, what, dtypes, role);
        remember(tensor);
        operand.view = tensor->view;
        operand.present = true;
        operand.offset = tensor->offset;
        operand.storageBytes = bytesOf(tensor->storageElements(), tensor->view.dtype);
    }
    task_->operands.push_back(operand);
    return {Slot{static_cast<int>(task_->operands.size()) - 1}, tensor};
}

Argument Plan::input(const aclTensor* t, const char* what, DTypes dtypes) {
    const Argument a = argument(t, what, dtypes, Role::Input, true, -1);
    ++nextArgument_;
    return a;
}

Argument Plan::optional(const aclTensor* t, const char* what, DTypes dtypes) {
    const Argument a = argument(t, what, dtypes, Role::Input, false, -1);
    ++nextArgument_;
    return a;
}

Argument Plan::output(const aclTensor* t, const char* what, DTypes dtypes) {
    const Argument a = argument(t, what, dtypes, Role::Output, true, -1);
    ++nextArgument_;
    return a;
}

Argument Plan::optionalOutput(const aclTensor* t, const char* what, DTypes dtypes) {
    const Argument a = argument(t, what, dtypes, Role::Output, false, -1);
    ++nextArgument_;
    return a;
}

Argument Plan::inPlace(const aclTensor* t, const char* what, DTypes dtypes) {
    const Argument a = argument(t, what, dtypes, Role::InOut, true, -1);
    ++nextArgument_;
    return a;
}

std::vector<Argument> Plan::list(const aclTensorList* tensors, const char* what, DTypes dtypes, Role role) {
    if (tensors == nullptr) throw Refusal{ACLNN_ERR_PARAM_NULLPTR, std::string(what) + " is null"};
    if (!isLive(tensors, kTensorList)) {
        throw Refusal{misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: %s is not a live list.", task_->name, what),
                      what, true};
    }
    remember(tensors);
    std::vector<Argument> all;
    for (const aclTensor* member : tensors->members) {
        all.push_back(argument(member, what, dtypes, role, true, static_cast<int>(all.size())));
    }
    ++nextArgument_;
    REQUIRE(*this, !all.empty(), "%s is an empty list", what);
    return all;
}

std::vector<Argument> Plan::inputs(const aclTensorList* tensors, const char* what, DTypes dtypes) {
    return list(tensors, what, dtypes, Role::Input);
}

std::vector<Argument> Plan::outputs(const aclTensorList* tensors, const char* what, DTypes dtypes) {
    return list(tensors, what, dtypes, Role::Output);
}

kernels::Scalar Plan::scalar(const aclScalar* scalar, const char* what) {
    if (scalar == nullptr) throw Refusal{ACLNN_ERR_PARAM_NULLPTR, std::string(what) + " is null"};
    if (!isLive(scalar, kScalar)) {
        throw Refusal{misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: %s is not a live scalar.", task_->name, what),
                      what, true};
    }
    remember(scalar);
    return scalar->value;
}

const std::vector<int64_t>& Plan::integers(const aclIntArray* array, const char* what) {
    if (array == nullptr) throw Refusal{ACLNN_ERR_PARAM_NULLPTR, std::string(what) + " is null"};
    return *optionalIntegers(array, what);
}

const std::vector<int64_t>* Plan::optionalIntegers(const aclIntArray* array, const char* what) {
    if (array == nullptr) return nullptr;
    if (!isLive(array, kIntArray)) {
        throw Refusal{misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: %s is not a live array.", task_->name, what),
                      what, true};
    }
    remember(array);
    return &array->values;
}

void Plan::absent(const void* argument, const char* what) {
    REQUIRE(*this, argument == nullptr, "%s is not offered by hostacl: pass null", what);
}

void Plan::indirect(const Argument& argument) {
    task_->operands[argument.index].indirect = true;
}

void Plan::refuse(aclnnStatus code, const char* text, ...) const {
    va_list arguments;
    va_start(arguments, text);
    Refusal refusal{code, format(text, arguments)};
    va_end(arguments);
    throw refusal;
}

void Plan::requireSameShape(const Argument& a, const Argument& b, const char* what) const {
    const auto& x = a.view();
    const auto& y = b.view();
    if (x.rank == y.rank && std::equal(x.dims, x.dims + x.rank, y.dims)) return;
    REQUIRE(*this, false, "%s has shape %s; expected %s", what, shapeOf(y).c_str(), shapeOf(x).c_str());
}

void Plan::requireShape(const Argument& a, std::initializer_list<int64_t> dims, const char* what) const {
    const auto& x = a.view();
    if (x.rank == static_cast<int>(dims.size()) && std::equal(dims.begin(), dims.end(), x.dims)) return;
    kernels::View expected;
    expected.rank = static_cast<int>(dims.size());
    std::copy(dims.begin(), dims.end(), expected.dims);
    REQUIRE(*this, false, "%s has shape %s; expected %s", what, shapeOf(x).c_str(),
            shapeOf(expected).c_str());
}

int Plan::axisOf(int64_t axis, int rank, const char* what) const {
    const int64_t bound = std::max(rank, 1);
    REQUIRE(*this, axis >= -bound && axis < bound, "%s is %lld for rank %d", what,
            static_cast<long long>(axis), rank);
    return static_cast<int>(axis < 0 ? axis + bound : axis);
}

aclnnStatus Plan::finish(uint64_t* workspaceSize, aclOpExecutor** out) {
    auto* executor = new aclOpExecutor;
    executor->task = std::move(task_);
    executor->workspaceSize = workspaceSize_;
    executor->deviceId = currentContext()->device.id;
    executor->thread = std::this_thread::get_id();
    executor->notRepeatable = notRepeatable_;
    executor->arguments = std::move(arguments_);
    if (checked()) enterObject(*executor);
    count(stats().liveExecutors);
    *workspaceSize = workspaceSize_;
    *out = executor;
    return ACLNN_SUCCESS;
}

aclnnStatus beginPlan(const char* name, const uint64_t* workspaceSize, aclOpExecutor** executor) {
    count(stats().phase1Calls);
    aclError code;
    if (!requireContext(name, code)) {
        return code == ACL_ERROR_RT_CONTEXT_NULL ? static_cast<aclnnStatus>(ACLNN_ERR_RUNTIME_ERROR) : code;
    }
    if (workspaceSize != nullptr && executor != nullptr) return ACLNN_SUCCESS;
    return misuse(29, "%sGetWorkspaceSize: an out-pointer is null.", name);
}

aclnnStatus refused(const char* name, const Refusal& refusal) {
    if (refusal.reported) return refusal.code;
    // A refusal for a null pointer or a rule of the operator is a misuse too (29, 30); others reported
    // themselves.
    if (refusal.code == ACLNN_ERR_PARAM_NULLPTR) return misuse(29, "%s: %s.", name, refusal.message.c_str());
    return misuseAs(refusal.code, 30, "%s: %s.", name, refusal.message.c_str());
}

}  // namespace hostacl
