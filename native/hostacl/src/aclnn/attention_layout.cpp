#include "aclnn/attention_layout.h"

namespace hostacl {
namespace {

constexpr int64_t kLargestRow = 65535;  // N * D of a [blocks, blockSize, N * D] cache

void requireRank(const Plan& p, const Argument& t, int rank, const std::string& layout, const char* what) {
    REQUIRE(p, t.rank() == rank, "%s has shape %s; layout %s expects rank %d", what,
            shapeOf(t.view()).c_str(), layout.c_str(), rank);
}

}  // namespace

LayoutNames splitLayout(const Plan& p, const std::string& layout) {
    static constexpr const char* kSame[] = {"BSH", "BSND", "BNSD", "TND"};
    for (const char* name : kSame) {
        if (layout == name) return {layout, layout};
    }
    if (layout == "BNSD_BSND") return {"BNSD", "BSND"};
    if (layout == "NTD_TND") return {"NTD", "TND"};
    REQUIRE(p, false, "inputLayout is \"%s\"; expected BSH, BSND, BNSD, BNSD_BSND, TND or NTD_TND",
            layout.c_str());
    return {};
}

AttentionLayout readLayout(const Plan& p, const Argument& t, const std::string& layout, int64_t heads,
                           const char* what) {
    AttentionLayout l;
    const auto take = [&](int batch, int row, int head) {
        l.batch = batch < 0 ? 1 : t.dim(batch);
        l.batchStride = batch < 0 ? 0 : t.stride(batch);
        l.rows = t.dim(row);
        l.rowStride = t.stride(row);
        l.heads = t.dim(head);
        l.headStride = t.stride(head);
        l.headSize = t.dim(-1);
    };
    if (layout == "BSH") {
        requireRank(p, t, 3, layout, what);
        REQUIRE(p, t.dim(2) % heads == 0, "%s %s: H is not a multiple of %lld heads", what,
                shapeOf(t.view()).c_str(), static_cast<long long>(heads));
        l = {t.dim(0), t.dim(1), heads, t.dim(2) / heads, t.stride(0), t.stride(1), t.dim(2) / heads, false};
    } else if (layout == "BSND") {
        requireRank(p, t, 4, layout, what);
        take(0, 1, 2);
    } else if (layout == "BNSD") {
        requireRank(p, t, 4, layout, what);
        take(0, 2, 1);
    } else {
        requireRank(p, t, 3, layout, what);
        layout == "TND" ? take(-1, 0, 1) : take(-1, 1, 0);
        l.ragged = true;
    }
    REQUIRE(p, l.heads == heads, "%s %s has %lld heads; expected %lld", what, shapeOf(t.view()).c_str(),
            static_cast<long long>(l.heads), static_cast<long long>(heads));
    REQUIRE(p, t.dim(-1) == 1 || t.stride(-1) == 1, "the last axis of %s must be contiguous", what);
    return l;
}

AttentionLayout readCache(const Plan& p, const Argument& cache, int64_t heads, const char* what) {
    REQUIRE(p, cache.rank() == 3 || cache.rank() == 4,
            "%s cache has shape %s; expected [blocks, blockSize, N * D] or [blocks, N, "
            "blockSize, D]",
            what, shapeOf(cache.view()).c_str());
    REQUIRE(p, cache.stride(-1) == 1, "the last axis of the %s cache must be contiguous", what);
    if (cache.rank() == 3) {
        REQUIRE(p, cache.dim(2) % heads == 0, "%s cache %s: N * D is not a multiple of %lld heads", what,
                shapeOf(cache.view()).c_str(), static_cast<long long>(heads));
        REQUIRE(p, cache.dim(2) <= kLargestRow,
                "%s cache %s: N * D above 65535 needs the layout [blocks, N, blockSize, D]", what,
                shapeOf(cache.view()).c_str());
        const int64_t size = cache.dim(2) / heads;
        return {cache.dim(0), cache.dim(1), heads, size, cache.stride(0), cache.stride(1), size, false};
    }
    REQUIRE(p, cache.dim(1) == heads, "%s cache %s has %lld heads; expected %lld", what,
            shapeOf(cache.view()).c_str(), static_cast<long long>(cache.dim(1)),
            static_cast<long long>(heads));
    return {cache.dim(0),    cache.dim(2),    heads,           cache.dim(3),
            cache.stride(0), cache.stride(2), cache.stride(1), false};
}

}  // namespace hostacl
