// ScatterPaKvCache, InplaceIndexCopy, InplaceScatterUpdate (ABI reference, section 4.9).
#include <cstring>

#include "aclnn/shapes.h"

using namespace hostacl;
using kernels::View;

namespace {

constexpr DTypes kCacheTypes = {ACL_FLOAT16, ACL_BF16, ACL_INT8, ACL_FLOAT};

bool isOneOf(const char* text, const char* name) {
    return text == nullptr || *text == '\0' || std::strcmp(text, name) == 0;
}

/** The cache as [blocks, blockSize, N, D]. */
View asBlocks(View cache, bool headsFirst) {
    if (headsFirst) {
        std::swap(cache.dims[1], cache.dims[2]);
        std::swap(cache.strides[1], cache.strides[2]);
    }
    return cache;
}

void requireCache(const Plan& p, const Argument& source, const Argument& cache, const Argument& slots,
                  bool headsFirst, const char* what) {
    REQUIRE(p, source.rank() == 3 && cache.rank() == 4, "%s %s, cache %s; expected [T, N, D] and rank 4",
            what, shapeOf(source.view()).c_str(), shapeOf(cache.view()).c_str());
    const View blocks = asBlocks(cache.view(), headsFirst);
    REQUIRE(
        p,
        source.dim(0) == slots.dim(0) && source.dim(1) == blocks.dims[2] && source.dim(2) == blocks.dims[3],
        "%s %s does not fit the cache %s and %lld slots", what, shapeOf(source.view()).c_str(),
        shapeOf(cache.view()).c_str(), static_cast<long long>(slots.dim(0)));
    REQUIRE(p, source.dtype() == cache.dtype(), "%s is %s, its cache %s", what, nameOf(source.dtype()),
            nameOf(cache.dtype()));
}

}  // namespace

aclnnStatus aclnnScatterPaKvCacheGetWorkspaceSize(
    const aclTensor* key, aclTensor* keyCacheRef, const aclTensor* slotMapping, const aclTensor* value,
    aclTensor* valueCacheRef, const aclTensor* compressLensOptional,
    const aclTensor* compressSeqOffsetOptional, const aclTensor* seqLensOptional, char* cacheModeOptional,
    char* scatterModeOptional, const aclIntArray* stridesOptional, const aclIntArray* offsetsOptional,
    uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnScatterPaKvCache", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument k = p.input(key, "key", kCacheTypes);
        const Argument kCache = p.inPlace(keyCacheRef, "keyCacheRef", kCacheTypes);
        const Argument slots = p.input(slotMapping, "slotMapping", kIndices);
        const Argument v = p.input(value, "value", kCacheTypes);
        const Argument vCache = p.inPlace(valueCacheRef, "valueCacheRef", kCacheTypes);
        p.absent(compressLensOptional, "compressLens");
        p.absent(compressSeqOffsetOptional, "compressSeqOffset");
        p.absent(seqLensOptional, "seqLens");
        p.absent(stridesOptional, "strides");
        p.absent(offsetsOptional, "offsets");
        REQUIRE(p, isOneOf(cacheModeOptional, "Norm"), "cacheMode is \"%s\"; hostacl offers \"Norm\"",
                cacheModeOptional);
        const bool headsFirst =
            scatterModeOptional != nullptr && std::strcmp(scatterModeOptional, "NHSD") == 0;
        REQUIRE(p, headsFirst || isOneOf(scatterModeOptional, "None"),
                "scatterMode is \"%s\"; hostacl offers \"None\" and \"NHSD\"", scatterModeOptional);
        REQUIRE(p, slots.rank() == 1, "slotMapping has shape %s; expected [T]",
                shapeOf(slots.view()).c_str());
        const bool hasValue = v.rank() != 1 || v.dim(0) != 0;
        requireCache(p, k, kCache, slots, headsFirst, "key");
        if (hasValue) requireCache(p, v, vCache, slots, headsFirst, "value");
        p.indirect(kCache);
        p.indirect(vCache);
        p.compute([=](const Run& run) {
            bool valid =
                kernels::active().cacheWrite({run[k], asBlocks(run[kCache], headsFirst), run[slots]});
            if (hasValue)
                valid =
                    kernels::active().cacheWrite({run[v], asBlocks(run[vCache], headsFirst), run[slots]}) &&
                    valid;
            return valid;
        });
    });
}

aclnnStatus aclnnInplaceIndexCopyGetWorkspaceSize(aclTensor* selfRef, int64_t dim, const aclTensor* index,
                                                  const aclTensor* source, uint64_t* workspaceSize,
                                                  aclOpExecutor** executor) {
    return plan("aclnnInplaceIndexCopy", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(selfRef, "selfRef", kNumbers);
        const Argument i = p.input(index, "index", kIndices);
        const Argument s = p.input(source, "source", kNumbers);
        const int axis = p.axisOf(dim, x.rank(), "dim");
        REQUIRE(p, i.rank() <= 1, "index has shape %s; expected rank 0 or 1", shapeOf(i.view()).c_str());
        REQUIRE(p, s.dtype() == x.dtype(), "source is %s; expected %s", nameOf(s.dtype()), nameOf(x.dtype()));
        bool fits = s.rank() == x.rank();
        for (int d = 0; fits && d < x.rank(); ++d) fits = s.dim(d) == (d == axis ? i.elements() : x.dim(d));
        REQUIRE(p, fits, "source %s does not fit selfRef %s with %lld indices on axis %d",
                shapeOf(s.view()).c_str(), shapeOf(x.view()).c_str(), static_cast<long long>(i.elements()),
                axis);
        p.indirect(x);
        p.compute(
            [=](const Run& run) { return kernels::active().indexCopy({run[x], run[i], run[s], axis}); });
    });
}

aclnnStatus aclnnInplaceScatterUpdateGetWorkspaceSize(aclTensor* data, const aclTensor* indices,
                                                      const aclTensor* updates, int64_t axis,
                                                      uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnInplaceScatterUpdate", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.inPlace(data, "data", kNumbers);
        const Argument i = p.input(indices, "indices", kIndices);
        const Argument u = p.input(updates, "updates", kNumbers);
        const int at = p.axisOf(axis, x.rank(), "axis");
        REQUIRE(p, at != 0, "axis is 0; expected another one");
        REQUIRE(p, x.rank() >= 2 && u.rank() == x.rank() && u.dtype() == x.dtype(),
                "updates %s of %s for data %s of %s", shapeOf(u.view()).c_str(), nameOf(u.dtype()),
                shapeOf(x.view()).c_str(), nameOf(x.dtype()));
        REQUIRE(p, i.rank() <= 2 && (i.rank() < 2 || i.dim(1) == 2),
                "indices has shape %s; expected rank 0, 1 or [n, 2]", shapeOf(i.view()).c_str());
        REQUIRE(p, i.rank() == 0 || i.dim(0) == u.dim(0), "%lld indices for %lld updates",
                static_cast<long long>(i.rank() == 0 ? 1 : i.dim(0)), static_cast<long long>(u.dim(0)));
        for (int d = 0; d < x.rank(); ++d) {
            REQUIRE(p, u.dim(d) <= x.dim(d) && (d == 0 || d == at || u.dim(d) == x.dim(d)),
                    "updates %s does not fit data %s", shapeOf(u.view()).c_str(), shapeOf(x.view()).c_str());
        }
        p.indirect(x);
        p.compute(
            [=](const Run& run) { return kernels::active().scatterUpdate({run[x], run[i], run[u], at}); });
    });
}
