// Softmax, LogSoftmax, ArgMax, Topk, Amax, ReduceSum, Cumsum (ABI reference, sections 4.6 and 4.11).
#include "aclnn/shapes.h"

using namespace hostacl;
using kernels::View;

namespace {

void planSoftmax(Plan& p, const aclTensor* self, int64_t dim, const aclTensor* out, bool logarithm) {
    const Argument x = p.input(self, "self", kFloats);
    const Argument y = p.output(out, "out", kFloats);
    p.requireSameShape(x, y, "out");
    REQUIRE(p, y.dtype() == x.dtype() || y.dtype() == ACL_FLOAT, "out is %s; expected %s or fp32",
            nameOf(y.dtype()), nameOf(x.dtype()));
    const int axis = p.axisOf(dim, x.rank(), "dim");
    p.mayAlias();
    p.compute([=](const Run& run) { kernels::active().softmax({run[x], run[y], axis, logarithm}); });
}

/** `out` with the axes that the reduction dropped put back with size 1. */
View withKeptAxes(const View& out, int rank, uint32_t axes) {
    if (out.rank == rank) return out;
    View kept = out;
    kept.rank = rank;
    int from = 0;
    for (int d = 0; d < rank; ++d) {
        const bool reduced = (axes >> d & 1) != 0;
        kept.dims[d] = reduced ? 1 : out.dims[from];
        kept.strides[d] = reduced ? 0 : out.strides[from++];
    }
    return kept;
}

uint32_t axesOf(const Plan& p, const Argument& x, const std::vector<int64_t>* dims) {
    uint32_t axes = 0;
    if (dims != nullptr) {
        for (const int64_t d : *dims) axes |= 1U << p.axisOf(d, x.rank(), "dim");
    }
    return axes != 0 ? axes : (1U << x.rank()) - 1;  // none named: all
}

void requireReducedShape(const Plan& p, const Argument& out, const Argument& x, uint32_t axes, bool keep) {
    Dims dims;
    for (int d = 0; d < x.rank(); ++d) {
        const bool reduced = (axes >> d & 1) != 0;
        if (!reduced || keep) dims.sizes[dims.rank++] = reduced ? 1 : x.dim(d);
    }
    requireDims(p, out, dims, "out");
}

}  // namespace

aclnnStatus aclnnSoftmaxGetWorkspaceSize(const aclTensor* self, int64_t dim, aclTensor* out,
                                         uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnSoftmax", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planSoftmax(p, self, dim, out, false); });
}

aclnnStatus aclnnLogSoftmaxGetWorkspaceSize(const aclTensor* self, int64_t dim, aclTensor* out,
                                            uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnLogSoftmax", Core::Vector, workspaceSize, executor,
                [&](Plan& p) { planSoftmax(p, self, dim, out, true); });
}

aclnnStatus aclnnArgMaxGetWorkspaceSize(const aclTensor* self, int64_t dim, bool keepdim, aclTensor* out,
                                        uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnArgMax", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument y = p.output(out, "out", kIndices);
        const int axis = p.axisOf(dim, x.rank(), "dim");
        const uint32_t axes = x.rank() == 0 ? 0 : 1U << axis;
        REQUIRE(p, x.rank() == 0 || x.dim(axis) > 0, "axis %d of self %s is empty", axis,
                shapeOf(x.view()).c_str());
        requireReducedShape(p, y, x, axes, keepdim);
        p.compute([=](const Run& run) {
            kernels::active().argMax({run[x], withKeptAxes(run[y], run[x].rank, axes), axis});
        });
    });
}

aclnnStatus aclnnTopkGetWorkspaceSize(const aclTensor* self, int64_t k, int64_t dim, bool largest,
                                      bool sorted, aclTensor* valuesOut, aclTensor* indicesOut,
                                      uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnTopk", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument values = p.output(valuesOut, "valuesOut", kNumbers);
        const Argument indices = p.output(indicesOut, "indicesOut", {ACL_INT64});
        REQUIRE(p, sorted, "sorted is false; only true is supported");
        REQUIRE(p, x.rank() >= 1, "self has no axis");
        const int axis = p.axisOf(dim, x.rank(), "dim");
        REQUIRE(p, k >= 0 && k <= x.dim(axis), "k is %lld; expected 0 to %lld", static_cast<long long>(k),
                static_cast<long long>(x.dim(axis)));
        REQUIRE(p, values.dtype() == x.dtype(), "valuesOut is %s; expected %s", nameOf(values.dtype()),
                nameOf(x.dtype()));
        Dims dims;
        for (int d = 0; d < x.rank(); ++d) dims.sizes[dims.rank++] = d == axis ? k : x.dim(d);
        requireDims(p, values, dims, "valuesOut");
        requireDims(p, indices, dims, "indicesOut");
        p.compute([=](const Run& run) {
            kernels::active().topK({run[x], run[values], run[indices], k, axis, largest});
        });
    });
}

aclnnStatus aclnnAmaxGetWorkspaceSize(const aclTensor* self, const aclIntArray* dim, bool keepDim,
                                      aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnAmax", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const uint32_t axes = axesOf(p, x, &p.integers(dim, "dim"));
        const Argument y = p.output(out, "out", kNumbers);
        requireReducedShape(p, y, x, axes, keepDim);
        REQUIRE(p, y.dtype() == x.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
        REQUIRE(p, x.elements() > 0, "self %s is empty", shapeOf(x.view()).c_str());
        p.compute([=](const Run& run) {
            kernels::active().reduce(
                {kernels::ReduceOp::Max, run[x], withKeptAxes(run[y], run[x].rank, axes), axes});
        });
    });
}

aclnnStatus aclnnReduceSumGetWorkspaceSize(const aclTensor* self, const aclIntArray* dims, bool keepDims,
                                           aclDataType dtype, aclTensor* out, uint64_t* workspaceSize,
                                           aclOpExecutor** executor) {
    return plan("aclnnReduceSum", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const uint32_t axes = axesOf(p, x, &p.integers(dims, "dims"));
        const Argument y = p.output(out, "out", kNumbers);
        requireReducedShape(p, y, x, axes, keepDims);
        REQUIRE(p, y.dtype() == dtype, "dtype is %s, but out is %s", nameOf(dtype), nameOf(y.dtype()));
        requireCastable(p, x.dtype(), y.dtype(), "out");
        p.compute([=](const Run& run) {
            const View to = withKeptAxes(run[y], run[x].rank, axes);
            if (kernels::elementCount(run[x]) == 0)
                return kernels::active().fill({to, kernels::Scalar::ofInteger(0)});
            kernels::active().reduce({kernels::ReduceOp::Sum, run[x], to, axes});
        });
    });
}

aclnnStatus aclnnCumsumGetWorkspaceSize(const aclTensor* self, int64_t dim, aclDataType dtype, aclTensor* out,
                                        uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnCumsum", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument y = p.output(out, "out", kNumbers);
        p.requireSameShape(x, y, "out");
        REQUIRE(p, y.dtype() == dtype, "dtype is %s, but out is %s", nameOf(dtype), nameOf(y.dtype()));
        requireCastable(p, x.dtype(), y.dtype(), "out");
        const int axis = p.axisOf(dim, x.rank(), "dim");
        p.compute([=](const Run& run) { kernels::active().cumsum({run[x], run[y], axis}); });
    });
}
