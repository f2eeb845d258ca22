#include "aclnn/executor.h"

#include <cstring>
#include <deque>
#include <mutex>

#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/stats.h"
#include "runtime/stream.h"

namespace hostacl {
namespace {

/** The launched task: the prototype itself, or a copy when it will be launched again. */
std::shared_ptr<OpTask> takeTask(aclOpExecutor& executor) {
    if (executor.repeatable) return std::make_shared<OpTask>(*executor.task);
    return std::move(executor.task);
}

aclnnStatus checkExecutor(const char* name, const aclOpExecutor* executor) {
    if (executor == nullptr) return misuse(31, "%s: the executor is null.", name);
    if (!isLive(executor, kExecutor) || executor->task == nullptr) {
        return misuse(31, "%s: the executor %p was consumed by an earlier second phase, or destroyed.", name,
                      static_cast<const void*>(executor));
    }
    if (std::strcmp(executor->task->name, name) != 0) {
        return misuseAs(ACLNN_ERR_INNER, 31, "%s: the executor was made by %sGetWorkspaceSize.", name,
                        executor->task->name);
    }
    return ACLNN_SUCCESS;
}

aclnnStatus checkArguments(const char* name, const aclOpExecutor& executor) {
    if (executor.launched) return ACLNN_SUCCESS;
    for (const auto& [object, serial] : executor.arguments) {
        if (isEntered(object, serial)) continue;
        return misuse(33,
                      "%s: argument object %p was destroyed between the phases: destroy it after the second.",
                      name, object);
    }
    return ACLNN_SUCCESS;
}

aclnnStatus checkWorkspace(const char* name, const aclOpExecutor& executor, const void* workspace,
                           uint64_t size) {
    const uint64_t needed = executor.workspaceSize;
    if (needed == 0 && (size == 0 || workspace != nullptr)) return ACLNN_SUCCESS;
    if (workspace == nullptr) {
        return misuse(32, "%s: the workspace is null; phase 1 asked for %llu bytes.", name,
                      static_cast<unsigned long long>(needed));
    }
    if (size < needed) {
        return misuseAs(ACLNN_ERR_PARAM_INVALID, 32, "%s: a workspace of %llu bytes; phase 1 asked for %llu.",
                        name, static_cast<unsigned long long>(size), static_cast<unsigned long long>(needed));
    }
    return ACLNN_SUCCESS;
}

aclnnStatus launchChecked(const char* name, void* workspace, uint64_t size, aclOpExecutor& executor,
                          aclrtStream handle) {
    if (checked()) {
        if (const aclnnStatus code = checkArguments(name, executor); code != ACLNN_SUCCESS) return code;
    }
    if (const aclnnStatus code = checkWorkspace(name, executor, workspace, size); code != ACLNN_SUCCESS)
        return code;
    aclError code;
    const auto stream = requireStream(name, handle, code);
    if (!stream)
        return code == ACL_ERROR_RT_CONTEXT_NULL ? static_cast<aclnnStatus>(ACLNN_ERR_RUNTIME_ERROR) : code;
    if (stream->device().id != executor.deviceId) {
        return misuse(36, "%s: phase 1 ran on device %d, phase 2 on device %d.", name, executor.deviceId,
                      stream->device().id);
    }
    const auto task = takeTask(executor);
    executor.launched = true;
    task->workspace = executor.workspaceSize > 0 ? workspace : nullptr;
    task->workspaceBytes = executor.workspaceSize;
    if (checked()) {
        if ((code = task->check()) != ACL_SUCCESS) return code;
    }
    return stream->submit(task);
}

}  // namespace

void endExecutor(aclOpExecutor* executor) {
    uncount(stats().liveExecutors);
    executor->mark = 0;
    if (!checked()) {
        delete executor;
        return;
    }
    static std::mutex mutex;
    static auto* retired = new std::deque<aclOpExecutor*>;
    static constexpr size_t kRetired = 4096;
    executor->task.reset();
    std::lock_guard lock(mutex);
    retired->push_back(executor);
    if (retired->size() > kRetired) {
        leaveObject(*retired->front());
        delete retired->front();
        retired->pop_front();
    }
}

aclnnStatus launch(const char* name, void* workspace, uint64_t workspaceSize, aclOpExecutor* executor,
                   aclrtStream stream) {
    if (const aclnnStatus code = checkExecutor(name, executor); code != ACLNN_SUCCESS) return code;
    const aclnnStatus code = launchChecked(name, workspace, workspaceSize, *executor, stream);
    if (!executor->repeatable) endExecutor(executor);
    return code;
}

}  // namespace hostacl

using namespace hostacl;

namespace {

aclnnStatus requireExecutor(const char* function, const aclOpExecutor* executor) {
    if (executor == nullptr) return fail(ACLNN_ERR_INNER_NULLPTR, "%s: the executor is null.", function);
    if (isLive(executor, kExecutor) && executor->task != nullptr) return ACLNN_SUCCESS;
    return misuse(31, "%s: the executor %p was consumed or destroyed.", function,
                  static_cast<const void*>(executor));
}

/** Gives the operand that `matches` says a new address; the first of them counts from `index`. */
template <typename Matches>
aclnnStatus setAddress(const char* function, aclOpExecutor* executor, const void* object, size_t index,
                       void* addr, Matches matches) {
    if (const aclnnStatus code = requireExecutor(function, executor); code != ACLNN_SUCCESS) return code;
    if (object == nullptr) return fail(ACLNN_ERR_INNER_NULLPTR, "%s: the tensor is null.", function);
    for (Operand& o : executor->task->operands) {
        if (!matches(o)) continue;
        if (!o.present) break;
        o.view.data = static_cast<uint8_t*>(addr) + bytesOf(o.offset, o.view.dtype);
        return ACLNN_SUCCESS;
    }
    return misuseAs(ACLNN_ERR_PARAM_INVALID, 35, "%s: %s has no tensor %zu, or it was null in phase 1.",
                    function, executor->task->name, index);
}

/** Counts single tensors that `counts`, and matches the one at `index`. */
template <typename Counts>
auto nth(size_t index, Counts counts) {
    return [seen = size_t{0}, last = -1, index, counts](const Operand& o) mutable {
        if (!counts(o) || o.argument == last) return false;
        last = o.argument;
        return seen++ == index && o.member < 0;
    };
}

auto memberOf(size_t argument, size_t member, bool inputs, bool outputs) {
    return [=](const Operand& o) {
        return o.argument == static_cast<int>(argument) && o.member == static_cast<int>(member) &&
               ((inputs && o.reads()) || (outputs && o.writes()));
    };
}

}  // namespace

aclnnStatus aclSetAclOpExecutorRepeatable(aclOpExecutor* executor) {
    if (const aclnnStatus code = requireExecutor(__func__, executor); code != ACLNN_SUCCESS) return code;
    if (executor->notRepeatable != nullptr) {
        return fail(ACLNN_ERR_INNER, "%s: %s cannot repeat: %s.", __func__, executor->task->name,
                    executor->notRepeatable);
    }
    if (executor->launched || executor->thread != std::this_thread::get_id()) {
        return misuse(35, "%s: must be called right after phase 1, on the same thread.", __func__);
    }
    executor->repeatable = true;
    return ACLNN_SUCCESS;
}

aclnnStatus aclDestroyAclOpExecutor(aclOpExecutor* executor) {
    if (const aclnnStatus code = requireExecutor(__func__, executor); code != ACLNN_SUCCESS) return code;
    endExecutor(executor);
    return ACLNN_SUCCESS;
}

aclnnStatus aclSetTensorAddr(aclOpExecutor* executor, const size_t index, aclTensor* tensor, void* addr) {
    return setAddress(__func__, executor, tensor, index, addr,
                      nth(index, [](const Operand&) { return true; }));
}

aclnnStatus aclSetInputTensorAddr(aclOpExecutor* executor, const size_t index, aclTensor* tensor,
                                  void* addr) {
    return setAddress(__func__, executor, tensor, index, addr,
                      nth(index, [](const Operand& o) { return o.reads(); }));
}

aclnnStatus aclSetOutputTensorAddr(aclOpExecutor* executor, const size_t index, aclTensor* tensor,
                                   void* addr) {
    return setAddress(__func__, executor, tensor, index, addr,
                      nth(index, [](const Operand& o) { return o.writes(); }));
}

aclnnStatus aclSetDynamicTensorAddr(aclOpExecutor* executor, size_t irIndex, const size_t relativeIndex,
                                    aclTensorList* tensors, void* addr) {
    return setAddress(__func__, executor, tensors, irIndex, addr,
                      memberOf(irIndex, relativeIndex, true, true));
}

aclnnStatus aclSetDynamicInputTensorAddr(aclOpExecutor* executor, size_t irIndex, const size_t relativeIndex,
                                         aclTensorList* tensors, void* addr) {
    return setAddress(__func__, executor, tensors, irIndex, addr,
                      memberOf(irIndex, relativeIndex, true, false));
}

aclnnStatus aclSetDynamicOutputTensorAddr(aclOpExecutor* executor, size_t irIndex, const size_t relativeIndex,
                                          aclTensorList* tensors, void* addr) {
    return setAddress(__func__, executor, tensors, irIndex, addr,
                      memberOf(irIndex, relativeIndex, false, true));
}
