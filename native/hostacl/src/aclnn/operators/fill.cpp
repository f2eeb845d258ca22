// Cast, InplaceCopy, fills and Arange (ABI reference, section 4.6).
#include <cmath>

#include "aclnn/shapes.h"

using namespace hostacl;

aclnnStatus aclnnCastGetWorkspaceSize(const aclTensor* self, const aclDataType dtype, aclTensor* out,
                                      uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnCast", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument y = p.output(out, "out", kNumbers);
        REQUIRE(p, y.dtype() == dtype, "dtype is %s, but out is %s", nameOf(dtype), nameOf(y.dtype()));
        p.requireSameShape(x, y, "out");
        p.compute([=](const Run& run) { kernels::active().copy({run[x], run[y]}); });
    });
}

aclnnStatus aclnnInplaceCopyGetWorkspaceSize(aclTensor* selfRef, const aclTensor* src,
                                             uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceCopy", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument to = p.output(selfRef, "selfRef", kNumbers);
        const Argument from = p.input(src, "src", kNumbers);
        requireBroadcastable(p, from.view(), to.view(), "src");
        p.compute(
            [=](const Run& run) { kernels::active().copy({broadcastLike(run[from], run[to]), run[to]}); });
    });
}

aclnnStatus aclnnInplaceFillScalarGetWorkspaceSize(aclTensor* selfRef, const aclScalar* value,
                                                   uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceFillScalar", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.output(selfRef, "selfRef", kNumbers);
        const kernels::Scalar scalar = p.scalar(value, "value");
        p.compute([=](const Run& run) { kernels::active().fill({run[x], scalar}); });
    });
}

aclnnStatus aclnnInplaceZeroGetWorkspaceSize(aclTensor* selfRef, uint64_t* workspaceSize,
                                             aclOpExecutor** executor) {
    return plan("aclnnInplaceZero", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.output(selfRef, "selfRef", kNumbers);
        p.compute([=](const Run& run) { kernels::active().fill({run[x], kernels::Scalar::ofInteger(0)}); });
    });
}

aclnnStatus aclnnInplaceMaskedFillScalarGetWorkspaceSize(aclTensor* selfRef, const aclTensor* mask,
                                                         const aclScalar* value, uint64_t* workspaceSize,
                                                         aclOpExecutor** executor) {
    return plan("aclnnInplaceMaskedFillScalar", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(selfRef, "selfRef", kNumbers);
        const Argument m = p.input(mask, "mask", {ACL_BOOL});
        const kernels::Scalar scalar = p.scalar(value, "value");
        requireBroadcastable(p, m.view(), x.view(), "mask");
        p.compute([=](const Run& run) {
            kernels::active().maskedFill({run[x], broadcastLike(run[m], run[x]), scalar});
        });
    });
}

aclnnStatus aclnnArangeGetWorkspaceSize(const aclScalar* start, const aclScalar* end, const aclScalar* step,
                                        aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnArange", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const kernels::Scalar first = p.scalar(start, "start");
        const kernels::Scalar last = p.scalar(end, "end");
        const kernels::Scalar by = p.scalar(step, "step");
        const Argument y =
            p.output(out, "out", {ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE, ACL_INT32, ACL_INT64});
        REQUIRE(p, by.real != 0, "step is 0");
        REQUIRE(p, (last.real - first.real) * by.real >= 0, "step %g does not lead from %g to %g", by.real,
                first.real, last.real);
        const auto count = static_cast<int64_t>(std::ceil((last.real - first.real) / by.real));
        p.requireShape(y, {count}, "out");
        p.compute([=](const Run& run) { kernels::active().arange({first, by, run[y]}); });
    });
}
