#include <cmath>
#include <type_traits>

#include "../row_io.h"
#include "../strided_rows.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

constexpr int64_t kPiece = 512;

/** Formulas of UnaryOp; tanh-form constants as in the Gelu definition. */
template <class F>
F apply(UnaryOp op, F x) {
    switch (op) {
        case UnaryOp::Neg:
            return -x;
        case UnaryOp::Abs:
            return std::fabs(x);
        case UnaryOp::Sqrt:
            return std::sqrt(x);
        case UnaryOp::Exp:
            return std::exp(x);
        case UnaryOp::Log:
            return std::log(x);
        case UnaryOp::Log10:
            return std::log10(x);
        case UnaryOp::Sin:
            return std::sin(x);
        case UnaryOp::Cos:
            return std::cos(x);
        case UnaryOp::Erf:
            return std::erf(x);
        case UnaryOp::Relu:
            return x > 0 || x != x ? x : F(0);
        case UnaryOp::Sigmoid:
            return 1 / (1 + std::exp(-x));
        case UnaryOp::Tanh:
            return std::tanh(x);
        case UnaryOp::Silu:
            return x / (1 + std::exp(-x));
        case UnaryOp::GeluErf:
            return F(0.5) * x * std::erfc(-x * F(0.70710678118654752440));
        case UnaryOp::GeluTanh:
            // x / 2 * (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2 / pi) * (x + 0.044715 x^3)
            return x / (1 + std::exp(F(-2 * 0.79788456080286535588) * (x + F(0.044715) * x * x * x)));
        case UnaryOp::FastGelu:
            return x / (1 + std::exp(F(-1.702) * x));
    }
    return x;
}

int64_t applyInteger(UnaryOp op, int64_t x) {
    if (op == UnaryOp::Relu) return x > 0 ? x : 0;
    if (op == UnaryOp::Abs) return x < 0 ? -x : x;
    return -x;
}

template <class C>
void unaryAs(const UnaryArgs& args) {
    const StridedRows<2> space({&args.out, &args.self});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        C row[kPiece];
        loadRow(args.self.data, args.self.dtype, at[1], space.inner[1], count, row);
        for (int64_t i = 0; i < count; ++i) {
            if constexpr (std::is_integral_v<C>)
                row[i] = applyInteger(args.op, row[i]);
            else
                row[i] = apply(args.op, row[i]);
        }
        storeRow(row, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

template <class C>
C apply(BinaryOp op, C a, C b, C alpha) {
    switch (op) {
        case BinaryOp::Add:
            return a + alpha * b;
        case BinaryOp::Sub:
            return a - alpha * b;
        case BinaryOp::Mul:
            return a * b;
        case BinaryOp::Div:
            return b != 0 || !std::is_integral_v<C> ? a / b : C(0);
        case BinaryOp::Maximum:
            return a > b || a != a ? a : b;
        case BinaryOp::Minimum:
            return a < b || a != a ? a : b;
        case BinaryOp::Less:
            return C(a < b);
        case BinaryOp::Greater:
            return C(a > b);
    }
    return a;
}

template <class C>
C valueOf(const Scalar& scalar) {
    if constexpr (std::is_integral_v<C>)
        return scalar.isInteger ? scalar.integer : static_cast<C>(scalar.real);
    else
        return static_cast<C>(scalar.real);
}

template <class C>
void binaryAs(const BinaryArgs& args) {
    const StridedRows<3> space({&args.out, &args.self, &args.other});
    const C alpha = valueOf<C>(args.alpha);
    forEachPiece(space, kPiece, [&](const int64_t (&at)[3], int64_t count) {
        C a[kPiece], b[kPiece];
        loadRow(args.self.data, args.self.dtype, at[1], space.inner[1], count, a);
        loadRow(args.other.data, args.other.dtype, at[2], space.inner[2], count, b);
        for (int64_t i = 0; i < count; ++i) a[i] = apply(args.op, a[i], b[i], alpha);
        storeRow(a, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

template <class C>
void scalarBinaryAs(const ScalarBinaryArgs& args) {
    const StridedRows<2> space({&args.out, &args.self});
    const C other = valueOf<C>(args.other), alpha = valueOf<C>(args.alpha);
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        C a[kPiece];
        loadRow(args.self.data, args.self.dtype, at[1], space.inner[1], count, a);
        for (int64_t i = 0; i < count; ++i) a[i] = apply(args.op, a[i], other, alpha);
        storeRow(a, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

}  // namespace

void unary(const UnaryArgs& args) {
    const bool keepsIntegers = args.op == UnaryOp::Neg || args.op == UnaryOp::Abs || args.op == UnaryOp::Relu;
    if (args.self.dtype == kFloat64 || args.out.dtype == kFloat64)
        unaryAs<double>(args);
    else if (keepsIntegers && !isFloating(args.self.dtype))
        unaryAs<int64_t>(args);
    else
        unaryAs<float>(args);
}

void binary(const BinaryArgs& args) {
    const int self = args.self.dtype, other = args.other.dtype, out = args.out.dtype;
    if (self == kFloat64 || other == kFloat64 || out == kFloat64)
        binaryAs<double>(args);
    else if (args.op != BinaryOp::Div && !isFloating(self) && !isFloating(other) && !isFloating(out))
        binaryAs<int64_t>(args);
    else
        binaryAs<float>(args);
}

void scalarBinary(const ScalarBinaryArgs& args) {
    const int self = args.self.dtype, out = args.out.dtype;
    const bool integers = args.other.isInteger && (args.alpha.isInteger || args.op == BinaryOp::Mul ||
                                                   args.op == BinaryOp::Less || args.op == BinaryOp::Greater);
    if (self == kFloat64 || out == kFloat64)
        scalarBinaryAs<double>(args);
    else if (args.op != BinaryOp::Div && integers && !isFloating(self) && !isFloating(out))
        scalarBinaryAs<int64_t>(args);
    else
        scalarBinaryAs<float>(args);
}

}  // namespace hostacl::kernels::scalar
