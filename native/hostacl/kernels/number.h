// Storage types and their exact conversions.
//
// The functions have internal linkage: instruction-set files include it under their own compiler flags, and
// a shared inline function compiled with AVX-512 must never be the copy that the linker keeps for everybody.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace hostacl::kernels {

struct BFloat16 {
    uint16_t bits;
};
struct Float16 {
    uint16_t bits;
};
struct Bool {
    uint8_t bits;
};

namespace {

template <class To, class From>
inline To bitsOf(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

inline float toFloat(BFloat16 value) {
    return bitsOf<float>(static_cast<uint32_t>(value.bits) << 16);
}

/** Round to nearest even; NaN stays NaN (quiet). */
inline BFloat16 toBFloat16(float value) {
    uint32_t bits = bitsOf<uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40)};
    bits += 0x7fffu + ((bits >> 16) & 1);
    return {static_cast<uint16_t>(bits >> 16)};
}

inline float toFloat(Float16 value) {
    const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000) << 16;
    const uint32_t exponent = (value.bits >> 10) & 31, fraction = value.bits & 1023;
    if (exponent == 31) return bitsOf<float>(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0) return bitsOf<float>(sign | (exponent + 112) << 23 | fraction << 13);
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return bitsOf<float>(sign | bitsOf<uint32_t>(magnitude));
}

/** Round to nearest even, overflow to infinity, subnormals kept. */
inline Float16 toFloat16(float value) {
    const uint32_t bits = bitsOf<uint32_t>(value);
    const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return {static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff))};
    if (magnitude >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00)};  // >= 65520
    if (magnitude < 0x38800000u) {                                                // < 2^-14: subnormal
        // Adding 0.5 places the rounding at 2^-24, the spacing of half-precision subnormals.
        const float shifted = bitsOf<float>(magnitude) + 0.5f;
        return {static_cast<uint16_t>(sign | (bitsOf<uint32_t>(shifted) - bitsOf<uint32_t>(0.5f)))};
    }
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1);
    return {static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13))};
}

/** The number in a storage element, as float, double or int64_t. */
template <class C, class T>
inline C fromStorage(T value) {
    if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>) {
        return fromStorage<C>(toFloat(value));
    } else if constexpr (std::is_same_v<T, Bool>) {
        return static_cast<C>(value.bits != 0);
    } else if constexpr (std::is_floating_point_v<T> && std::is_integral_v<C>) {
        if (value != value) return 0;
        constexpr T limit = static_cast<T>(0x1p63);
        if (value >= limit) return std::numeric_limits<C>::max();
        if (value < -limit) return std::numeric_limits<C>::min();
        return static_cast<C>(value);
    } else {
        return static_cast<C>(value);
    }
}

/** A float, double or int64_t as a storage element: nearest even, or truncated and saturated to integers. */
template <class T, class C>
inline T toStorage(C value) {
    if constexpr (std::is_same_v<T, BFloat16>) {
        return toBFloat16(static_cast<float>(value));
    } else if constexpr (std::is_same_v<T, Float16>) {
        return toFloat16(static_cast<float>(value));
    } else if constexpr (std::is_same_v<T, Bool>) {
        return {static_cast<uint8_t>(value != 0)};
    } else if constexpr (std::is_integral_v<T> && std::is_floating_point_v<C>) {
        if (value != value) return 0;
        constexpr C low = static_cast<C>(std::numeric_limits<T>::min());
        constexpr C high = static_cast<C>(std::numeric_limits<T>::max());  // rounds up for 32 and 64 bits
        if (value <= low) return std::numeric_limits<T>::min();
        if (value >= high) return std::numeric_limits<T>::max();
        return static_cast<T>(value);
    } else {
        return static_cast<T>(value);
    }
}

}  // namespace
}  // namespace hostacl::kernels
