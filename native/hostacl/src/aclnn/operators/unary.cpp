// Activations and element-wise functions of one tensor (ABI reference, sections 4.5 and 4.6).
#include "aclnn/shapes.h"

using namespace hostacl;
using kernels::UnaryOp;

namespace {

constexpr DTypes kSigned = {ACL_FLOAT, ACL_FLOAT16, ACL_BF16,  ACL_DOUBLE,
                            ACL_INT8,  ACL_INT16,   ACL_INT32, ACL_INT64};

void planUnary(Plan& p, UnaryOp op, const aclTensor* self, const aclTensor* out, DTypes from, DTypes to) {
    const Argument x = p.input(self, "self", from);
    const Argument y = p.output(out, "out", to);
    p.requireSameShape(x, y, "out");
    requireCastable(p, x.dtype(), y.dtype(), "out");
    p.mayAlias();
    p.compute([=](const Run& run) { kernels::active().unary({op, run[x], run[y]}); });
}

void planActivation(Plan& p, UnaryOp op, const aclTensor* self, const aclTensor* out) {
    const Argument x = p.input(self, "self", kFloats);
    const Argument y = p.output(out, "out", kFloats);
    p.requireSameShape(x, y, "out");
    REQUIRE(p, x.dtype() == y.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
    p.mayAlias();
    p.compute([=](const Run& run) { kernels::active().unary({op, run[x], run[y]}); });
}

}  // namespace

#define ACTIVATION(name, op)                                                                       \
    aclnnStatus aclnn##name##GetWorkspaceSize(const aclTensor* self, aclTensor* out,               \
                                              uint64_t* workspaceSize, aclOpExecutor** executor) { \
        return plan("aclnn" #name, Core::Vector, workspaceSize, executor,                          \
                    [&](Plan& p) { planActivation(p, op, self, out); });                           \
    }

ACTIVATION(Gelu, UnaryOp::GeluTanh)
ACTIVATION(FastGelu, UnaryOp::FastGelu)
ACTIVATION(Silu, UnaryOp::Silu)

// Functions that also take integers, with a float result.
#define ELEMENTWISE(name, op)                                                                      \
    aclnnStatus aclnn##name##GetWorkspaceSize(const aclTensor* self, aclTensor* out,               \
                                              uint64_t* workspaceSize, aclOpExecutor** executor) { \
        return plan("aclnn" #name, Core::Vector, workspaceSize, executor, [&](Plan& p) {           \
            planUnary(p, op, self, out, kNumbers, {ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE}); \
        });                                                                                        \
    }

ELEMENTWISE(Sigmoid, UnaryOp::Sigmoid)
ELEMENTWISE(Tanh, UnaryOp::Tanh)
ELEMENTWISE(Sin, UnaryOp::Sin)
ELEMENTWISE(Cos, UnaryOp::Cos)
ELEMENTWISE(Exp, UnaryOp::Exp)
ELEMENTWISE(Log, UnaryOp::Log)
ELEMENTWISE(Log10, UnaryOp::Log10)
ELEMENTWISE(Sqrt, UnaryOp::Sqrt)
ELEMENTWISE(Erf, UnaryOp::Erf)

// Functions that keep the type.
#define SIGNED_ELEMENTWISE(name, op)                                                               \
    aclnnStatus aclnn##name##GetWorkspaceSize(const aclTensor* self, aclTensor* out,               \
                                              uint64_t* workspaceSize, aclOpExecutor** executor) { \
        return plan("aclnn" #name, Core::Vector, workspaceSize, executor,                          \
                    [&](Plan& p) { planUnary(p, op, self, out, kSigned, kSigned); });              \
    }

SIGNED_ELEMENTWISE(Neg, UnaryOp::Neg)
SIGNED_ELEMENTWISE(Relu, UnaryOp::Relu)

aclnnStatus aclnnInplaceReluGetWorkspaceSize(aclTensor* selfRef, uint64_t* workspaceSize,
                                             aclOpExecutor** executor) {
    return plan("aclnnInplaceRelu", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(selfRef, "selfRef", kSigned);
        p.compute([=](const Run& run) { kernels::active().unary({UnaryOp::Relu, run[x], run[x]}); });
    });
}

aclnnStatus aclnnGeluV2GetWorkspaceSize(const aclTensor* x, int64_t approximate, aclTensor* y,
                                        uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnGeluV2", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        REQUIRE(p, approximate == 0 || approximate == 1, "approximate is %lld; expected 0 (erf) or 1 (tanh)",
                static_cast<long long>(approximate));
        planActivation(p, approximate == 0 ? UnaryOp::GeluErf : UnaryOp::GeluTanh, x, y);
    });
}

aclnnStatus aclnnSwiGluGetWorkspaceSize(const aclTensor* x, int64_t dim, aclTensor* out,
                                        uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnSwiGlu", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument in = p.input(x, "x", kFloats);
        const Argument y = p.output(out, "out", kFloats);
        const int axis = p.axisOf(dim, in.rank(), "dim");
        REQUIRE(p, in.contiguous(), "x must be contiguous");
        REQUIRE(p, in.dtype() == y.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(in.dtype()));
        REQUIRE(p, in.dim(axis) % 2 == 0, "axis %d of x %s is odd", axis, shapeOf(in.view()).c_str());
        Dims halved;
        halved.rank = in.rank();
        for (int d = 0; d < halved.rank; ++d) halved.sizes[d] = d == axis ? in.dim(d) / 2 : in.dim(d);
        requireDims(p, y, halved, "out");
        p.compute([=](const Run& run) { kernels::active().swiGlu({run[in], run[y], axis}); });
    });
}
