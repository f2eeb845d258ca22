// Compares every kernel set that runs on this machine with the scalar reference, without the runtime.
//
// tests/kernel_sets.py runs it. The other tests compare the operators of each set with NumPy, through the C
// ABI; this program also runs on machines that they do not reach. NEON on an x86 machine, from
// native/hostacl:
//   aarch64-linux-gnu-g++ -std=c++20 -O2 -static -I kernels -o compare_sets
//       tests/compare_sets.cpp kernels/*.cpp kernels/scalar/*.cpp kernels/neon/*.cpp
//   qemu-aarch64 ./compare_sets
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "kernels.h"
#include "row_io.h"

// The runtime's own take their place where it is linked.
namespace hostacl::kernels {
[[gnu::weak]] void parallelFor(int64_t count, int64_t, LoopBody body, void* context) {
    body(context, 0, count);
}
[[gnu::weak]] int64_t parallelWidth() {
    return 1;
}
}  // namespace hostacl::kernels

namespace {

using namespace hostacl::kernels;

std::mt19937 generator(7);

/** A contiguous tensor that owns its memory. */
struct Tensor {
    std::vector<char> memory;
    View view;

    Tensor(int dtype, std::vector<int64_t> dims) {
        view.dtype = dtype;
        view.rank = static_cast<int>(dims.size());
        int64_t stride = 1;
        for (int d = view.rank - 1; d >= 0; --d) {
            view.dims[d] = dims[d];
            view.strides[d] = stride;
            stride *= dims[d];
        }
        memory.assign(stride * 8 + 64, 0);
        view.data = memory.data();
    }
    Tensor& random(double deviation = 1) {
        std::normal_distribution<float> normal(0, static_cast<float>(deviation));
        std::vector<float> values(elementCount(view));
        for (float& value : values) value = normal(generator);
        storeRow(values.data(), view.data, view.dtype, 0, 1, elementCount(view));
        return *this;
    }
    std::vector<float> values() const {
        std::vector<float> result(elementCount(view));
        loadRow(view.data, view.dtype, 0, 1, elementCount(view), result.data());
        return result;
    }
};

int failures = 0;

/** Checks |got - expected| <= tolerance * (1 + |expected|), tolerance widened to the output dtype's rounding.
 */
void compare(const KernelSet& set, const std::string& what, const Tensor& got, const Tensor& expected,
             double tolerance) {
    if (got.view.dtype == kBFloat16) tolerance = std::max(tolerance, 0x1p-7);
    if (got.view.dtype == kFloat16) tolerance = std::max(tolerance, 0x1p-10);
    const std::vector<float> a = got.values(), b = expected.values();
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
        const double error = std::fabs(double(a[i]) - b[i]) / (1 + std::fabs(b[i]));
        worst = error > worst || error != error ? (error != error ? INFINITY : error) : worst;
    }
    if (worst <= tolerance) return;
    ++failures;
    std::printf("FAILED %s %s dtype %d: error %.3g, allowed %.3g\n", set.name, what.c_str(), got.view.dtype,
                worst, tolerance);
}

constexpr int kFloats[] = {kFloat32, kFloat16, kBFloat16};
constexpr struct {
    int64_t m, n, k;
} kProducts[] = {{1, 5, 7}, {3, 70, 100}, {17, 33, 257}, {66, 40, 96}};
constexpr struct {
    int64_t queries, keys, heads, keyHeads, depth;
} kAttentions[] = {{1, 130, 4, 2, 64}, {40, 70, 2, 2, 80}, {100, 100, 4, 1, 128}};

void matmuls(const KernelSet& set, const KernelSet& reference) {
    for (int dtype : kFloats) {
        for (const auto& [m, n, k] : kProducts) {
            Tensor a(dtype, {m, k}), b(dtype, {n, k}), bias(dtype, {n}), got(dtype, {m, n}),
                expected(dtype, {m, n});
            a.random(), b.random(0.1), bias.random();
            MatmulArgs args;
            args.m = m, args.n = n, args.k = k;
            args.aDtype = args.bDtype = args.cDtype = args.biasDtype = dtype;
            args.a = a.view.data, args.b = b.view.data, args.bias = bias.view.data;
            args.aRowStride = args.bColStride = k, args.cRowStride = n;
            args.c = got.view.data;
            set.matmul(args);
            args.c = expected.view.data;
            reference.matmul(args);
            compare(set, "matmul", got, expected, 2e-5);
            if (dtype == kFloat32) continue;
            Tensor q(kInt8, {n, k}), scale(dtype, {(k + 31) / 32, n});
            q.random(40), scale.random(0.01);
            const int64_t grouped = k > 32 ? 32 : 0;
            WeightQuantisation quantisation{scale.view.data, nullptr, dtype, grouped, n, 1};
            args.quantisation = &quantisation;
            args.b = q.view.data;
            for (int weight : {kInt8, kInt4}) {
                args.bDtype = weight;
                args.bColStride = k / 2 * 2;
                args.k = k / 2 * 2;
                args.c = got.view.data;
                set.matmul(args);
                args.c = expected.view.data;
                reference.matmul(args);
                // With grouped scales AMX rounds each dequantised weight to bf16, as the device does.
                compare(set, weight == kInt8 ? "matmul int8" : "matmul int4", got, expected,
                        grouped ? 0.05 : 1e-3);
            }
        }
    }
}

void attentions(const KernelSet& set, const KernelSet& reference) {
    for (int dtype : kFloats) {
        for (const auto& [queries, keys, heads, keyHeads, depth] : kAttentions) {
            Tensor q(dtype, {queries, heads, depth}), k(dtype, {keys, keyHeads, depth}),
                v(dtype, {keys, keyHeads, depth});
            Tensor got(dtype, {queries, heads, depth}), expected(dtype, {queries, heads, depth});
            q.random(), k.random(), v.random();
            AttentionSequence sequence;
            sequence.query = q.view.data, sequence.key = k.view.data, sequence.value = v.view.data;
            sequence.queryLength = queries, sequence.keyLength = keys;
            sequence.lowest = -keys - queries, sequence.highest = keys - queries;
            AttentionArgs args;
            args.dtype = dtype, args.queryHeads = heads, args.keyHeads = keyHeads;
            args.headDim = args.valueDim = depth, args.scale = 1 / std::sqrt(float(depth));
            args.queryRowStride = args.outRowStride = heads * depth;
            args.keyRowStride = args.valueRowStride = keyHeads * depth;
            args.queryHeadStride = args.outHeadStride = args.keyHeadStride = args.valueHeadStride = depth;
            args.sequenceCount = 1, args.sequences = &sequence;
            sequence.out = got.view.data;
            set.attention(args);
            sequence.out = expected.view.data;
            reference.attention(args);
            compare(set, "attention", got, expected, 1e-5);
        }
    }
}

void elementwise(const KernelSet& set, const KernelSet& reference) {
    for (int dtype : kFloats) {
        Tensor x(dtype, {7, 301}), y(dtype, {7, 301}), got(dtype, {7, 301}), expected(dtype, {7, 301});
        x.random(3), y.random();
        for (int op = 0; op <= static_cast<int>(UnaryOp::FastGelu); ++op) {
            set.unary({static_cast<UnaryOp>(op), x.view, got.view});
            reference.unary({static_cast<UnaryOp>(op), x.view, expected.view});
            compare(set, "unary " + std::to_string(op), got, expected, 1e-6);
        }
        for (int op = 0; op <= static_cast<int>(BinaryOp::Minimum); ++op) {
            const Scalar alpha = Scalar::ofReal(0.5);
            set.binary({static_cast<BinaryOp>(op), x.view, y.view, got.view, alpha});
            reference.binary({static_cast<BinaryOp>(op), x.view, y.view, expected.view, alpha});
            compare(set, "binary " + std::to_string(op), got, expected, 1e-6);
            set.scalarBinary({static_cast<BinaryOp>(op), x.view, got.view, Scalar::ofReal(1.5), alpha});
            reference.scalarBinary(
                {static_cast<BinaryOp>(op), x.view, expected.view, Scalar::ofReal(1.5), alpha});
            compare(set, "scalar binary " + std::to_string(op), got, expected, 1e-6);
        }
        for (int to : kFloats) {
            Tensor gotCast(to, {7, 301}), expectedCast(to, {7, 301});
            set.copy({x.view, gotCast.view});
            reference.copy({x.view, expectedCast.view});
            if (std::memcmp(gotCast.view.data, expectedCast.view.data, 7 * 301 * elementSize(to)) != 0) {
                ++failures;
                std::printf("FAILED %s copy %d to %d: bits differ\n", set.name, dtype, to);
            }
        }
    }
}

void rows(const KernelSet& set, const KernelSet& reference) {
    for (int dtype : kFloats) {
        Tensor x(dtype, {5, 203}), weight(dtype, {203}), bias(dtype, {203}), got(dtype, {5, 203}),
            expected(dtype, {5, 203});
        x.random(2), weight.random(), bias.random();
        LayerNormArgs layer{x.view, got.view, weight.view.data, bias.view.data, dtype};
        set.layerNorm(layer);
        layer.out = expected.view;
        reference.layerNorm(layer);
        compare(set, "layer norm", got, expected, 2e-6);
        RmsNormArgs rms{x.view, got.view, x.view, {}, weight.view.data, dtype};
        set.rmsNorm(rms);
        rms.out = expected.view;
        reference.rmsNorm(rms);
        compare(set, "add rms norm", got, expected, 2e-6);
        for (bool logarithm : {false, true}) {
            set.softmax({x.view, got.view, 1, logarithm});
            reference.softmax({x.view, expected.view, 1, logarithm});
            compare(set, "softmax", got, expected, 2e-6);
        }
        Tensor heads(dtype, {6, 1, 3, 64}), turned(dtype, {6, 1, 3, 64}),
            turnedExpected(dtype, {6, 1, 3, 64});
        Tensor cos(dtype, {6, 1, 1, 64}), sin(dtype, {6, 1, 1, 64});
        heads.random(), cos.random(), sin.random();
        RopeArgs rope{heads.view, cos.view, sin.view, turned.view, {}, 64};
        rope.cos.strides[2] = rope.sin.strides[2] = 0;
        set.rope(rope);
        rope.out = turnedExpected.view;
        reference.rope(rope);
        compare(set, "rope", turned, turnedExpected, 1e-6);
    }
}

}  // namespace

int main() {
    const KernelSet& reference = *byName("scalar");
    std::string name;
    for (std::stringstream names(availableNames()); std::getline(names, name, ',');) {
        const KernelSet& set = *byName(name.c_str());
        matmuls(set, reference);
        attentions(set, reference);
        elementwise(set, reference);
        rows(set, reference);
    }
    std::printf("%s: %d failures\n", availableNames(), failures);
    return failures == 0 ? 0 : 1;
}
