// Embedding, IndexSelect, GatherV2, Gather (ABI reference, section 4.7).
#include "aclnn/shapes.h"

using namespace hostacl;

namespace {

void planGather(Plan& p, const Argument& x, int axis, const Argument& index, const Argument& out) {
    Dims dims;
    for (int d = 0; d < axis; ++d) dims.sizes[dims.rank++] = x.dim(d);
    REQUIRE(p, x.rank() - 1 + index.rank() <= kernels::kMaxRank, "the result would have more than %d axes",
            kernels::kMaxRank);
    for (int d = 0; d < index.rank(); ++d) dims.sizes[dims.rank++] = index.dim(d);
    for (int d = axis + 1; d < x.rank(); ++d) dims.sizes[dims.rank++] = x.dim(d);
    requireDims(p, out, dims, "out");
    REQUIRE(p, out.dtype() == x.dtype(), "out is %s; expected %s", nameOf(out.dtype()), nameOf(x.dtype()));
    p.indirect(x);
    p.compute([=](const Run& run) { return kernels::active().gather({run[x], run[index], run[out], axis}); });
}

}  // namespace

aclnnStatus aclnnEmbeddingGetWorkspaceSize(const aclTensor* weight, const aclTensor* indices, aclTensor* out,
                                           uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnEmbedding", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument w = p.input(weight, "weight", kNumbers);
        const Argument index = p.input(indices, "indices", kIndices);
        REQUIRE(p, w.rank() == 2, "weight has shape %s; expected rank 2", shapeOf(w.view()).c_str());
        planGather(p, w, 0, index, p.output(out, "out", kNumbers));
    });
}

aclnnStatus aclnnIndexSelectGetWorkspaceSize(const aclTensor* self, int64_t dim, const aclTensor* index,
                                             aclTensor* out, uint64_t* workspaceSize,
                                             aclOpExecutor** executor) {
    return plan("aclnnIndexSelect", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument i = p.input(index, "index", kIndices);
        const Argument y = p.output(out, "out", kNumbers);
        REQUIRE(p, i.rank() <= 1, "index has shape %s; expected rank 0 or 1", shapeOf(i.view()).c_str());
        const int axis = p.axisOf(dim, x.rank(), "dim");
        if (i.rank() == 1) return planGather(p, x, axis, i, y);
        Dims dims;
        for (int d = 0; d < x.rank(); ++d) dims.sizes[dims.rank++] = d == axis ? 1 : x.dim(d);
        requireDims(p, y, dims, "out");
        REQUIRE(p, y.dtype() == x.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
        p.indirect(x);
        p.compute([=](const Run& run) {
            kernels::View one = run[i];
            one.rank = 1;
            one.dims[0] = 1;
            one.strides[0] = 1;
            return kernels::active().gather({run[x], one, run[y], axis});
        });
    });
}

aclnnStatus aclnnGatherV2GetWorkspaceSize(const aclTensor* self, int64_t dim, const aclTensor* index,
                                          aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnGatherV2", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument i = p.input(index, "index", kIndices);
        const Argument y = p.output(out, "out", kNumbers);
        planGather(p, x, p.axisOf(dim, x.rank(), "dim"), i, y);
    });
}

aclnnStatus aclnnGatherGetWorkspaceSize(const aclTensor* self, int64_t dim, const aclTensor* index,
                                        aclTensor* out, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnGather", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument i = p.input(index, "index", kIndices);
        const Argument y = p.output(out, "out", kNumbers);
        const int axis = p.axisOf(dim, x.rank(), "dim");
        p.requireSameShape(i, y, "out");
        REQUIRE(p, y.dtype() == x.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
        REQUIRE(p, i.rank() == x.rank(), "index %s and self %s differ in rank", shapeOf(i.view()).c_str(),
                shapeOf(x.view()).c_str());
        for (int d = 0; d < x.rank(); ++d) {
            REQUIRE(p, d == axis || i.dim(d) <= x.dim(d), "index %s is larger than self %s on axis %d",
                    shapeOf(i.view()).c_str(), shapeOf(x.view()).c_str(), d);
        }
        p.indirect(x);
        p.compute(
            [=](const Run& run) { return kernels::active().gatherElements({run[x], run[i], run[y], axis}); });
    });
}
