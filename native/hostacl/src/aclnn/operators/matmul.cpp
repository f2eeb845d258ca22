// Matmul, Mm, BatchMatMul, Addmm, InplaceAddmm, Baddbmm (ABI reference, section 4.1).
#include <algorithm>

#include "aclnn/shapes.h"
#include "runtime/config.h"

using namespace hostacl;
using kernels::MatmulArgs;
using kernels::View;

namespace {

enum CubeMathType { kKeepDtype = 0, kAllowDown = 1, kUseFp16 = 2, kUseHf32 = 3, kUseFp32Add = 4 };

/** A product of two matrices, with or without leading batch axes, plus an optional bias. */
struct Product {
    Argument a, b, out;
    Argument bias;  // may be out itself
    kernels::Scalar alpha = kernels::Scalar::ofInteger(1);
    kernels::Scalar beta = kernels::Scalar::ofInteger(0);
    int8_t cubeMathType = kKeepDtype;
};

void requireTypes(const Plan& p, const Product& m) {
    const int a = m.a.dtype();
    const int b = m.b.dtype();
    REQUIRE(p, (a == ACL_BF16) == (b == ACL_BF16), "bf16 does not mix with other types: %s times %s",
            nameOf(a), nameOf(b));
    REQUIRE(p, m.cubeMathType >= kKeepDtype && m.cubeMathType <= kUseFp32Add,
            "cubeMathType is %d; expected 0 to 4", m.cubeMathType);
    REQUIRE(p, m.cubeMathType != kUseFp16 || a != ACL_BF16, "cubeMathType 2 (fp16) does not go with bf16");
    const bool old = config().isAscend310P();
    REQUIRE(p, !old || m.cubeMathType != kKeepDtype || promote(a, b) != ACL_FLOAT,
            "fp32 with cubeMathType 0 is refused on %s: use 1", config().soc.c_str());
    REQUIRE(p, !old || m.cubeMathType != kUseHf32, "cubeMathType 3 (HF32) is not on %s",
            config().soc.c_str());
}

/** A 1-D left operand is a row, a 1-D right operand a column. */
View asMatrix(const View& v, bool left) {
    if (v.rank != 1) return v;
    View matrix = v;
    matrix.rank = 2;
    const int unit = left ? 0 : 1;
    matrix.dims[unit] = 1;
    matrix.strides[unit] = 0;
    matrix.dims[1 - unit] = v.dims[0];
    matrix.strides[1 - unit] = v.strides[0];
    return matrix;
}

/** `v` with its batch axes broadcast to those of `dims`. */
View withBatch(const View& v, const Dims& batch) {
    int64_t dims[kernels::kMaxRank];
    std::copy(batch.sizes, batch.sizes + batch.rank, dims);
    dims[batch.rank] = v.dims[v.rank - 2];
    dims[batch.rank + 1] = v.dims[v.rank - 1];
    return kernels::broadcastTo(v, batch.rank + 2, dims);
}

Dims batchOf(const Plan& p, View a, View b) {
    a.rank -= 2;
    b.rank -= 2;
    return broadcast(p, a, b);
}

/** The strides of one operand for a kernel call over the last batch axis. */
struct Strides {
    int64_t batch, row, column;
};

Strides stridesOf(const View& v) {
    return {v.rank > 2 ? v.strides[v.rank - 3] : 0, v.strides[v.rank - 2], v.strides[v.rank - 1]};
}

/** Address of the matrix at `index` of the batch axes before the last one. */
void* matrixAt(const View& v, int64_t index) {
    int64_t offset = 0;
    for (int d = v.rank - 4; d >= 0; --d) {
        offset += index % v.dims[d] * v.strides[d];
        index /= v.dims[d];
    }
    return static_cast<uint8_t*>(v.data) + offset * kernels::elementSize(v.dtype);
}

/** All operands have the same batch axes. `bias.data` may be null. */
void multiply(const View& a, const View& b, const View& bias, const View& out, float alpha, float beta) {
    MatmulArgs args;
    args.m = out.dims[out.rank - 2];
    args.n = out.dims[out.rank - 1];
    args.k = a.dims[a.rank - 1];
    args.batch = out.rank > 2 ? out.dims[out.rank - 3] : 1;
    args.alpha = alpha;
    args.beta = beta;
    const Strides sa = stridesOf(a), sb = stridesOf(b), sc = stridesOf(out);
    args.aDtype = a.dtype, args.aBatchStride = sa.batch, args.aRowStride = sa.row,
    args.aColStride = sa.column;
    args.bDtype = b.dtype, args.bBatchStride = sb.batch, args.bRowStride = sb.row,
    args.bColStride = sb.column;
    args.cDtype = out.dtype, args.cBatchStride = sc.batch, args.cRowStride = sc.row,
    args.cColStride = sc.column;
    if (bias.data != nullptr) {
        const Strides s = stridesOf(bias);
        args.biasDtype = bias.dtype, args.biasBatchStride = s.batch, args.biasRowStride = s.row;
        args.biasColStride = s.column;
    }
    int64_t outer = 1;
    for (int d = 0; d + 3 < out.rank; ++d) outer *= out.dims[d];
    for (int64_t i = 0; i < outer; ++i) {
        args.a = matrixAt(a, i);
        args.b = matrixAt(b, i);
        args.c = matrixAt(out, i);
        if (bias.data != nullptr) args.bias = matrixAt(bias, i);
        kernels::active().matmul(args);
    }
}

/** Where an fp16 operand that meets fp32 is widened to, or no workspace. */
struct Widened {
    bool needed = false;
    uint64_t at = 0;

    Widened(Plan& p, const Argument& argument, int dtype) : needed(argument.dtype() != dtype) {
        if (needed) at = p.reserveWorkspace(static_cast<uint64_t>(argument.elements()) * sizeof(float));
    }
    View apply(const View& v, void* workspace) const {
        if (!needed) return v;
        View wide = contiguousAt(v, static_cast<uint8_t*>(workspace) + at);
        wide.dtype = ACL_FLOAT;
        kernels::active().copy({v, wide});
        return wide;
    }
};

void planProduct(Plan& p, const Product& m) {
    requireTypes(p, m);
    const View a = asMatrix(m.a.view(), true);
    const View b = asMatrix(m.b.view(), false);
    REQUIRE(p, a.dims[a.rank - 1] == b.dims[b.rank - 2], "%s times %s: the inner sizes differ",
            shapeOf(m.a.view()).c_str(), shapeOf(m.b.view()).c_str());
    const Dims batch = batchOf(p, a, b);
    Dims expected = batch;
    if (m.a.rank() > 1) expected.sizes[expected.rank++] = a.dims[a.rank - 2];
    if (m.b.rank() > 1) expected.sizes[expected.rank++] = b.dims[b.rank - 1];
    requireDims(p, m.out, expected, "out");
    if (m.bias) requireBroadcastable(p, m.bias.view(), m.out.view(), "self");

    const int dtype = promote(m.a.dtype(), m.b.dtype());
    const Widened wideA(p, m.a, dtype);
    const Widened wideB(p, m.b, dtype);
    const auto alpha = static_cast<float>(m.alpha.real);
    const auto beta = static_cast<float>(m.beta.real);
    const bool rowLeft = m.a.rank() == 1;
    const bool columnRight = m.b.rank() == 1;
    p.compute([m, batch, wideA, wideB, alpha, beta, rowLeft, columnRight](const Run& run) {
        const View left = withBatch(asMatrix(wideA.apply(run[m.a], run.workspace()), true), batch);
        const View right = withBatch(asMatrix(wideB.apply(run[m.b], run.workspace()), false), batch);
        View out = run[m.out];
        if (rowLeft || columnRight) {
            // The axis that the 1-D operand does not give comes back with size 1.
            const View given = out;
            const int at = rowLeft ? batch.rank : batch.rank + 1;
            out.rank = batch.rank + 2;
            int source = 0;
            for (int d = 0; d < out.rank; ++d) {
                const bool unit = d == at || (rowLeft && columnRight && d >= batch.rank);
                out.dims[d] = unit ? 1 : given.dims[source];
                out.strides[d] = unit ? 0 : given.strides[source++];
            }
        }
        View bias;
        if (m.bias && beta != 0) bias = broadcastLike(run[m.bias], out);
        multiply(left, right, bias, out, alpha, beta);
    });
}

void requireRank(const Plan& p, const Argument& a, int rank, const char* what) {
    REQUIRE(p, a.rank() == rank, "%s has shape %s; expected rank %d", what, shapeOf(a.view()).c_str(), rank);
}

}  // namespace

aclnnStatus aclnnMatmulGetWorkspaceSize(const aclTensor* self, const aclTensor* mat2, aclTensor* out,
                                        int8_t cubeMathType, uint64_t* workspaceSize,
                                        aclOpExecutor** executor) {
    return plan("aclnnMatmul", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.a = p.input(self, "self", kFloats);
        m.b = p.input(mat2, "mat2", kFloats);
        m.out = p.output(out, "out", kFloats);
        m.cubeMathType = cubeMathType;
        REQUIRE(p, m.a.rank() >= 1 && m.a.rank() <= 6 && m.b.rank() >= 1 && m.b.rank() <= 6,
                "ranks %d and %d; expected 1 to 6", m.a.rank(), m.b.rank());
        planProduct(p, m);
    });
}

aclnnStatus aclnnMmGetWorkspaceSize(const aclTensor* self, const aclTensor* mat2, aclTensor* out,
                                    int8_t cubeMathType, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnMm", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.a = p.input(self, "self", kFloats);
        m.b = p.input(mat2, "mat2", kFloats);
        m.out = p.output(out, "out", kFloats);
        m.cubeMathType = cubeMathType;
        requireRank(p, m.a, 2, "self");
        requireRank(p, m.b, 2, "mat2");
        planProduct(p, m);
    });
}

aclnnStatus aclnnBatchMatMulGetWorkspaceSize(const aclTensor* self, const aclTensor* mat2, aclTensor* out,
                                             int8_t cubeMathType, uint64_t* workspaceSize,
                                             aclOpExecutor** executor) {
    return plan("aclnnBatchMatMul", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.a = p.input(self, "self", kFloats);
        m.b = p.input(mat2, "mat2", kFloats);
        m.out = p.output(out, "out", kFloats);
        m.cubeMathType = cubeMathType;
        requireRank(p, m.a, 3, "self");
        requireRank(p, m.b, 3, "mat2");
        planProduct(p, m);
    });
}

aclnnStatus aclnnAddmmGetWorkspaceSize(const aclTensor* self, const aclTensor* mat1, const aclTensor* mat2,
                                       const aclScalar* beta, const aclScalar* alpha, aclTensor* out,
                                       int8_t cubeMathType, uint64_t* workspaceSize,
                                       aclOpExecutor** executor) {
    return plan("aclnnAddmm", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.bias = p.input(self, "self", kFloats);
        m.a = p.input(mat1, "mat1", kFloats);
        m.b = p.input(mat2, "mat2", kFloats);
        m.beta = p.scalar(beta, "beta");
        m.alpha = p.scalar(alpha, "alpha");
        m.out = p.output(out, "out", kFloats);
        m.cubeMathType = cubeMathType;
        requireRank(p, m.a, 2, "mat1");
        requireRank(p, m.b, 2, "mat2");
        planProduct(p, m);
    });
}

aclnnStatus aclnnInplaceAddmmGetWorkspaceSize(aclTensor* selfRef, const aclTensor* mat1,
                                              const aclTensor* mat2, const aclScalar* beta,
                                              const aclScalar* alpha, int8_t cubeMathType,
                                              uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceAddmm", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.out = p.inPlace(selfRef, "selfRef", kFloats);
        m.bias = m.out;
        m.a = p.input(mat1, "mat1", kFloats);
        m.b = p.input(mat2, "mat2", kFloats);
        m.beta = p.scalar(beta, "beta");
        m.alpha = p.scalar(alpha, "alpha");
        m.cubeMathType = cubeMathType;
        requireRank(p, m.a, 2, "mat1");
        requireRank(p, m.b, 2, "mat2");
        planProduct(p, m);
    });
}

aclnnStatus aclnnBaddbmmGetWorkspaceSize(const aclTensor* self, const aclTensor* batch1,
                                         const aclTensor* batch2, const aclScalar* beta,
                                         const aclScalar* alpha, aclTensor* out, int8_t cubeMathType,
                                         uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnBaddbmm", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        Product m;
        m.bias = p.input(self, "self", kFloats);
        m.a = p.input(batch1, "batch1", kFloats);
        m.b = p.input(batch2, "batch2", kFloats);
        m.beta = p.scalar(beta, "beta");
        m.alpha = p.scalar(alpha, "alpha");
        m.out = p.output(out, "out", kFloats);
        m.cubeMathType = cubeMathType;
        requireRank(p, m.a, 3, "batch1");
        requireRank(p, m.b, 3, "batch2");
        planProduct(p, m);
    });
}
