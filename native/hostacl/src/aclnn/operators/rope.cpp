// ApplyRotaryPosEmb, RotaryPositionEmbedding, RopeWithSinCosCache (ABI reference, section 4.8).
#include "aclnn/shapes.h"
#include "runtime/config.h"

using namespace hostacl;
using kernels::RopeArgs;
using kernels::View;

namespace {

enum RotaryLayout { kBsnd = 1, kTnd = 4 };

/** [T, N, D] as [T, 1, N, D]. */
View asRank4(View v) {
    if (v.rank != 3) return v;
    v.rank = 4;
    v.dims[3] = v.dims[2], v.strides[3] = v.strides[2];
    v.dims[2] = v.dims[1], v.strides[2] = v.strides[1];
    v.dims[1] = 1, v.strides[1] = 0;
    return v;
}

/** cos or sin repeated to x's outer axes; its own last axis stays. */
View tableFor(const View& table, const View& x) {
    int64_t dims[4] = {x.dims[0], x.dims[1], x.dims[2], table.dims[table.rank - 1]};
    return kernels::broadcastTo(table, 4, dims);
}

/** [T, heads * size] as [T, 1, heads, size]. */
View asHeads(const View& v, int64_t size) {
    View r = v;
    r.rank = 4;
    r.dims[1] = 1, r.strides[1] = 0;
    r.dims[2] = v.dims[1] / size, r.strides[2] = size * v.strides[1];
    r.dims[3] = size, r.strides[3] = v.strides[1];
    return r;
}

/** Half of the cache's columns, [maxLength, 1, 1, rotaryDim / 2]. */
View halfOfCache(const View& cache, int64_t half, int64_t which) {
    View r = window(cache, 1, which * half, half);
    r.rank = 4;
    r.dims[1] = r.dims[2] = 1, r.strides[1] = r.strides[2] = 0;
    r.dims[3] = half, r.strides[3] = cache.strides[1];
    return r;
}

}  // namespace

aclnnStatus aclnnApplyRotaryPosEmbGetWorkspaceSize(aclTensor* queryRef, aclTensor* keyRef,
                                                   const aclTensor* cos, const aclTensor* sin, int64_t layout,
                                                   uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnApplyRotaryPosEmb", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument q = p.inPlace(queryRef, "queryRef", kFloats);
        const Argument k = p.inPlace(keyRef, "keyRef", kFloats);
        const Argument c = p.input(cos, "cos", kFloats);
        const Argument s = p.input(sin, "sin", kFloats);
        REQUIRE(p, layout == kBsnd || layout == kTnd, "layout is %lld; expected 1 (BSND) or 4 (TND)",
                static_cast<long long>(layout));
        const int rank = layout == kBsnd ? 4 : 3;
        const int64_t d = q.dim(-1);
        REQUIRE(p, q.rank() == rank && k.rank() == rank && c.rank() == rank,
                "query %s, key %s, cos %s; expected rank %d", shapeOf(q.view()).c_str(),
                shapeOf(k.view()).c_str(), shapeOf(c.view()).c_str(), rank);
        REQUIRE(p, d == 64 || d == 128, "the head size is %lld; expected 64 or 128",
                static_cast<long long>(d));
        p.requireSameShape(c, s, "sin");
        for (int axis = 0; axis < rank; ++axis) {
            const bool heads = axis == rank - 2;
            REQUIRE(p, heads || (k.dim(axis) == q.dim(axis) && c.dim(axis) == q.dim(axis)),
                    "query, key and cos differ on axis %d", axis);
            REQUIRE(p, !heads || c.dim(axis) == 1, "cos has %lld heads; expected 1",
                    static_cast<long long>(c.dim(axis)));
        }
        for (const Argument& other : {k, c, s})
            REQUIRE(p, other.dtype() == q.dtype(), "all four tensors must have one type");
        for (const Argument& each : {q, k, c, s})
            REQUIRE(p, each.contiguous(), "all four tensors must be contiguous");
        p.compute([=](const Run& run) {
            bool valid = true;
            for (const Argument& ref : {q, k}) {
                RopeArgs args;
                args.x = args.out = asRank4(run[ref]);
                args.cos = tableFor(asRank4(run[c]), args.x);
                args.sin = tableFor(asRank4(run[s]), args.x);
                args.rotaryDim = d;
                valid = kernels::active().rope(args) && valid;
            }
            return valid;
        });
    });
}

aclnnStatus aclnnRotaryPositionEmbeddingGetWorkspaceSize(const aclTensor* x, const aclTensor* cos,
                                                         const aclTensor* sin, int64_t mode, aclTensor* out,
                                                         uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnRotaryPositionEmbedding", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument in = p.input(x, "x", kFloats);
        const Argument c = p.input(cos, "cos", kFloats);
        const Argument s = p.input(sin, "sin", kFloats);
        const Argument y = p.output(out, "out", kFloats);
        REQUIRE(p, mode == 0 || mode == 1, "mode is %lld; expected 0 (half) or 1 (interleaved)",
                static_cast<long long>(mode));
        REQUIRE(p, in.rank() == 4 || in.rank() == 3, "x has shape %s; expected rank 3 or 4",
                shapeOf(in.view()).c_str());
        const int64_t d = in.dim(-1);
        REQUIRE(p, d % 2 == 0 && d < 896, "the last axis is %lld; expected an even size below 896",
                static_cast<long long>(d));
        p.requireSameShape(in, y, "out");
        p.requireSameShape(c, s, "sin");
        REQUIRE(p, c.rank() == in.rank() && c.dim(-1) == d, "cos has shape %s for x %s",
                shapeOf(c.view()).c_str(), shapeOf(in.view()).c_str());
        requireBroadcastable(p, c.view(), in.view(), "cos");
        for (const Argument& other : {c, s, y})
            REQUIRE(p, other.dtype() == in.dtype(), "all tensors must have one type");
        p.compute([=](const Run& run) {
            RopeArgs args;
            args.x = asRank4(run[in]);
            args.out = asRank4(run[y]);
            args.cos = tableFor(asRank4(run[c]), args.x);
            args.sin = tableFor(asRank4(run[s]), args.x);
            args.rotaryDim = d;
            args.interleaved = mode == 1;
            return kernels::active().rope(args);
        });
    });
}

aclnnStatus aclnnRopeWithSinCosCacheGetWorkspaceSize(const aclTensor* positions, const aclTensor* queryIn,
                                                     const aclTensor* keyIn, const aclTensor* cosSinCache,
                                                     const aclIntArray* mropeSection, int64_t headSize,
                                                     bool isNeoxStyle, aclTensor* queryOut, aclTensor* keyOut,
                                                     uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnRopeWithSinCosCache", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        REQUIRE_OR(p, ACLNN_ERR_INNER_FIND_KERNEL_ERROR, !config().isAscend310P(), "%s has no such kernel",
                   config().soc.c_str());
        const Argument at = p.input(positions, "positions", {ACL_INT64});
        const Argument q = p.input(queryIn, "queryIn", kFloats);
        const Argument k = p.input(keyIn, "keyIn", kFloats);
        const Argument cache = p.input(cosSinCache, "cosSinCache", kFloats);
        const auto* sections = p.optionalIntegers(mropeSection, "mropeSection");
        const Argument qOut = p.output(queryOut, "queryOut", kFloats);
        const Argument kOut = p.output(keyOut, "keyOut", kFloats);
        REQUIRE(p, sections == nullptr || sections->empty(),
                "mropeSection is not offered by hostacl: pass null");
        REQUIRE(p,
                at.rank() == 1 && q.rank() == 2 && k.rank() == 2 && q.dim(0) == at.dim(0) &&
                    k.dim(0) == at.dim(0),
                "positions %s, query %s, key %s; expected [T], [T, Nq * headSize], [T, Nk * headSize]",
                shapeOf(at.view()).c_str(), shapeOf(q.view()).c_str(), shapeOf(k.view()).c_str());
        REQUIRE(p, headSize > 0 && q.dim(1) % headSize == 0 && k.dim(1) % headSize == 0,
                "headSize %lld does not divide %lld and %lld", static_cast<long long>(headSize),
                static_cast<long long>(q.dim(1)), static_cast<long long>(k.dim(1)));
        REQUIRE(p, cache.rank() == 2 && cache.dim(1) <= headSize && cache.dim(1) % 2 == 0,
                "cosSinCache has shape %s; expected [maxLength, rotaryDim], rotaryDim even and at most %lld",
                shapeOf(cache.view()).c_str(), static_cast<long long>(headSize));
        p.requireSameShape(q, qOut, "queryOut");
        p.requireSameShape(k, kOut, "keyOut");
        REQUIRE(p, qOut.contiguous() && kOut.contiguous(), "queryOut and keyOut must be contiguous");
        for (const Argument& other : {k, cache, qOut, kOut}) {
            REQUIRE(p, other.dtype() == q.dtype(),
                    "query, key, cosSinCache and the outputs must have one type");
        }
        for (const Argument& rows : {q, k}) {
            const int64_t rowBytes = rows.stride(0) * kernels::elementSize(rows.dtype());
            REQUIRE_OR(p, ACLNN_ERR_RUNTIME_ERROR, rowBytes % 64 == 0 || rows.dim(0) <= 1,
                       "rows of %lld bytes; expected a multiple of 64", static_cast<long long>(rowBytes));
        }
        const int64_t rotaryDim = cache.dim(1);
        p.indirect(cache);
        p.compute([=](const Run& run) {
            bool valid = true;
            for (const auto& [from, to] : {std::pair{q, qOut}, std::pair{k, kOut}}) {
                RopeArgs args;
                args.x = asHeads(run[from], headSize);
                args.out = asHeads(run[to], headSize);
                args.cos = halfOfCache(run[cache], rotaryDim / 2, 0);
                args.sin = halfOfCache(run[cache], rotaryDim / 2, 1);
                args.positions = run[at];
                args.rotaryDim = rotaryDim;
                args.halfTables = true;
                args.interleaved = !isNeoxStyle;
                valid = kernels::active().rope(args) && valid;
            }
            return valid;
        });
    });
}
