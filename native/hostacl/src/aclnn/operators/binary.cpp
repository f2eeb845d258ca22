// Arithmetic and comparisons of two tensors, or a tensor and a scalar (ABI reference, section 4.6).
#include "aclnn/shapes.h"

using namespace hostacl;
using kernels::BinaryOp;
using kernels::Scalar;

namespace {

Scalar one() {
    return Scalar::ofInteger(1);
}

void planBinary(Plan& p, BinaryOp op, const Argument& a, const Argument& b, const Argument& out,
                Scalar alpha) {
    requireDims(p, out, broadcast(p, a.view(), b.view()), "out");
    int result = promote(a.dtype(), b.dtype());
    if (op == BinaryOp::Div && !kernels::isFloating(result)) result = ACL_FLOAT;
    requireCastable(p, result, out.dtype(), "out");
    p.mayAlias();
    p.compute([=](const Run& run) {
        const auto& y = run[out];
        kernels::active().binary({op, broadcastLike(run[a], y), broadcastLike(run[b], y), y, alpha});
    });
}

void planTensors(Plan& p, BinaryOp op, const aclTensor* self, const aclTensor* other, const aclScalar* alpha,
                 bool hasAlpha, const aclTensor* out) {
    const Argument a = p.input(self, "self", kNumbers);
    const Argument b = p.input(other, "other", kNumbers);
    const Scalar factor = hasAlpha ? p.scalar(alpha, "alpha") : one();
    planBinary(p, op, a, b, p.output(out, "out", kNumbers), factor);
}

void planTensorsInPlace(Plan& p, BinaryOp op, const aclTensor* selfRef, const aclTensor* other,
                        const aclScalar* alpha, bool hasAlpha) {
    const Argument a = p.inPlace(selfRef, "selfRef", kNumbers);
    const Argument b = p.input(other, "other", kNumbers);
    planBinary(p, op, a, b, a, hasAlpha ? p.scalar(alpha, "alpha") : one());
}

/** The result's type of a tensor and a scalar: the scalar lifts the category only. */
int scalarResult(BinaryOp op, int dtype, const Scalar& scalar) {
    if (kernels::isFloating(dtype)) return dtype;
    return !scalar.isInteger || op == BinaryOp::Div ? static_cast<int>(ACL_FLOAT) : dtype;
}

void planScalar(Plan& p, BinaryOp op, const Argument& x, const Argument& out, Scalar other, Scalar alpha) {
    p.requireSameShape(x, out, "out");
    const bool compares = op == BinaryOp::Less || op == BinaryOp::Greater;
    if (compares) {
        REQUIRE(p, out.dtype() == ACL_BOOL, "out is %s; expected bool", nameOf(out.dtype()));
    } else {
        requireCastable(p, scalarResult(op, x.dtype(), other), out.dtype(), "out");
    }
    p.mayAlias();
    p.compute([=](const Run& run) { kernels::active().scalarBinary({op, run[x], run[out], other, alpha}); });
}

}  // namespace

aclnnStatus aclnnAddGetWorkspaceSize(const aclTensor* self, const aclTensor* other, const aclScalar* alpha,
                                     aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnAdd", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planTensors(p, BinaryOp::Add, self, other, alpha, true, out); });
}

aclnnStatus aclnnSubGetWorkspaceSize(const aclTensor* self, const aclTensor* other, const aclScalar* alpha,
                                     aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnSub", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planTensors(p, BinaryOp::Sub, self, other, alpha, true, out); });
}

#define BINARY(name, op)                                                                                     \
    aclnnStatus aclnn##name##GetWorkspaceSize(const aclTensor* self, const aclTensor* other, aclTensor* out, \
                                              uint64_t* workspaceSize, aclOpExecutor** executor) {           \
        return plan("aclnn" #name, Core::Vector, workspaceSize, executor,                                    \
                    [&](Plan& p) { planTensors(p, op, self, other, nullptr, false, out); });                 \
    }

BINARY(Mul, BinaryOp::Mul)
BINARY(Div, BinaryOp::Div)
BINARY(Maximum, BinaryOp::Maximum)

aclnnStatus aclnnInplaceAddGetWorkspaceSize(aclTensor* selfRef, const aclTensor* other,
                                            const aclScalar* alpha, uint64_t* workspaceSize,
                                            aclOpExecutor** executor) {
    return plan("aclnnInplaceAdd", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planTensorsInPlace(p, BinaryOp::Add, selfRef, other, alpha, true); });
}

aclnnStatus aclnnInplaceMulGetWorkspaceSize(aclTensor* selfRef, const aclTensor* other,
                                            uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceMul", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planTensorsInPlace(p, BinaryOp::Mul, selfRef, other, nullptr, false); });
}

aclnnStatus aclnnAddsGetWorkspaceSize(const aclTensor* self, const aclScalar* other, const aclScalar* alpha,
                                      aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnAdds", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Scalar value = p.scalar(other, "other");
        const Scalar factor = p.scalar(alpha, "alpha");
        planScalar(p, BinaryOp::Add, x, p.output(out, "out", kNumbers), value, factor);
    });
}

aclnnStatus aclnnInplaceAddsGetWorkspaceSize(aclTensor* selfRef, const aclScalar* other,
                                             const aclScalar* alpha, uint64_t* workspaceSize,
                                             aclOpExecutor** executor) {
    return plan("aclnnInplaceAdds", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(selfRef, "selfRef", kNumbers);
        const Scalar value = p.scalar(other, "other");
        planScalar(p, BinaryOp::Add, x, x, value, p.scalar(alpha, "alpha"));
    });
}

// A tensor and a scalar without alpha.
#define SCALAR_BINARY(name, op, parameter)                                                       \
    aclnnStatus aclnn##name##GetWorkspaceSize(const aclTensor* self, const aclScalar* parameter, \
                                              aclTensor* out, uint64_t* workspaceSize,           \
                                              aclOpExecutor** executor) {                        \
        return plan("aclnn" #name, Core::Vector, workspaceSize, executor, [&](Plan& p) {         \
            const Argument x = p.input(self, "self", kNumbers);                                  \
            const Scalar value = p.scalar(parameter, #parameter);                                \
            planScalar(p, op, x, p.output(out, "out", kNumbers), value, one());                  \
        });                                                                                      \
    }

SCALAR_BINARY(Muls, BinaryOp::Mul, other)
SCALAR_BINARY(Divs, BinaryOp::Div, other)
SCALAR_BINARY(ClampMin, BinaryOp::Maximum, clipValueMin)
SCALAR_BINARY(LtScalar, BinaryOp::Less, other)
SCALAR_BINARY(GtScalar, BinaryOp::Greater, other)

aclnnStatus aclnnInplaceMulsGetWorkspaceSize(aclTensor* selfRef, const aclScalar* other,
                                             uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceMuls", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(selfRef, "selfRef", kNumbers);
        planScalar(p, BinaryOp::Mul, x, x, p.scalar(other, "other"), one());
    });
}

aclnnStatus aclnnSWhereGetWorkspaceSize(const aclTensor* condition, const aclTensor* self,
                                        const aclTensor* other, aclTensor* out, uint64_t* workspaceSize,
                                        aclOpExecutor** executor) {
    return plan("aclnnSWhere", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument c = p.input(condition, "condition", {ACL_BOOL, ACL_UINT8});
        const Argument a = p.input(self, "self", kNumbers);
        const Argument b = p.input(other, "other", kNumbers);
        const Argument y = p.output(out, "out", kNumbers);
        const Dims values = broadcast(p, a.view(), b.view());
        kernels::View both;
        both.rank = values.rank;
        std::copy(values.sizes, values.sizes + values.rank, both.dims);
        requireDims(p, y, broadcast(p, both, c.view()), "out");
        requireCastable(p, promote(a.dtype(), b.dtype()), y.dtype(), "out");
        p.mayAlias();
        p.compute([=](const Run& run) {
            const auto& to = run[y];
            kernels::active().where(
                {broadcastLike(run[c], to), broadcastLike(run[a], to), broadcastLike(run[b], to), to});
        });
    });
}
