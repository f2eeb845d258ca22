// Convolution in one dimension (ABI reference, section 4.3).
#include "aclnn/shapes.h"
#include "runtime/config.h"

using namespace hostacl;

namespace {

constexpr int64_t kLargestPadding = 255;
constexpr int64_t kLargestGroups = 65535;

void requireFormat(const Plan& p, const Argument& a, const char* what) {
    REQUIRE(p, a.rank() == 3 && a.format == ACL_FORMAT_NCL,
            "%s has shape %s and format %d; expected rank 3 in NCL (47)", what, shapeOf(a.view()).c_str(),
            a.format);
}

int64_t single(const Plan& p, const std::vector<int64_t>& values, int64_t least, const char* what) {
    REQUIRE(p, values.size() == 1 && values[0] >= least, "%s must hold one number of at least %lld", what,
            static_cast<long long>(least));
    return values[0];
}

}  // namespace

aclnnStatus aclnnConvolutionGetWorkspaceSize(const aclTensor* input, const aclTensor* weight,
                                             const aclTensor* bias, const aclIntArray* stride,
                                             const aclIntArray* padding, const aclIntArray* dilation,
                                             bool transposed, const aclIntArray* outputPadding,
                                             const int64_t groups, aclTensor* output, int8_t cubeMathType,
                                             uint64_t* workspaceSize, aclOpExecutor** executor) {
    return plan("aclnnConvolution", Core::Cube, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(input, "input", kFloats);
        const Argument w = p.input(weight, "weight", kFloats);
        const Argument b = p.optional(bias, "bias", kFloats);
        const int64_t step = single(p, p.integers(stride, "stride"), 1, "stride");
        const auto& pads = p.integers(padding, "padding");
        const int64_t spread = single(p, p.integers(dilation, "dilation"), 1, "dilation");
        const auto* extra = p.optionalIntegers(outputPadding, "outputPadding");
        const Argument y = p.output(output, "output", kFloats);

        REQUIRE(p, !transposed, "transposed convolution is not offered by hostacl");
        REQUIRE(p, extra == nullptr || extra->empty() || (extra->size() == 1 && extra->at(0) == 0),
                "outputPadding must be {0}");
        requireFormat(p, x, "input");
        requireFormat(p, w, "weight");
        requireFormat(p, y, "output");
        REQUIRE(p, pads.size() == 1 || pads.size() == 2, "padding has %zu entries; expected 1 or 2",
                pads.size());
        const int64_t left = pads.front();
        const int64_t right = pads.back();
        REQUIRE(p, left >= 0 && right >= 0 && left <= kLargestPadding && right <= kLargestPadding,
                "padding %lld, %lld; expected 0 to 255", static_cast<long long>(left),
                static_cast<long long>(right));
        REQUIRE(p,
                groups >= 1 && groups <= kLargestGroups && x.dim(1) == w.dim(1) * groups &&
                    w.dim(0) % groups == 0,
                "%lld groups, input %s, weight %s", static_cast<long long>(groups), shapeOf(x.view()).c_str(),
                shapeOf(w.view()).c_str());
        REQUIRE(p, w.dtype() == x.dtype() && y.dtype() == x.dtype(),
                "input, weight and output must have one type");
        REQUIRE(p, cubeMathType >= 0 && cubeMathType <= 4 && (cubeMathType != 2 || x.dtype() != ACL_BF16),
                "cubeMathType is %d for %s", cubeMathType, nameOf(x.dtype()));
        REQUIRE(p, !config().isAscend310P() || cubeMathType != 0 || x.dtype() != ACL_FLOAT,
                "fp32 with cubeMathType 0 is refused on %s", config().soc.c_str());
        if (b) {
            p.requireShape(b, {w.dim(0)}, "bias");
            REQUIRE(p, b.dtype() == x.dtype(), "bias is %s; expected %s", nameOf(b.dtype()),
                    nameOf(x.dtype()));
        }
        const int64_t reach = spread * (w.dim(2) - 1) + 1;
        const int64_t padded = x.dim(2) + left + right;
        REQUIRE(p, w.dim(2) >= 1 && padded >= reach, "a kernel reach of %lld over %lld padded frames",
                static_cast<long long>(reach), static_cast<long long>(padded));
        p.requireShape(y, {x.dim(0), w.dim(0), (padded - reach) / step + 1}, "output");
        p.compute([=](const Run& run) {
            kernels::active().convolution(
                {run[x], run[w], run.optional(b), run[y], step, left, spread, groups});
        });
    });
}
