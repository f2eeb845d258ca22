#include "aclnn/op_task.h"

#include <algorithm>

#include "runtime/allocations.h"
#include "runtime/misuse.h"

namespace hostacl {
namespace {

bool sameView(const kernels::View& a, const kernels::View& b) {
    return a.data == b.data && a.dtype == b.dtype && a.rank == b.rank &&
           std::equal(a.dims, a.dims + a.rank, b.dims) &&
           std::equal(a.strides, a.strides + a.rank, b.strides);
}

bool isEmpty(const kernels::View& view) {
    return kernels::elementCount(view) == 0;
}

Interval workspaceRange(const OpTask& task) {
    const auto begin = reinterpret_cast<uintptr_t>(task.workspace);
    return {begin, begin + task.workspaceBytes};
}

aclError checkOperand(const OpTask& task, const Operand& o, size_t index) {
    const Interval range = extentOf(o.view);
    if (!allocations().onDevice(range)) {
        return misuseAs(task.exceptionCode(), 20,
                        "%s: tensor %zu at %p, %zu bytes, is in no live device allocation.", task.name, index,
                        o.view.data, static_cast<size_t>(range.end - range.begin));
    }
    const auto storage = range.begin - static_cast<uintptr_t>(bytesOf(o.offset, o.view.dtype));
    if (storage % 32 != 0) {
        return misuse(
            21,
            "%s: the storage of tensor %zu, %p, is not 32-byte aligned: put a sub-view's start into the "
            "offset.",
            task.name, index, reinterpret_cast<void*>(storage));
    }
    if (!allocations().onDevice({storage, storage + static_cast<uintptr_t>(o.storageBytes)})) {
        return misuse(38, "%s: the storage shape of tensor %zu, %lld bytes, leaves its allocation.",
                      task.name, index, static_cast<long long>(o.storageBytes));
    }
    if (o.writes() && !allocations().writable(range)) {
        return misuseAs(task.exceptionCode(), 20, "%s: output %zu at %p is registered read-only.", task.name,
                        index, o.view.data);
    }
    return ACL_SUCCESS;
}

}  // namespace

aclError OpTask::run(Stream&) const {
    return body(Run(operands, workspace)) ? ACL_SUCCESS : exceptionCode();
}

bool OpTask::replaces(const Task& old) const {
    const auto* other = dynamic_cast<const OpTask*>(&old);
    return other != nullptr && Task::replaces(old) && workspace == other->workspace &&
           operands.size() == other->operands.size();
}

Accesses OpTask::accesses() const {
    Accesses all;
    for (const Operand& o : operands) {
        if (o.present && !isEmpty(o.view))
            all.push_back({intervalsOf(o.view), o.writes(), false, o.indirect});
    }
    if (workspaceBytes > 0) all.push_back({{workspaceRange(*this)}, true, false, false});
    return all;
}

aclError OpTask::check() const {
    for (size_t i = 0; i < operands.size(); ++i) {
        if (!operands[i].present || isEmpty(operands[i].view)) continue;
        if (const aclError code = checkOperand(*this, operands[i], i); code != ACL_SUCCESS) return code;
    }
    if (workspaceBytes > 0 && !allocations().onDevice(workspaceRange(*this))) {
        return misuseAs(ACLNN_ERR_PARAM_INVALID, 32,
                        "%s: the workspace %p, %llu bytes, is in no live device allocation.", name, workspace,
                        static_cast<unsigned long long>(workspaceBytes));
    }
    for (const Operand& out : operands) {
        if (!out.present || !out.writes() || isEmpty(out.view)) continue;
        const Intervals written = intervalsOf(out.view);
        for (const Operand& in : operands) {
            if (&in == &out || !in.present || isEmpty(in.view) || (mayAlias && sameView(in.view, out.view)))
                continue;
            if (!overlaps(written, intervalsOf(in.view))) continue;
            return misuse(37, "%s: tensor %d is written and overlaps tensor %d.", name, out.argument,
                          in.argument);
        }
    }
    return ACL_SUCCESS;
}

}  // namespace hostacl
