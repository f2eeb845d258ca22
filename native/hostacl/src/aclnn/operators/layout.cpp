// Permute, Cat, Slice, SplitWithSize, ConstantPadNd: copies between windows of views (ABI
// reference, 4.3, 4.6, 4.7).
#include <algorithm>
#include <numeric>

#include "aclnn/shapes.h"

using namespace hostacl;
using kernels::View;

namespace {

void requireSameType(const Plan& p, const Argument& a, const Argument& b, const char* what) {
    REQUIRE(p, a.dtype() == b.dtype(), "%s is %s; expected %s", what, nameOf(b.dtype()), nameOf(a.dtype()));
}

View permuted(const View& view, const std::vector<int>& order) {
    View result = view;
    for (int d = 0; d < view.rank; ++d) {
        result.dims[d] = view.dims[order[d]];
        result.strides[d] = view.strides[order[d]];
    }
    return result;
}

/** Refuses unless `part` equals `whole` in rank and in every axis but `axis`. */
void requirePart(const Plan& p, const Argument& part, const Argument& whole, int axis, const char* what) {
    bool fits = part.rank() == whole.rank();
    for (int d = 0; fits && d < whole.rank(); ++d) fits = d == axis || part.dim(d) == whole.dim(d);
    REQUIRE(p, fits, "%s of shape %s does not fit %s on axis %d", what, shapeOf(part.view()).c_str(),
            shapeOf(whole.view()).c_str(), axis);
}

}  // namespace

aclnnStatus aclnnPermuteGetWorkspaceSize(const aclTensor* self, const aclIntArray* dims, aclTensor* out,
                                         uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnPermute", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const auto& axes = p.integers(dims, "dims");
        const Argument y = p.output(out, "out", kNumbers);
        requireSameType(p, x, y, "out");
        REQUIRE(p, static_cast<int>(axes.size()) == x.rank(), "dims has %zu axes for self %s", axes.size(),
                shapeOf(x.view()).c_str());
        std::vector<int> order;
        for (const int64_t axis : axes) order.push_back(p.axisOf(axis, x.rank(), "dims"));
        std::vector<int> sorted = order;
        std::sort(sorted.begin(), sorted.end());
        REQUIRE(p, std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(),
                "dims names an axis twice");
        Dims expected;
        for (const int axis : order) expected.sizes[expected.rank++] = x.dim(axis);
        requireDims(p, y, expected, "out");
        p.compute([=](const Run& run) { kernels::active().copy({permuted(run[x], order), run[y]}); });
    });
}

aclnnStatus aclnnCatGetWorkspaceSize(const aclTensorList* tensors, int64_t dim, aclTensor* out,
                                     uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnCat", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const auto parts = p.inputs(tensors, "tensors", kNumbers);
        const Argument y = p.output(out, "out", kNumbers);
        const int axis = p.axisOf(dim, y.rank(), "dim");
        int64_t total = 0;
        int type = parts[0].dtype();
        for (const Argument& part : parts) {
            requirePart(p, part, y, axis, "a member of tensors");
            total += part.dim(axis);
            type = promote(type, part.dtype());
        }
        REQUIRE(p, total == y.dim(axis), "the members add up to %lld on axis %d; out has %lld",
                static_cast<long long>(total), axis, static_cast<long long>(y.dim(axis)));
        requireCastable(p, type, y.dtype(), "out");
        p.compute([=](const Run& run) {
            int64_t at = 0;
            for (const Argument& part : parts) {
                const int64_t size = run[part].dims[axis];
                if (size > 0) kernels::active().copy({run[part], window(run[y], axis, at, size)});
                at += size;
            }
        });
    });
}

aclnnStatus aclnnSliceGetWorkspaceSize(const aclTensor* self, int64_t dim, int64_t start, int64_t end,
                                       int64_t step, aclTensor* out, uint64_t* workspaceSize,
                                       aclOpExecutor** executor) {
    return plan("aclnnSlice", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const Argument y = p.output(out, "out", kNumbers);
        requireSameType(p, x, y, "out");
        const int axis = p.axisOf(dim, x.rank(), "dim");
        REQUIRE(p, step > 0, "step is %lld; expected 1 or more", static_cast<long long>(step));
        const int64_t size = x.dim(axis);
        const auto bound = [size](int64_t at) {
            return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
        };
        const int64_t from = bound(start);
        const int64_t to = std::max(from, bound(end));
        const int64_t count = (to - from + step - 1) / step;
        Dims expected;
        for (int d = 0; d < x.rank(); ++d) expected.sizes[expected.rank++] = d == axis ? count : x.dim(d);
        requireDims(p, y, expected, "out");
        p.compute([=](const Run& run) {
            if (count > 0) kernels::active().copy({window(run[x], axis, from, count, step), run[y]});
        });
    });
}

aclnnStatus aclnnSplitWithSizeGetWorkspaceSize(const aclTensor* self, const aclIntArray* splitSize,
                                               int64_t dim, aclTensorList* out, uint64_t* workspaceSize,
                                               aclOpExecutor** executor) {
    return plan("aclnnSplitWithSize", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const std::vector<int64_t> sizes = p.integers(splitSize, "splitSize");
        const auto parts = p.outputs(out, "out", kNumbers);
        const int axis = p.axisOf(dim, x.rank(), "dim");
        REQUIRE(p, parts.size() == sizes.size(), "splitSize has %zu entries for %zu outputs", sizes.size(),
                parts.size());
        REQUIRE(p, std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) == x.dim(axis),
                "splitSize does not add up to %lld", static_cast<long long>(x.dim(axis)));
        for (size_t i = 0; i < parts.size(); ++i) {
            requirePart(p, parts[i], x, axis, "an output");
            requireSameType(p, x, parts[i], "an output");
            REQUIRE(p, parts[i].dim(axis) == sizes[i], "output %zu has %lld on axis %d; splitSize says %lld",
                    i, static_cast<long long>(parts[i].dim(axis)), axis, static_cast<long long>(sizes[i]));
        }
        p.compute([=](const Run& run) {
            int64_t at = 0;
            for (size_t i = 0; i < parts.size(); ++i) {
                if (sizes[i] > 0) kernels::active().copy({window(run[x], axis, at, sizes[i]), run[parts[i]]});
                at += sizes[i];
            }
        });
    });
}

aclnnStatus aclnnConstantPadNdGetWorkspaceSize(const aclTensor* self, const aclIntArray* pad,
                                               const aclScalar* value, aclTensor* out,
                                               uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnConstantPadNd", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(self, "self", kNumbers);
        const std::vector<int64_t> widths = p.integers(pad, "pad");
        const kernels::Scalar scalar = p.scalar(value, "value");
        const Argument y = p.output(out, "out", kNumbers);
        requireSameType(p, x, y, "out");
        const int padded = static_cast<int>(widths.size()) / 2;
        REQUIRE(p, widths.size() % 2 == 0 && padded <= x.rank(), "pad has %zu entries for self %s",
                widths.size(), shapeOf(x.view()).c_str());
        // pad lists (before, after) from the last axis on; negative widths crop.
        std::vector<int64_t> before(x.rank(), 0), after(x.rank(), 0);
        for (int i = 0; i < padded; ++i) {
            before[x.rank() - 1 - i] = widths[2 * i];
            after[x.rank() - 1 - i] = widths[2 * i + 1];
        }
        Dims expected;
        for (int d = 0; d < x.rank(); ++d) {
            expected.sizes[expected.rank++] = x.dim(d) + before[d] + after[d];
            REQUIRE(p, expected.sizes[d] >= 0, "pad crops more than axis %d has", d);
        }
        requireDims(p, y, expected, "out");
        p.compute([=](const Run& run) {
            View from = run[x], to = run[y];
            kernels::active().fill({to, scalar});
            for (int d = 0; d < from.rank; ++d) {
                const int64_t skip = std::max<int64_t>(0, -before[d]);
                const int64_t place = std::max<int64_t>(0, before[d]);
                const int64_t size = std::min(from.dims[d] - skip, to.dims[d] - place);
                if (size <= 0) return;
                from = window(from, d, skip, size);
                to = window(to, d, place, size);
            }
            kernels::active().copy({from, to});
        });
    });
}
