#include "aclnn/attention_plan.h"

#include <algorithm>
#include <memory>
#include <new>

#include "aclnn/attention_items.h"
#include "aclnn/attention_mask.h"
#include "aclnn/shapes.h"
#include "runtime/config.h"
#include "runtime/misuse.h"

namespace hostacl {
namespace {

using kernels::AttentionSequence;
using kernels::View;

constexpr int64_t kMaxHeads = 256, kMaxHeadSize = 512;

void requireTypes(const Plan& p, const AttentionCall& c) {
    const int dtype = c.query.dtype();
    for (const auto* list : {&c.keys, &c.values}) {
        for (const Argument& t : *list)
            REQUIRE(p, t.dtype() == dtype, "query, key, value and out must have one type");
    }
    REQUIRE(p, c.out.dtype() == dtype, "attentionOut is %s; expected %s", nameOf(c.out.dtype()),
            nameOf(dtype));
    REQUIRE(p, !c.shift || c.shift.dtype() == dtype, "pseShift is %s; expected %s", nameOf(c.shift.dtype()),
            nameOf(dtype));
}

struct LseStrides {
    int64_t batch = 0, row = 0, head = 0;
};

LseStrides readLse(const Plan& p, const AttentionCall& c, const Geometry& g, int64_t heads) {
    REQUIRE(p, static_cast<bool>(c.lse), "softmaxLseFlag is true, but softmaxLse is null");
    if (g.ragged) {
        p.requireShape(c.lse, {g.query.rows, heads, 1}, "softmaxLse");
        return {0, c.lse.stride(0), c.lse.stride(1)};
    }
    p.requireShape(c.lse, {g.query.batch, heads, g.query.rows, 1}, "softmaxLse");
    return {c.lse.stride(0), c.lse.stride(2), c.lse.stride(1)};
}

struct ShiftStrides {
    int64_t batch = 0, head = 0, row = 0;
};

ShiftStrides readShift(const Plan& p, const AttentionCall& c, const Geometry& g, int64_t heads) {
    const Argument& s = c.shift;
    REQUIRE(p, !g.ragged, "pseShift does not go with TND");
    REQUIRE(p,
            s.rank() == 4 && (s.dim(0) == 1 || s.dim(0) == g.query.batch) && s.dim(1) == heads &&
                s.dim(2) >= g.query.rows,
            "pseShift has shape %s; expected [B or 1, N, Q_S, KV_S]", shapeOf(s.view()).c_str());
    REQUIRE(p, s.dim(3) == 1 || s.stride(3) == 1, "the last axis of pseShift must be contiguous");
    return {s.dim(0) == 1 ? 0 : s.stride(0), s.stride(1), s.stride(2)};
}

template <typename T>
T* advance(T* base, int64_t elements, int dtype) {
    using Byte = std::conditional_t<std::is_const_v<T>, const uint8_t, uint8_t>;
    return base == nullptr ? nullptr : static_cast<Byte*>(base) + elements * kernels::elementSize(dtype);
}

}  // namespace

void planAttention(Plan& p, const AttentionCall& c) {
    const int64_t heads = c.heads;
    const int64_t keyHeads = c.keyHeads == 0 ? c.heads : c.keyHeads;
    REQUIRE(p, heads > 0 && heads <= kMaxHeads && keyHeads > 0 && heads % keyHeads == 0,
            "%lld query heads and %lld key heads; expected up to 256, the first a multiple of the second",
            ll(heads), ll(keyHeads));
    REQUIRE(p, c.sparseMode >= kDefaultMask && c.sparseMode <= kBand, "sparseMode is %lld; expected 0 to 4",
            ll(c.sparseMode));
    REQUIRE(p, c.innerPrecise >= 0 && c.innerPrecise <= 3, "innerPrecise is %lld; expected 0 to 3",
            ll(c.innerPrecise));
    requireTypes(p, c);

    const auto g = std::make_shared<Geometry>();
    const LayoutNames names = splitLayout(p, c.layout);
    g->query = readLayout(p, c.query, names.input, heads, "query");
    g->out = readLayout(p, c.out, names.output, heads, "attentionOut");
    g->ragged = g->query.ragged;
    g->paged = static_cast<bool>(c.blockTable);
    REQUIRE(p, g->out.batch == g->query.batch && g->out.rows == g->query.rows,
            "attentionOut %s does not fit query %s", shapeOf(c.out.view()).c_str(),
            shapeOf(c.query.view()).c_str());
    readKeys(p, c, keyHeads, names.input, *g);
    const int64_t size = g->query.headSize;
    REQUIRE(p, size % 16 == 0 && size > 0 && size <= kMaxHeadSize,
            "the head size is %lld; expected a multiple of 16 up to 512", ll(size));
    REQUIRE(p, g->key.headSize == size, "key has head size %lld, query %lld", ll(g->key.headSize), ll(size));
    REQUIRE(p, g->value.headSize == size || (g->ragged && size == 192 && g->value.headSize == 128),
            "value has head size %lld, key %lld", ll(g->value.headSize), ll(size));
    REQUIRE(p, g->out.headSize == g->value.headSize, "attentionOut has head size %lld, value %lld",
            ll(g->out.headSize), ll(g->value.headSize));
    readItems(p, c, *g);
    g->ignoresSparse = !g->ragged && g->query.rows == 1;

    const bool fixedMask = !g->ignoresSparse && c.sparseMode >= kLeftTop;
    if (fixedMask) requireFixedMask(p, c);
    REQUIRE(p, c.sparseMode != kAllMask || c.mask, "sparseMode 1 needs a full mask; attenMask is null");
    const bool usesMask = c.mask && c.sparseMode <= kAllMask;
    const int64_t keyRows = g->paged ? c.blockTable.dim(1) * c.blockSize : g->key.rows;
    const MaskStrides mask = usesMask ? fullMask(p, c, *g, keyRows) : MaskStrides{};
    const LseStrides lse = c.wantsLse ? readLse(p, c, *g, heads) : LseStrides{};
    const ShiftStrides shift = c.shift ? readShift(p, c, *g, heads) : ShiftStrides{};

    std::vector<std::pair<int64_t, int64_t>> bounds;
    for (const Item& item : g->items) bounds.push_back(limits(c, *g, item));
    p.needWorkspace(g->items.size() * sizeof(AttentionSequence));
    p.refuseRepeat("sequence lengths are read on the host in phase 1");

    kernels::AttentionArgs args;
    args.dtype = c.query.dtype();
    args.queryHeads = heads, args.keyHeads = keyHeads;
    args.headDim = size, args.valueDim = g->value.headSize;
    args.scale = static_cast<float>(c.scale);
    args.queryRowStride = g->query.rowStride, args.queryHeadStride = g->query.headStride;
    args.outRowStride = g->out.rowStride, args.outHeadStride = g->out.headStride;
    args.keyRowStride = g->key.rowStride, args.keyHeadStride = g->key.headStride;
    args.valueRowStride = g->value.rowStride, args.valueHeadStride = g->value.headStride;
    args.lseRowStride = lse.row, args.lseHeadStride = lse.head;
    args.maskRowStride = mask.row;
    args.shiftRowStride = shift.row, args.shiftHeadStride = shift.head;
    if (g->paged) {
        args.blockSize = c.blockSize, args.blockCount = g->key.batch;
        args.keyBlockStride = g->key.batchStride, args.valueBlockStride = g->value.batchStride;
    }
    args.sequenceCount = static_cast<int64_t>(g->items.size());

    const Argument query = c.query, out = c.out, lseOut = c.lse, maskIn = c.mask, shiftIn = c.shift,
                   table = c.blockTable;
    const bool wantsLse = c.wantsLse;
    p.compute([=, keys = c.keys, values = c.values](const Run& run) {
        if (fixedMask && checked() && !fixedMaskIsRight(run[maskIn])) {
            misuse(
                45,
                "attention: the 2048 x 2048 mask must hold 1 strictly above the diagonal and 0 elsewhere.");
            return false;
        }
        kernels::AttentionArgs a = args;
        auto* sequences = static_cast<AttentionSequence*>(run.workspace());
        for (size_t i = 0; i < g->items.size(); ++i) {
            const Item& item = g->items[i];
            AttentionSequence s;
            const int dtype = a.dtype;
            const int64_t b = g->ragged ? 0 : item.batch;
            s.query = advance(run[query].data, b * g->query.batchStride + item.queryRow * g->query.rowStride,
                              dtype);
            s.out = advance(run[out].data, b * g->out.batchStride + item.queryRow * g->out.rowStride, dtype);
            if (g->paged) {
                const View& blocks = run[table];
                s.blocks = static_cast<const int32_t*>(blocks.data) + item.batch * blocks.strides[0];
            } else {
                const bool listed = keys.size() > 1;
                const int64_t keyOffset =
                    listed ? 0 : b * g->key.batchStride + item.keyRow * g->key.rowStride;
                const int64_t valueOffset =
                    listed ? 0 : b * g->value.batchStride + item.keyRow * g->value.rowStride;
                s.key = advance(run[keys[listed ? i : 0]].data, keyOffset, dtype);
                s.value = advance(run[values[listed ? i : 0]].data, valueOffset, dtype);
            }
            if (wantsLse)
                s.lse = static_cast<float*>(run[lseOut].data) + b * lse.batch + item.queryRow * lse.row;
            if (usesMask) s.mask = static_cast<const uint8_t*>(run[maskIn].data) + item.batch * mask.batch;
            if (run.has(shiftIn)) s.shift = advance(run[shiftIn].data, item.batch * shift.batch, dtype);
            s.queryLength = item.queryLength;
            s.keyLength = item.keyLength;
            s.lowest = bounds[i].first;
            s.highest = bounds[i].second;
            new (&sequences[i]) AttentionSequence(s);
        }
        if (g->paged) a.keyCache = run[keys[0]].data, a.valueCache = run[values[0]].data;
        a.sequences = sequences;
        return kernels::active().attention(a);
    });
}

}  // namespace hostacl
