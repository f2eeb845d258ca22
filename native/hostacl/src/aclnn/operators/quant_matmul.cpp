// WeightQuantBatchMatmulV2 and V3, ConvertWeightToINT4Pack (ABI reference, section 4.2).
#include "aclnn/shapes.h"
#include "runtime/config.h"

using namespace hostacl;
using kernels::View;

namespace {

constexpr int64_t kLargestSize = 65535;

struct WeightQuantArguments {
    const aclTensor *x, *weight, *scale, *offset, *quantScale, *quantOffset, *bias;
    int groupSize;
    const aclTensor* y;
};

/** An int32 tensor that holds eight int4 in each element, seen as int4. */
View asInt4(View v) {
    if (v.dtype != ACL_INT32) return v;
    v.dtype = ACL_INT4;
    const int packed = v.strides[0] == 1 && v.dims[0] != 1 ? 0 : 1;
    v.dims[packed] *= 8;
    v.strides[1 - packed] *= 8;
    return v;
}

struct ScaleStrides {
    int64_t group, column;
};

ScaleStrides scaleStrides(const Plan& p, const View& scale, int64_t k, int64_t n, int groupSize) {
    const int64_t count = kernels::elementCount(scale);
    REQUIRE(p, scale.rank >= 1 && scale.rank <= 2, "antiquantScale has shape %s; expected rank 1 or 2",
            shapeOf(scale).c_str());
    if (groupSize > 0) {
        const int64_t groups = (k + groupSize - 1) / groupSize;
        REQUIRE(p, scale.rank == 2 && scale.dims[0] == groups && scale.dims[1] == n,
                "antiquantScale has shape %s; expected [%lld, %lld] for groups of %d", shapeOf(scale).c_str(),
                static_cast<long long>(groups), static_cast<long long>(n), groupSize);
        return {scale.strides[0], scale.strides[1]};
    }
    if (count == 1 && n != 1) return {0, 0};
    REQUIRE(p, count == n && scale.dims[scale.rank - 1] == n,
            "antiquantScale has shape %s; expected [1], [%lld] or [1, %lld]", shapeOf(scale).c_str(),
            static_cast<long long>(n), static_cast<long long>(n));
    return {0, scale.strides[scale.rank - 1]};
}

void planWeightQuant(Plan& p, const WeightQuantArguments& in) {
    REQUIRE(p, !config().isAscend310P(), "%s has no weight-only quantised matmul", config().soc.c_str());
    const Argument x = p.input(in.x, "x", kHalves);
    const Argument weight = p.input(in.weight, "weight", {ACL_INT8, ACL_INT4, ACL_INT32});
    const Argument scale = p.input(in.scale, "antiquantScale", kHalves);
    const Argument offset = p.optional(in.offset, "antiquantOffset", kHalves);
    p.optional(in.quantScale, "quantScale", {ACL_FLOAT, ACL_UINT64, ACL_INT64});
    p.absent(in.quantScale, "quantScale");
    p.optional(in.quantOffset, "quantOffset", {ACL_FLOAT});
    p.absent(in.quantOffset, "quantOffset");
    const Argument bias = p.optional(in.bias, "bias", {ACL_FLOAT16, ACL_FLOAT});
    const Argument y = p.output(in.y, "y", kHalves);

    REQUIRE(p, x.rank() == 2 && weight.rank() == 2, "x %s, weight %s; expected rank 2",
            shapeOf(x.view()).c_str(), shapeOf(weight.view()).c_str());
    const View w = asInt4(weight.view());
    const int64_t m = x.dim(0), k = x.dim(1), n = w.dims[1];
    REQUIRE(p, w.dims[0] == k, "x %s times weight %s: the inner sizes differ", shapeOf(x.view()).c_str(),
            shapeOf(w).c_str());
    REQUIRE(p, m > 0 && k > 0 && n > 0 && k <= kLargestSize && n <= kLargestSize,
            "m %lld, k %lld, n %lld; expected no empty tensors and k, n up to 65535",
            static_cast<long long>(m), static_cast<long long>(k), static_cast<long long>(n));
    REQUIRE(p, in.groupSize == 0 || (in.groupSize % 32 == 0 && in.groupSize >= 32 && in.groupSize < k),
            "antiquantGroupSize is %d; expected 0 or a multiple of 32 from 32 to k - 1", in.groupSize);
    REQUIRE(p, scale.dtype() == x.dtype() && (!offset || offset.dtype() == x.dtype()),
            "antiquantScale and offset must be %s like x", nameOf(x.dtype()));
    const ScaleStrides strides = scaleStrides(p, scale.view(), k, n, in.groupSize);
    if (offset) p.requireSameShape(scale, offset, "antiquantOffset");
    if (bias) {
        const int expected = x.dtype() == ACL_BF16 ? ACL_FLOAT : ACL_FLOAT16;
        REQUIRE(p, bias.dtype() == expected, "bias is %s; expected %s when x is %s", nameOf(bias.dtype()),
                nameOf(expected), nameOf(x.dtype()));
        REQUIRE(p, bias.elements() == n && bias.dim(-1) == n && bias.rank() <= 2,
                "bias has shape %s; expected [%lld]", shapeOf(bias.view()).c_str(),
                static_cast<long long>(n));
    }
    REQUIRE(p, y.dtype() == x.dtype(), "y is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
    p.requireShape(y, {m, n}, "y");

    const int groupSize = in.groupSize;
    p.compute([=](const Run& run) {
        const View a = run[x], b = asInt4(run[weight]), c = run[y];
        kernels::WeightQuantisation quantisation;
        quantisation.scale = run[scale].data;
        quantisation.offset = run.data(offset);
        quantisation.dtype = run[scale].dtype;
        quantisation.groupSize = groupSize;
        quantisation.groupStride = strides.group;
        quantisation.columnStride = strides.column;
        kernels::MatmulArgs args;
        args.m = m, args.n = n, args.k = k;
        args.a = a.data, args.aDtype = a.dtype, args.aRowStride = a.strides[0],
        args.aColStride = a.strides[1];
        args.b = b.data, args.bDtype = b.dtype, args.bRowStride = b.strides[0],
        args.bColStride = b.strides[1];
        args.c = c.data, args.cDtype = c.dtype, args.cRowStride = c.strides[0],
        args.cColStride = c.strides[1];
        args.quantisation = &quantisation;
        if (run.has(bias)) {
            const View& v = run[bias];
            args.bias = v.data, args.biasDtype = v.dtype, args.biasRowStride = 0,
            args.biasColStride = v.strides[v.rank - 1];
        }
        kernels::active().matmul(args);
    });
}

}  // namespace

aclnnStatus aclnnWeightQuantBatchMatmulV2GetWorkspaceSize(
    const aclTensor* x, const aclTensor* weight, const aclTensor* antiquantScale,
    const aclTensor* antiquantOffsetOptional, const aclTensor* quantScaleOptional,
    const aclTensor* quantOffsetOptional, const aclTensor* biasOptional, int antiquantGroupSize, aclTensor* y,
    uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnWeightQuantBatchMatmulV2", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        planWeightQuant(p, {x, weight, antiquantScale, antiquantOffsetOptional, quantScaleOptional,
                            quantOffsetOptional, biasOptional, antiquantGroupSize, y});
    });
}

aclnnStatus aclnnWeightQuantBatchMatmulV3GetWorkspaceSize(
    const aclTensor* x, const aclTensor* weight, const aclTensor* antiquantScale,
    const aclTensor* antiquantOffsetOptional, const aclTensor* quantScaleOptional,
    const aclTensor* quantOffsetOptional, const aclTensor* biasOptional, int antiquantGroupSize,
    int innerPrecise, aclTensor* y, uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnWeightQuantBatchMatmulV3", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        REQUIRE(p, innerPrecise == 0 || innerPrecise == 1, "innerPrecise is %d; expected 0 or 1",
                innerPrecise);
        planWeightQuant(p, {x, weight, antiquantScale, antiquantOffsetOptional, quantScaleOptional,
                            quantOffsetOptional, biasOptional, antiquantGroupSize, y});
    });
}

aclnnStatus aclnnConvertWeightToINT4PackGetWorkspaceSize(const aclTensor* weight, aclTensor* weightInt4Pack,
                                                         uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnConvertWeightToINT4Pack", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument in = p.input(weight, "weight", {ACL_INT32});
        const Argument out = p.output(weightInt4Pack, "weightInt4Pack", {ACL_INT4, ACL_INT32});
        p.refuseRepeat("it copies through the host");
        REQUIRE(p, in.rank() == 2 || in.rank() == 3, "weight has shape %s; expected rank 2 or 3",
                shapeOf(in.view()).c_str());
        const int64_t unit = out.dtype() == ACL_INT4 ? 2 : 8;
        const int64_t last = in.dim(-1);
        REQUIRE(p, last % unit == 0, "the last axis of weight is %lld; expected a multiple of %lld",
                static_cast<long long>(last), static_cast<long long>(unit));
        REQUIRE(p, in.contiguous() && out.contiguous(), "weight and weightInt4Pack must be contiguous");
        const int64_t packedElements = out.dtype() == ACL_INT4 ? in.elements() : in.elements() / 8;
        REQUIRE(p,
                out.rank() == in.rank() && out.elements() == packedElements &&
                    out.dim(-1) == (out.dtype() == ACL_INT4 ? last : last / 8),
                "weightInt4Pack has shape %s for weight %s", shapeOf(out.view()).c_str(),
                shapeOf(in.view()).c_str());
        p.compute([=](const Run& run) { kernels::active().int4Pack({run[in], run[out].data}); });
    });
}
