// AVX-512 as the `Simd` that the templates in vector/ are written against.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 reports the undefined pass-through operands inside its own AVX-512 intrinsics.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include "../number.h"

namespace hostacl::kernels::avx512 {

/**
 * Sixteen fp32 lanes. `part` variants touch the first `count` elements only (0 <= count <= kLanes) and read
 * zeros beyond. bf16 and fp16 round to nearest even and keep subnormals, bit for bit like number.h.
 */
struct Simd {
    using F = __m512;
    using Mask = __mmask16;
    static constexpr int kLanes = 16;
    static constexpr int kRowsOfDot = 6;  // accumulator tile of the dot kernels: rows x 4 columns
    static constexpr int kRowsOfOuter = 6, kVectorsOfOuter = 4;

    static __mmask16 first(int64_t count) { return static_cast<__mmask16>((1u << count) - 1); }

    static F zero() { return _mm512_setzero_ps(); }
    static F set(float value) { return _mm512_set1_ps(value); }
    static F load(const float* from) { return _mm512_loadu_ps(from); }
    static F loadPart(const float* from, int64_t count) { return _mm512_maskz_loadu_ps(first(count), from); }
    static void store(float* to, F v) { _mm512_storeu_ps(to, v); }
    static void storePart(float* to, F v, int64_t count) { _mm512_mask_storeu_ps(to, first(count), v); }

    static F load(const BFloat16* from) {
        return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    }
    static F loadPart(const BFloat16* from, int64_t count) {
        return widen(_mm256_maskz_loadu_epi16(first(count), from));
    }
    static void store(BFloat16* to, F v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrow(v)); }
    static void storePart(BFloat16* to, F v, int64_t count) {
        _mm256_mask_storeu_epi16(to, first(count), narrow(v));
    }

    static F load(const Float16* from) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    }
    static F loadPart(const Float16* from, int64_t count) {
        return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(count), from));
    }
    static void store(Float16* to, F v) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }
    static void storePart(Float16* to, F v, int64_t count) {
        _mm256_mask_storeu_epi16(to, first(count), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }

    static F load(const int8_t* from) {
        return _mm512_cvtepi32_ps(
            _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
    }
    static F loadPart(const int8_t* from, int64_t count) {
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(count), from)));
    }

    /** 32 signed 4-bit integers, the low nibble of each byte first. */
    static void unpackNibbles(const uint8_t* from, int8_t* to) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)),
                      mask = _mm_set1_epi8(15);
        const __m128i low = _mm_and_si128(bytes, mask), high = _mm_and_si128(_mm_srli_epi16(bytes, 4), mask);
        const __m128i eight = _mm_set1_epi8(8);
        const auto extend = [&](__m128i nibbles) {
            return _mm_sub_epi8(_mm_xor_si128(nibbles, eight), eight);
        };
        __m128i* out = reinterpret_cast<__m128i*>(to);
        _mm_storeu_si128(out, extend(_mm_unpacklo_epi8(low, high)));
        _mm_storeu_si128(out + 1, extend(_mm_unpackhi_epi8(low, high)));
    }

    static F add(F a, F b) { return _mm512_add_ps(a, b); }
    static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
    static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
    static F div(F a, F b) { return _mm512_div_ps(a, b); }
    static F sqrt(F a) { return _mm512_sqrt_ps(a); }
    /** a * b + c, rounded once. */
    static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
    /** c - a * b, rounded once. */
    static F fnma(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }
    /** The larger; `b` when either is NaN. */
    static F max(F a, F b) { return _mm512_max_ps(a, b); }
    static F min(F a, F b) { return _mm512_min_ps(a, b); }
    static F round(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    static F abs(F a) { return _mm512_abs_ps(a); }
    static F negate(F a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.f)); }
    /** |a| with the sign of b. */
    static F copySign(F a, F b) {
        const __m512i sign = _mm512_set1_epi32(static_cast<int>(0x80000000u));
        return _mm512_castsi512_ps(
            _mm512_ternarylogic_epi32(sign, _mm512_castps_si512(b), _mm512_castps_si512(a), 0xca));
    }

    static Mask less(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
    static Mask equal(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
    static Mask isNan(F a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
    static F select(Mask mask, F yes, F no) { return _mm512_mask_blend_ps(mask, no, yes); }
    static bool any(Mask mask) { return mask != 0; }

    /** a * 2^n for integral n; |n| <= 300. */
    static F scaleByPowerOf2(F a, F n) { return _mm512_scalef_ps(a, n); }
    /** Splits positive normal a into m * 2^e with m in [1, 2). */
    static void splitExponent(F a, F& mantissa, F& exponent) {
        mantissa = _mm512_getmant_ps(a, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src);
        exponent = _mm512_getexp_ps(a);
    }

    static float sum(F a) { return _mm512_reduce_add_ps(a); }
    static float largest(F a) { return _mm512_reduce_max_ps(a); }
    /** The four lane sums of a, b, c and d. */
    static __m128 sum4(F a, F b, F c, F d) {
        const F ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        const F cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        const __m512d abd = _mm512_castps_pd(ab), cdd = _mm512_castps_pd(cd);
        const F all = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(abd, cdd)),
                                    _mm512_castpd_ps(_mm512_unpackhi_pd(abd, cdd)));
        const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
        return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    }
    static void sum4(F a, F b, F c, F d, float* out) { _mm_storeu_ps(out, sum4(a, b, c, d)); }

    static F widen(__m256i bits) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    }
    static __m256i narrow(F v) {
        const __m512i bits = _mm512_castps_si512(v);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
        return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(up, isNan(v), quiet), 16));
    }
};

}  // namespace hostacl::kernels::avx512
