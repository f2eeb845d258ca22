// LayerNorm, RmsNorm, AddRmsNorm (ABI reference, section 4.4).
#include "aclnn/shapes.h"
#include "runtime/ranges.h"

using namespace hostacl;
using kernels::View;

namespace {

/** An operand as contiguous rows: used in place when its strides allow, else through a copy in the workspace.
 */
struct Rows {
    Argument argument;
    int axes = 1;
    bool copied = false;
    uint64_t at = 0;

    Rows() = default;
    Rows(Plan& p, const Argument& argument, int axes) : argument(argument), axes(axes) {
        View rows;
        copied = !asRows(argument.view(), axes, rows);
        if (copied)
            at = p.reserveWorkspace(static_cast<uint64_t>(bytesOf(argument.elements(), argument.dtype())));
    }
    View where(const Run& run) const {
        const View& view = run[argument];
        return copied ? contiguousAt(view, static_cast<uint8_t*>(run.workspace()) + at) : view;
    }
    View forReading(const Run& run) const {
        const View view = where(run);
        if (copied) kernels::active().copy({run[argument], view});
        return rows(view);
    }
    View forWriting(const Run& run) const { return rows(where(run)); }
    void finishWriting(const Run& run) const {
        if (copied) kernels::active().copy({where(run), run[argument]});
    }

  private:
    View rows(const View& view) const {
        View result;
        asRows(view, axes, result);
        return result;
    }
};

/** Statistics of a norm: fp32 goes straight to the output, other types through the workspace. */
struct Statistics {
    Argument argument;
    uint64_t at = 0;

    Statistics(Plan& p, const Argument& argument) : argument(argument) {
        if (through()) at = p.reserveWorkspace(static_cast<uint64_t>(argument.elements()) * sizeof(float));
    }
    bool through() const { return argument && (argument.dtype() != ACL_FLOAT || !argument.contiguous()); }
    float* where(const Run& run) const {
        if (!run.has(argument)) return nullptr;
        return through() ? reinterpret_cast<float*>(static_cast<uint8_t*>(run.workspace()) + at)
                         : static_cast<float*>(run[argument].data);
    }
    void finish(const Run& run) const {
        if (!run.has(argument) || !through()) return;
        View from = contiguousAt(run[argument], where(run));
        from.dtype = ACL_FLOAT;
        kernels::active().copy({from, run[argument]});
    }
};

/** Refuses unless `a` has the sizes of the last `axes` axes of `x` and is contiguous. */
void requireAffine(const Plan& p, const Argument& a, const Argument& x, int axes, const char* what) {
    bool fits = a.rank() == axes;
    for (int d = 0; fits && d < axes; ++d) fits = a.dim(d) == x.dim(x.rank() - axes + d);
    REQUIRE(p, fits, "%s has shape %s for x %s", what, shapeOf(a.view()).c_str(), shapeOf(x.view()).c_str());
    REQUIRE(p, a.contiguous(), "%s must be contiguous", what);
}

/** x's dims with 1 on the last `axes` axes. */
void requireStatisticShape(const Plan& p, const Argument& a, const Argument& x, int axes, const char* what) {
    bool fits = a.rank() == x.rank();
    for (int d = 0; fits && d < x.rank(); ++d) fits = a.dim(d) == (d < x.rank() - axes ? x.dim(d) : 1);
    REQUIRE(p, fits, "%s has shape %s for x %s: expected the same with 1 on the normalised axes", what,
            shapeOf(a.view()).c_str(), shapeOf(x.view()).c_str());
}

}  // namespace

aclnnStatus aclnnLayerNormGetWorkspaceSize(const aclTensor* input, const aclIntArray* normalizedShape,
                                           const aclTensor* weightOptional, const aclTensor* biasOptional,
                                           double eps, aclTensor* out, aclTensor* meanOutOptional,
                                           aclTensor* rstdOutOptional, uint64_t* workspaceSize,
                                           aclOpExecutor** executor) {
    return plan("aclnnLayerNorm", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        const Argument x = p.input(input, "input", kFloats);
        const auto& shape = p.integers(normalizedShape, "normalizedShape");
        const Argument weight = p.optional(weightOptional, "weight", kFloats);
        const Argument bias = p.optional(biasOptional, "bias", kFloats);
        const Argument y = p.output(out, "out", kFloats);
        const Argument mean = p.optionalOutput(meanOutOptional, "meanOut", kFloats);
        const Argument rstd = p.optionalOutput(rstdOutOptional, "rstdOut", kFloats);

        const int axes = static_cast<int>(shape.size());
        REQUIRE(p, axes >= 1 && axes <= x.rank(), "normalizedShape has %d axes, input %s", axes,
                shapeOf(x.view()).c_str());
        for (int d = 0; d < axes; ++d) {
            REQUIRE(p, shape[d] == x.dim(x.rank() - axes + d),
                    "normalizedShape does not end the input's shape %s", shapeOf(x.view()).c_str());
        }
        for (const auto& [affine, name] : {std::pair{weight, "weight"}, std::pair{bias, "bias"}}) {
            if (!affine) continue;
            requireAffine(p, affine, x, axes, name);
            REQUIRE(p, affine.dtype() == x.dtype() || affine.dtype() == ACL_FLOAT,
                    "%s is %s; expected %s or fp32", name, nameOf(affine.dtype()), nameOf(x.dtype()));
        }
        REQUIRE(p, !weight || !bias || weight.dtype() == bias.dtype(), "weight and bias must have one type");
        p.requireSameShape(x, y, "out");
        REQUIRE(p, y.dtype() == x.dtype(), "out is %s; expected %s", nameOf(y.dtype()), nameOf(x.dtype()));
        if (mean) requireStatisticShape(p, mean, x, axes, "meanOut");
        if (rstd) requireStatisticShape(p, rstd, x, axes, "rstdOut");

        const Rows from(p, x, axes), to(p, y, axes);
        const Statistics means(p, mean), rstds(p, rstd);
        p.compute([=](const Run& run) {
            kernels::LayerNormArgs args;
            args.x = from.forReading(run);
            args.out = to.forWriting(run);
            args.weight = run.data(weight);
            args.bias = run.data(bias);
            args.weightDtype = weight ? weight.dtype() : bias ? bias.dtype() : static_cast<int>(ACL_FLOAT);
            args.mean = means.where(run);
            args.rstd = rstds.where(run);
            args.epsilon = eps;
            kernels::active().layerNorm(args);
            to.finishWriting(run);
            means.finish(run);
            rstds.finish(run);
        });
    });
}

namespace {

struct RmsArguments {
    Argument x, residual, gamma, y, rstd, sum;
    double epsilon;
};

void planRms(Plan& p, const RmsArguments& a) {
    const int axes = a.gamma.rank();
    REQUIRE(p, axes >= 1 && axes <= a.x.rank(), "gamma has shape %s, x %s", shapeOf(a.gamma.view()).c_str(),
            shapeOf(a.x.view()).c_str());
    requireAffine(p, a.gamma, a.x, axes, "gamma");
    p.requireSameShape(a.x, a.y, "yOut");
    REQUIRE(p, a.y.dtype() == a.x.dtype(), "yOut is %s; expected %s", nameOf(a.y.dtype()),
            nameOf(a.x.dtype()));
    REQUIRE(p, a.rstd.dtype() == ACL_FLOAT, "rstdOut is %s; expected fp32", nameOf(a.rstd.dtype()));
    requireStatisticShape(p, a.rstd, a.x, axes, "rstdOut");

    const Rows from(p, a.x, axes), to(p, a.y, axes);
    const Rows residual = a.residual ? Rows(p, a.residual, axes) : Rows();
    const Rows sum = a.sum ? Rows(p, a.sum, axes) : Rows();
    const Statistics rstds(p, a.rstd);
    p.compute([=](const Run& run) {
        kernels::RmsNormArgs args;
        args.x = from.forReading(run);
        args.out = to.forWriting(run);
        if (residual.argument) args.residual = residual.forReading(run);
        if (sum.argument) args.sum = sum.forWriting(run);
        args.gamma = run[a.gamma].data;
        args.gammaDtype = run[a.gamma].dtype;
        args.rstd = rstds.where(run);
        args.epsilon = a.epsilon;
        kernels::active().rmsNorm(args);
        to.finishWriting(run);
        if (sum.argument) sum.finishWriting(run);
        rstds.finish(run);
    });
}

}  // namespace

aclnnStatus aclnnRmsNormGetWorkspaceSize(const aclTensor* x, const aclTensor* gamma, double epsilon,
                                         aclTensor* yOut, aclTensor* rstdOut, uint64_t* workspaceSize,
                                         aclOpExecutor** executor) {
    return plan("aclnnRmsNorm", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        RmsArguments a{};
        a.x = p.input(x, "x", kFloats);
        a.gamma = p.input(gamma, "gamma", kFloats);
        a.y = p.output(yOut, "yOut", kFloats);
        a.rstd = p.output(rstdOut, "rstdOut", kFloats);
        a.epsilon = epsilon;
        REQUIRE(p, a.gamma.dtype() == a.x.dtype() || a.gamma.dtype() == ACL_FLOAT,
                "gamma is %s; expected %s or fp32", nameOf(a.gamma.dtype()), nameOf(a.x.dtype()));
        planRms(p, a);
    });
}

aclnnStatus aclnnAddRmsNormGetWorkspaceSize(const aclTensor* x1, const aclTensor* x2, const aclTensor* gamma,
                                            double epsilon, aclTensor* yOut, aclTensor* rstdOut,
                                            aclTensor* xOut, uint64_t* workspaceSize,
                                            aclOpExecutor** executor) {
    return plan("aclnnAddRmsNorm", Core::Vector, workspaceSize, executor, [&](Plan& p) {
        RmsArguments a{};
        a.x = p.input(x1, "x1", kFloats);
        a.residual = p.input(x2, "x2", kFloats);
        a.gamma = p.input(gamma, "gamma", kFloats);
        a.y = p.output(yOut, "yOut", kFloats);
        a.rstd = p.output(rstdOut, "rstdOut", kFloats);
        a.sum = p.output(xOut, "xOut", kFloats);
        a.epsilon = epsilon;
        REQUIRE(p,
                a.residual.dtype() == a.x.dtype() && a.gamma.dtype() == a.x.dtype() &&
                    a.sum.dtype() == a.x.dtype(),
                "x1, x2, gamma and xOut must have one type: %s, %s, %s, %s", nameOf(a.x.dtype()),
                nameOf(a.residual.dtype()), nameOf(a.gamma.dtype()), nameOf(a.sum.dtype()));
        p.requireSameShape(a.x, a.residual, "x2");
        p.requireSameShape(a.x, a.sum, "xOut");
        planRms(p, a);
    });
}
