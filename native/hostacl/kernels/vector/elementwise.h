// Element-wise operators on float tensors; everything else goes to the scalar set.
#pragma once

#include "../scalar/scalar.h"
#include "../strided_rows.h"
#include "math.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/** Elements that are widened, computed and narrowed at a time; fits the L1 cache three times over. */
constexpr int64_t kPiece = 1024;

inline bool isShortFloat(int dtype) {
    return dtype == kFloat32 || dtype == kBFloat16 || dtype == kFloat16;
}

/** row[i] = change(row[i]) in whole vectors: up to kLanes - 1 elements beyond `count` change too. */
template <class Simd, class Change>
inline void mapRow(float* row, int64_t count, Change&& change) {
    for (int64_t i = 0; i < count; i += Simd::kLanes) Simd::store(row + i, change(Simd::load(row + i)));
}

template <class Simd, class Change>
inline void mapUnary(const UnaryArgs& args, Change change) {
    const StridedRows<2> space({&args.out, &args.self});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        alignas(64) float row[kPiece];
        load<Simd>(args.self.data, args.self.dtype, at[1], space.inner[1], count, row);
        mapRow<Simd>(row, count, change);
        store<Simd>(row, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

template <class Simd>
inline void unary(const UnaryArgs& args) {
    using F = typename Simd::F;
    if (!isShortFloat(args.self.dtype) || !isShortFloat(args.out.dtype)) return scalar::unary(args);
    switch (args.op) {
        case UnaryOp::Neg:
            return mapUnary<Simd>(args, [](F x) { return Simd::negate(x); });
        case UnaryOp::Abs:
            return mapUnary<Simd>(args, [](F x) { return Simd::abs(x); });
        case UnaryOp::Sqrt:
            return mapUnary<Simd>(args, [](F x) { return Simd::sqrt(x); });
        case UnaryOp::Exp:
            return mapUnary<Simd>(args, [](F x) { return exp<Simd>(x); });
        case UnaryOp::Log:
            return mapUnary<Simd>(args, [](F x) { return log<Simd>(x); });
        case UnaryOp::Log10:
            return mapUnary<Simd>(args, [](F x) { return Simd::mul(log<Simd>(x), Simd::set(0.434294482f)); });
        case UnaryOp::Erf:
            return mapUnary<Simd>(args, [](F x) { return erf<Simd>(x); });
        case UnaryOp::Relu:
            return mapUnary<Simd>(args, [](F x) { return Simd::max(Simd::zero(), x); });
        case UnaryOp::Sigmoid:
            return mapUnary<Simd>(args, [](F x) { return sigmoid<Simd>(x); });
        case UnaryOp::Tanh:
            return mapUnary<Simd>(args, [](F x) { return tanh<Simd>(x); });
        case UnaryOp::Silu:
            return mapUnary<Simd>(args, [](F x) { return gated<Simd>(x, x); });
        case UnaryOp::GeluErf:
            return mapUnary<Simd>(args, [](F x) { return geluErf<Simd>(x); });
        case UnaryOp::GeluTanh:
            return mapUnary<Simd>(args, [](F x) { return geluTanh<Simd>(x); });
        case UnaryOp::FastGelu:
            return mapUnary<Simd>(args, [](F x) { return gated<Simd>(x, Simd::mul(x, Simd::set(1.702f))); });
        case UnaryOp::Sin:
        case UnaryOp::Cos:
            return scalar::unary(args);
    }
}

/** The larger (or smaller) of a and b; NaN in either wins. */
template <class Simd>
inline typename Simd::F extreme(typename Simd::F a, typename Simd::F b, bool largest) {
    const typename Simd::F chosen = largest ? Simd::max(a, b) : Simd::min(a, b);
    return Simd::select(Simd::isNan(a), a, chosen);
}

/** visit(f) with f(a, b) the vector form of `op`; false when there is none. */
template <class Simd, class Visit>
inline bool visitBinary(BinaryOp op, float alpha, Visit&& visit) {
    using F = typename Simd::F;
    const F factor = Simd::set(alpha);
    switch (op) {
        case BinaryOp::Add:
            if (alpha == 1)
                visit([](F a, F b) { return Simd::add(a, b); });
            else
                visit([=](F a, F b) { return Simd::fma(factor, b, a); });
            return true;
        case BinaryOp::Sub:
            visit([=](F a, F b) { return Simd::fnma(factor, b, a); });
            return true;
        case BinaryOp::Mul:
            visit([](F a, F b) { return Simd::mul(a, b); });
            return true;
        case BinaryOp::Div:
            visit([](F a, F b) { return Simd::div(a, b); });
            return true;
        case BinaryOp::Maximum:
            visit([](F a, F b) { return extreme<Simd>(a, b, true); });
            return true;
        case BinaryOp::Minimum:
            visit([](F a, F b) { return extreme<Simd>(a, b, false); });
            return true;
        default:
            return false;
    }
}

template <class Simd>
inline void binary(const BinaryArgs& args) {
    const bool floats =
        isShortFloat(args.self.dtype) && isShortFloat(args.other.dtype) && isShortFloat(args.out.dtype);
    const StridedRows<3> space({&args.out, &args.self, &args.other});
    const bool done =
        floats && visitBinary<Simd>(args.op, static_cast<float>(args.alpha.real), [&](auto change) {
            forEachPiece(space, kPiece, [&](const int64_t (&at)[3], int64_t count) {
                alignas(64) float a[kPiece], b[kPiece];
                load<Simd>(args.self.data, args.self.dtype, at[1], space.inner[1], count, a);
                load<Simd>(args.other.data, args.other.dtype, at[2], space.inner[2], count, b);
                for (int64_t i = 0; i < count; i += Simd::kLanes)
                    Simd::store(a + i, change(Simd::load(a + i), Simd::load(b + i)));
                store<Simd>(a, args.out.data, args.out.dtype, at[0], space.inner[0], count);
            });
        });
    if (!done) scalar::binary(args);
}

template <class Simd>
inline void scalarBinary(const ScalarBinaryArgs& args) {
    const bool floats = isShortFloat(args.self.dtype) && isShortFloat(args.out.dtype);
    const StridedRows<2> space({&args.out, &args.self});
    const typename Simd::F other = Simd::set(static_cast<float>(args.other.real));
    const bool done =
        floats && visitBinary<Simd>(args.op, static_cast<float>(args.alpha.real), [&](auto change) {
            forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
                alignas(64) float row[kPiece];
                load<Simd>(args.self.data, args.self.dtype, at[1], space.inner[1], count, row);
                mapRow<Simd>(row, count, [&](typename Simd::F x) { return change(x, other); });
                store<Simd>(row, args.out.data, args.out.dtype, at[0], space.inner[0], count);
            });
        });
    if (!done) scalar::scalarBinary(args);
}

template <class Simd>
inline void swiGlu(const SwiGluArgs& args) {
    View gate = args.x, up = args.x;
    gate.dims[args.dim] = up.dims[args.dim] = args.out.dims[args.dim];
    up.data = elementAddress(args.x.data, args.x.dtype, args.out.dims[args.dim] * args.x.strides[args.dim]);
    const StridedRows<3> space({&args.out, &gate, &up});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[3], int64_t count) {
        alignas(64) float g[kPiece], u[kPiece];
        load<Simd>(gate.data, gate.dtype, at[1], space.inner[1], count, g);
        load<Simd>(up.data, up.dtype, at[2], space.inner[2], count, u);
        for (int64_t i = 0; i < count; i += Simd::kLanes) {
            const typename Simd::F x = Simd::load(g + i);
            Simd::store(g + i, Simd::mul(gated<Simd>(x, x), Simd::load(u + i)));
        }
        store<Simd>(g, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

/** Casts between float types; copies of equal dtypes and all others are the scalar set's. */
template <class Simd>
inline void copy(const CopyArgs& args) {
    const int from = args.src.dtype, to = args.dst.dtype;
    if (from == to || !isShortFloat(from) || !isShortFloat(to)) return scalar::copy(args);
    const StridedRows<2> space({&args.dst, &args.src});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        alignas(64) float row[kPiece];
        load<Simd>(args.src.data, from, at[1], space.inner[1], count, row);
        store<Simd>(row, args.dst.data, to, at[0], space.inner[0], count);
    });
}

}  // namespace
}  // namespace hostacl::kernels::vector
