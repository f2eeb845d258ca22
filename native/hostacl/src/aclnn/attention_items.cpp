#include "aclnn/attention_items.h"

namespace hostacl {
namespace {

constexpr int64_t kMaxBatch = 65536, kMaxListBatch = 256, kMaxBlockSize = 1024;

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

}  // namespace

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

}  // namespace hostacl
