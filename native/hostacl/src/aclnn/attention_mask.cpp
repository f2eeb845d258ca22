#include "aclnn/attention_mask.h"

#include <algorithm>

namespace hostacl {
namespace {

constexpr int64_t kMaskSize = 2048;  // of the fixed upper triangular mask of sparse modes 2 to 4

}  // namespace

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

bool fixedMaskIsRight(const kernels::View& mask) {
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

}  // namespace hostacl
