#include "aclnn/attention_plan.h"

#include <algorithm>
#include <memory>
#include <new>

#include "aclnn/attention_layout.h"
#include "aclnn/shapes.h"
#include "runtime/config.h"
#include "runtime/misuse.h"

namespace hostacl {
namespace {

using kernels::AttentionSequence;
using kernels::View;

enum SparseMode : int64_t { kDefaultMask = 0, kAllMask = 1, kLeftTop = 2, kRightBottom = 3, kBand = 4 };

constexpr int64_t kMaskSize = 2048;  // of the fixed upper triangular mask of sparse modes 2 to 4
constexpr int64_t kMaxBatch = 65536, kMaxHeads = 256, kMaxHeadSize = 512, kMaxListBatch = 256,
                  kMaxBlockSize = 1024;

/** One sequence, all positions known in phase 1; device addresses are added when it runs. */
struct Item {
    int64_t batch;     // item of the batch: which mask, shift and block table row
    int64_t queryRow;  // first row within the tensor (ragged layouts)
    int64_t keyRow;
    int64_t queryLength, keyLength;
};

struct Geometry {
    AttentionLayout query, out, key, value;
    std::vector<Item> items;
    bool paged = false, ragged = false;
    bool ignoresSparse = false;  // one query row per sequence: no causal limits
};

long long ll(int64_t value) {
    return static_cast<long long>(value);
}

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

/** Lengths of the batch's items from an optional array: absent = full, one = shared, else at least one for
 * each. */
std::vector<int64_t> lengthsOf(const Plan& p, const std::vector<int64_t>* given, int64_t batch, int64_t full,
                               const char* what) {
    std::vector<int64_t> lengths(batch, full);
    if (given == nullptr || given->empty()) return lengths;
    REQUIRE(p, given->size() == 1 || static_cast<int64_t>(given->size()) >= batch,
            "%s has %zu entries for a batch of %lld", what, given->size(), ll(batch));
    for (int64_t b = 0; b < batch; ++b) {
        lengths[b] = given->size() == 1 ? given->front() : (*given)[b];
        REQUIRE(p, lengths[b] >= 0 && lengths[b] <= full, "%s[%lld] is %lld; expected 0 to %lld", what, ll(b),
                ll(lengths[b]), ll(full));
    }
    return lengths;
}

/** Lengths from the running totals that ragged layouts take. */
std::vector<int64_t> lengthsFromTotals(const Plan& p, const std::vector<int64_t>* totals, int64_t rows,
                                       const char* what) {
    REQUIRE(p, totals != nullptr && !totals->empty(), "%s is required for TND", what);
    std::vector<int64_t> lengths;
    int64_t previous = 0;
    for (const int64_t total : *totals) {
        REQUIRE(p, total >= previous, "%s must be cumulative: %lld after %lld", what, ll(total),
                ll(previous));
        lengths.push_back(total - previous);
        previous = total;
    }
    REQUIRE(p, previous == rows, "%s ends with %lld; expected the %lld rows of the tensor", what,
            ll(previous), ll(rows));
    return lengths;
}

void readKeys(Plan& p, const AttentionCall& c, int64_t keyHeads, const std::string& layout, Geometry& g) {
    REQUIRE(p, c.keys.size() == c.values.size(), "%zu keys and %zu values", c.keys.size(), c.values.size());
    if (g.paged) {
        REQUIRE(p, c.keys.size() == 1, "a paged key list holds exactly one tensor; got %zu", c.keys.size());
        g.key = readCache(p, c.keys[0], keyHeads, "key");
        g.value = readCache(p, c.values[0], keyHeads, "value");
        REQUIRE(p, c.blockSize > 0 && c.blockSize == g.key.rows && c.blockSize == g.value.rows,
                "blockSize is %lld, the caches have blocks of %lld and %lld", ll(c.blockSize), ll(g.key.rows),
                ll(g.value.rows));
        REQUIRE(p, c.blockSize % 16 == 0 && c.blockSize <= kMaxBlockSize,
                "blockSize is %lld; expected a multiple of 16 up to 1024", ll(c.blockSize));
        REQUIRE(p, g.key.batch == g.value.batch, "the key cache has %lld blocks, the value cache %lld",
                ll(g.key.batch), ll(g.value.batch));
        p.indirect(c.keys[0]);
        p.indirect(c.values[0]);
        return;
    }
    for (size_t i = 0; i < c.keys.size(); ++i) {
        const AttentionLayout key = readLayout(p, c.keys[i], layout, keyHeads, "key");
        const AttentionLayout value = readLayout(p, c.values[i], layout, keyHeads, "value");
        REQUIRE(p, key.rows == value.rows && key.batch == value.batch, "key %s and value %s differ",
                shapeOf(c.keys[i].view()).c_str(), shapeOf(c.values[i].view()).c_str());
        REQUIRE(p, c.keys.size() == 1 || (key.batch == 1 && !key.ragged),
                "a list of keys holds tensors of batch 1");
        REQUIRE(p,
                i == 0 || (key.rowStride == g.key.rowStride && key.headStride == g.key.headStride &&
                           value.rowStride == g.value.rowStride && value.headStride == g.value.headStride),
                "the tensors of a key list must have equal strides");
        if (i == 0) g.key = key, g.value = value;
    }
}

void readItems(const Plan& p, const AttentionCall& c, Geometry& g) {
    std::vector<int64_t> queryLengths, keyLengths;
    if (g.ragged) {
        queryLengths = lengthsFromTotals(p, c.queryLengths, g.query.rows, "actualSeqLengths");
    } else {
        queryLengths = lengthsOf(p, c.queryLengths, g.query.batch, g.query.rows, "actualSeqLengths");
    }
    const auto batch = static_cast<int64_t>(queryLengths.size());
    REQUIRE(p, batch <= kMaxBatch, "a batch of %lld; expected up to 65536", ll(batch));
    if (g.paged) {
        REQUIRE(p, c.keyLengths != nullptr && !c.keyLengths->empty(),
                "actualSeqLengthsKv is required with a block table");
        REQUIRE(p, c.blockTable.rank() == 2 && c.blockTable.dim(0) == batch,
                "blockTable has shape %s; expected [%lld, blocks]", shapeOf(c.blockTable.view()).c_str(),
                ll(batch));
        REQUIRE(p, c.blockTable.dim(1) <= 1 || c.blockTable.stride(1) == 1,
                "rows of blockTable must be contiguous");
        keyLengths = lengthsOf(p, c.keyLengths, batch, c.blockTable.dim(1) * c.blockSize,
                               "actualSeqLengthsKv (never cumulative with "
                               "a block table)");
    } else if (g.ragged) {
        keyLengths = lengthsFromTotals(p, c.keyLengths, g.key.rows, "actualSeqLengthsKv");
        REQUIRE(p, keyLengths.size() == queryLengths.size(), "%zu query lengths and %zu key lengths",
                queryLengths.size(), keyLengths.size());
    } else if (c.keys.size() > 1) {
        REQUIRE(p, static_cast<int64_t>(c.keys.size()) == batch && batch <= kMaxListBatch,
                "%zu keys for a batch of %lld", c.keys.size(), ll(batch));
        for (int64_t b = 0; b < batch; ++b) {
            const int64_t rows =
                readLayout(p, c.keys[b], c.layout == "BNSD_BSND" ? "BNSD" : c.layout, g.key.heads, "key")
                    .rows;
            const bool given = c.keyLengths != nullptr && !c.keyLengths->empty();
            const int64_t length = !given                      ? rows
                                   : c.keyLengths->size() == 1 ? c.keyLengths->front()
                                                               : c.keyLengths->at(b);
            REQUIRE(p, length >= 0 && length <= rows, "actualSeqLengthsKv[%lld] is %lld; expected 0 to %lld",
                    ll(b), ll(length), ll(rows));
            keyLengths.push_back(length);
        }
    } else {
        REQUIRE(p, g.key.batch == batch, "key has a batch of %lld, query of %lld", ll(g.key.batch),
                ll(batch));
        keyLengths = lengthsOf(p, c.keyLengths, batch, g.key.rows, "actualSeqLengthsKv");
    }
    int64_t queryRow = 0, keyRow = 0;
    for (int64_t b = 0; b < batch; ++b) {
        g.items.push_back({b, queryRow, keyRow, queryLengths[b], keyLengths[b]});
        if (g.ragged) queryRow += queryLengths[b], keyRow += keyLengths[b];
    }
}

void requireFixedMask(const Plan& p, const AttentionCall& c) {
    REQUIRE(p, static_cast<bool>(c.mask), "sparseMode %lld needs the 2048 x 2048 mask; attenMask is null",
            ll(c.sparseMode));
    const Argument& m = c.mask;
    const bool units = m.rank() >= 2 && m.rank() <= 4 && m.elements() == kMaskSize * kMaskSize;
    REQUIRE(p, units && m.dim(-1) == kMaskSize && m.dim(-2) == kMaskSize,
            "attenMask has shape %s; sparseMode %lld expects the fixed "
            "2048 x 2048 mask",
            shapeOf(m.view()).c_str(), ll(c.sparseMode));
}

/** Strides of a full mask over (batch, query row); the columns are contiguous. */
struct MaskStrides {
    int64_t batch = 0, row = 0;
};

MaskStrides fullMask(const Plan& p, const AttentionCall& c, const Geometry& g, int64_t keyRows) {
    const Argument& m = c.mask;
    const int64_t batch = static_cast<int64_t>(g.items.size());
    REQUIRE(p, !g.ragged, "a full attenMask does not go with TND: use sparseMode 3 and the 2048 x 2048 mask");
    REQUIRE(p, m.dim(-1) >= keyRows && (m.dim(-1) == 1 || m.stride(-1) == 1),
            "attenMask has %lld columns, contiguous, for %lld keys", ll(m.dim(-1)), ll(keyRows));
    const auto whole = [&](int64_t size, int64_t stride) { return size == 1 ? 0 : stride; };
    switch (m.rank()) {
        case 2:
            if (g.query.rows == 1 && m.dim(0) == batch) return {m.stride(0), 0};
            REQUIRE(p, m.dim(0) == g.query.rows, "attenMask has %lld rows for %lld queries", ll(m.dim(0)),
                    ll(g.query.rows));
            return {0, m.stride(0)};
        case 3:
            REQUIRE(p, (m.dim(0) == 1 || m.dim(0) == batch) && m.dim(1) == g.query.rows,
                    "attenMask has shape %s", shapeOf(m.view()).c_str());
            return {whole(m.dim(0), m.stride(0)), m.stride(1)};
        case 4:
            REQUIRE(p, (m.dim(0) == 1 || m.dim(0) == batch) && m.dim(1) == 1 && m.dim(2) == g.query.rows,
                    "attenMask has shape %s", shapeOf(m.view()).c_str());
            return {whole(m.dim(0), m.stride(0)), m.stride(2)};
        default:
            REQUIRE(p, false, "attenMask has rank %d; expected 2 to 4", m.rank());
            return {};
    }
}

/** Checked mode: false when the fixed mask is not the upper triangle of ones (its sense is easily turned
 * round). */
bool fixedMaskIsRight(const View& mask) {
    const int last = mask.rank - 1;
    const auto at = [&](int64_t row, int64_t column) {
        return static_cast<const uint8_t*>(
            mask.data)[row * mask.strides[last - 1] + column * mask.strides[last]];
    };
    for (const int64_t i : {int64_t{0}, int64_t{1}, kMaskSize / 2, kMaskSize - 1}) {
        for (const int64_t j : {int64_t{0}, int64_t{1}, kMaskSize / 2, kMaskSize - 1}) {
            if (at(i, j) != (j > i ? 1 : 0)) return false;
        }
    }
    return true;
}

/** The limits lowest and highest of AttentionSequence for one item. */
std::pair<int64_t, int64_t> limits(const AttentionCall& c, const Geometry& g, const Item& item) {
    const int64_t none = -item.keyLength - item.queryLength;
    const int64_t shift = item.keyLength - item.queryLength;
    if (g.ignoresSparse) return {none, item.keyLength};
    switch (c.sparseMode) {
        case kDefaultMask:
            if (!c.mask) return {none, item.keyLength};
            return {std::max(none, -c.preTokens), std::min(item.keyLength, c.nextTokens)};
        case kLeftTop:
            return {none, 0};
        case kRightBottom:
            return {none, shift};
        case kBand:
            return {std::max(none, shift - c.preTokens), std::min(item.keyLength, shift + c.nextTokens)};
        default:
            return {none, item.keyLength};
    }
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
