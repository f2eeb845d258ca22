// Vector forms of the elementary functions; relative errors were measured against fp64 (tests/ops_math.py).
// Polynomials are minimax fits in fp32 of the functions named beside them.
#pragma once

namespace hostacl::kernels::vector {
namespace {

/** c[0] + c[1] x + ... by Horner's rule. */
template <class Simd, int N>
inline typename Simd::F polynomial(const float (&c)[N], typename Simd::F x) {
    typename Simd::F sum = Simd::set(c[N - 1]);
    for (int i = N - 2; i >= 0; --i) sum = Simd::fma(sum, x, Simd::set(c[i]));
    return sum;
}

/** e^x, relative error below 2e-7; results below 2^-126 become 0, overflow gives infinity, NaN stays. */
template <class Simd>
inline typename Simd::F exp(typename Simd::F x) {
    using F = typename Simd::F;
    // (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2
    static constexpr float kTail[] = {0.4999999341f, 0.1666652011f, 0.04166839421f, 0.008368780409f,
                                      0.001381446695f};
    const F smallest = Simd::set(-87.33654f);
    const F clamped = Simd::min(Simd::set(89.f), Simd::max(Simd::set(-88.f), x));
    const F n = Simd::round(Simd::mul(clamped, Simd::set(1.44269504f)));
    F r = Simd::fnma(n, Simd::set(0.693145752f), clamped);  // ln 2 in two parts
    r = Simd::fnma(n, Simd::set(1.42860677e-6f), r);
    const F tail = Simd::mul(polynomial<Simd>(kTail, r), Simd::mul(r, r));
    const F value = Simd::add(Simd::set(1.f), Simd::add(r, tail));
    return Simd::select(Simd::less(x, smallest), Simd::zero(), Simd::scaleByPowerOf2(value, n));
}

/** Natural logarithm, relative error below 2e-7; log(0) = -infinity, negative gives NaN. */
template <class Simd>
inline typename Simd::F log(typename Simd::F x) {
    using F = typename Simd::F;
    // (log(1 + f) - f + f^2 / 2) / f^3 on sqrt(1/2) - 1 <= f <= sqrt(2) - 1
    static constexpr float kTail[] = {0.3333333171f, -0.2500082103f, 0.2000122689f, -0.1662335741f,
                                      0.1420175774f, -0.1316018153f, 0.1276157862f, -0.07634500773f};
    const auto subnormal = Simd::less(x, Simd::set(0x1p-126f));
    const F scaled = Simd::select(subnormal, Simd::mul(x, Simd::set(0x1p24f)), x);
    F m, e;
    Simd::splitExponent(scaled, m, e);
    e = Simd::select(subnormal, Simd::sub(e, Simd::set(24.f)), e);
    const auto high = Simd::less(Simd::set(1.41421356f), m);
    m = Simd::select(high, Simd::mul(m, Simd::set(0.5f)), m);
    e = Simd::select(high, Simd::add(e, Simd::set(1.f)), e);
    const F f = Simd::sub(m, Simd::set(1.f));
    const F f2 = Simd::mul(f, f);
    F tail = Simd::mul(polynomial<Simd>(kTail, f), Simd::mul(f2, f));
    tail = Simd::fma(e, Simd::set(1.42860677e-6f), Simd::fnma(Simd::set(0.5f), f2, tail));
    F result = Simd::fma(e, Simd::set(0.693145752f), Simd::add(f, tail));
    const F infinity = Simd::set(__builtin_inff());
    result = Simd::select(Simd::equal(x, infinity), infinity, result);
    result = Simd::select(Simd::equal(x, Simd::zero()), Simd::negate(infinity), result);
    const F nan = Simd::set(__builtin_nanf(""));
    result = Simd::select(Simd::less(x, Simd::zero()), nan, result);
    return Simd::select(Simd::isNan(x), x, result);
}

/** erfc(t) for t >= 0, relative error below 1e-6 down to 1e-37. */
template <class Simd>
inline typename Simd::F erfcOfPositive(typename Simd::F t) {
    using F = typename Simd::F;
    // erfc(t) e^(t^2) / u with u = 2 / (2 + t), for 0 <= t <= 11
    static constexpr float kScaled[] = {0.2820850235f,  0.2823997903f,   0.2429256049f,
                                        0.2033916237f,  -0.02829037702f, 0.2804818013f,
                                        -0.4893085848f, 0.2855923448f,   -0.05927727038f};
    const F u = Simd::div(Simd::set(2.f), Simd::add(Simd::set(2.f), t));
    const F square = Simd::mul(t, t);
    const F rest = Simd::fnma(t, t, square);  // square - t^2 exactly; e^(-t^2) = e^(-square) (1 + rest)
    const F gauss = exp<Simd>(Simd::negate(square));
    const F corrected = Simd::select(Simd::equal(gauss, Simd::zero()), gauss, Simd::fma(gauss, rest, gauss));
    return Simd::mul(Simd::mul(polynomial<Simd>(kScaled, u), u), corrected);
}

/** erf, relative error below 3e-7. */
template <class Simd>
inline typename Simd::F erf(typename Simd::F x) {
    using F = typename Simd::F;
    // erf(x) / x in x^2 on |x| <= 1
    static constexpr float kSmall[] = {1.128379166f,    -0.3761262714f,    0.1128360018f,  -0.02685444465f,
                                       0.005189535456f, -0.0008020842312f, 7.889122968e-5f};
    const F t = Simd::abs(x);
    const F small = Simd::mul(x, polynomial<Simd>(kSmall, Simd::mul(x, x)));
    const F large = Simd::copySign(Simd::sub(Simd::set(1.f), erfcOfPositive<Simd>(t)), x);
    return Simd::select(Simd::less(t, Simd::set(1.f)), small, large);
}

/** tanh, relative error below 4e-7. */
template <class Simd>
inline typename Simd::F tanh(typename Simd::F x) {
    using F = typename Simd::F;
    // tanh(x) / x in x^2 on x^2 <= 0.4
    static constexpr float kSmall[] = {0.9999998877f, -0.3333188528f, 0.1330334049f, -0.05176124235f,
                                       0.01495829886f};
    const F square = Simd::mul(x, x);
    const F small = Simd::mul(x, polynomial<Simd>(kSmall, square));
    const F grown = exp<Simd>(Simd::mul(Simd::set(2.f), Simd::abs(x)));
    const F one = Simd::set(1.f);
    const F large = Simd::sub(one, Simd::div(Simd::set(2.f), Simd::add(grown, one)));
    return Simd::select(Simd::less(square, Simd::set(0.4f)), small, Simd::copySign(large, x));
}

/** 1 / (1 + e^-x). */
template <class Simd>
inline typename Simd::F sigmoid(typename Simd::F x) {
    const typename Simd::F one = Simd::set(1.f);
    return Simd::div(one, Simd::add(one, exp<Simd>(Simd::negate(x))));
}

/** x / (1 + e^(-slope(x))): silu, and the sigmoid forms of GELU. */
template <class Simd>
inline typename Simd::F gated(typename Simd::F x, typename Simd::F slope) {
    return Simd::div(x, Simd::add(Simd::set(1.f), exp<Simd>(Simd::negate(slope))));
}

/** x / 2 * (1 + erf(x / sqrt 2)) through erfc, so that the negative tail keeps its relative accuracy. */
template <class Simd>
inline typename Simd::F geluErf(typename Simd::F x) {
    using F = typename Simd::F;
    const F t = Simd::mul(Simd::abs(x), Simd::set(0.707106781f));
    const F half = Simd::mul(Simd::set(0.5f), erfcOfPositive<Simd>(t));
    return Simd::mul(x, Simd::select(Simd::less(x, Simd::zero()), half, Simd::sub(Simd::set(1.f), half)));
}

/** x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x / (1 + e^(-2u)). */
template <class Simd>
inline typename Simd::F geluTanh(typename Simd::F x) {
    using F = typename Simd::F;
    const F cubic = Simd::fma(Simd::mul(Simd::mul(x, x), Simd::set(0.044715f)), x, x);
    return gated<Simd>(x, Simd::mul(Simd::set(1.59576912f), cubic));
}

}  // namespace
}  // namespace hostacl::kernels::vector
