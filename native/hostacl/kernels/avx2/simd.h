// AVX2 with FMA and F16C as the `Simd` that the templates in vector/ are written against.
#pragma once

#include <immintrin.h>

#include "../number.h"

namespace hostacl::kernels::avx2 {

/**
 * Eight fp32 lanes. `part` variants touch the first `count` elements only (0 <= count <= kLanes) and read
 * zeros beyond. bf16 and fp16 round to nearest even and keep subnormals, bit for bit like number.h.
 */
struct Simd {
    using F = __m256;
    using Mask = __m256;  // all ones or all zeros in a lane
    static constexpr int kLanes = 8;
    static constexpr int kRowsOfDot = 2;  // accumulator tile of the dot kernels: rows x 4 columns
    static constexpr int kRowsOfOuter = 6, kVectorsOfOuter = 2;

    static __m256i first(int64_t count) {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                                  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }

    static F zero() { return _mm256_setzero_ps(); }
    static F set(float value) { return _mm256_set1_ps(value); }
    static F load(const float* from) { return _mm256_loadu_ps(from); }
    static F loadPart(const float* from, int64_t count) { return _mm256_maskload_ps(from, first(count)); }
    static void store(float* to, F v) { _mm256_storeu_ps(to, v); }
    static void storePart(float* to, F v, int64_t count) { _mm256_maskstore_ps(to, first(count), v); }

    static F load(const BFloat16* from) {
        return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    }
    static F loadPart(const BFloat16* from, int64_t count) { return widen(partOf(from, count * 2)); }
    static void store(BFloat16* to, F v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrow(v)); }
    static void storePart(BFloat16* to, F v, int64_t count) { storePartOf(to, narrow(v), count * 2); }

    static F load(const Float16* from) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    }
    static F loadPart(const Float16* from, int64_t count) { return _mm256_cvtph_ps(partOf(from, count * 2)); }
    static void store(Float16* to, F v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrowHalf(v)); }
    static void storePart(Float16* to, F v, int64_t count) { storePartOf(to, narrowHalf(v), count * 2); }

    static F load(const int8_t* from) {
        return _mm256_cvtepi32_ps(
            _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
    }
    static F loadPart(const int8_t* from, int64_t count) {
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(partOf(from, count)));
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

    static F add(F a, F b) { return _mm256_add_ps(a, b); }
    static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
    static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
    static F div(F a, F b) { return _mm256_div_ps(a, b); }
    static F sqrt(F a) { return _mm256_sqrt_ps(a); }
    /** a * b + c, rounded once. */
    static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
    /** c - a * b, rounded once. */
    static F fnma(F a, F b, F c) { return _mm256_fnmadd_ps(a, b, c); }
    /** The larger; `b` when either is NaN. */
    static F max(F a, F b) { return _mm256_max_ps(a, b); }
    static F min(F a, F b) { return _mm256_min_ps(a, b); }
    static F round(F a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    static F abs(F a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.f), a); }
    static F negate(F a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.f)); }
    /** |a| with the sign of b. */
    static F copySign(F a, F b) { return _mm256_or_ps(abs(a), _mm256_and_ps(_mm256_set1_ps(-0.f), b)); }

    static Mask less(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
    static Mask equal(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
    static Mask isNan(F a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
    static F select(Mask mask, F yes, F no) { return _mm256_blendv_ps(no, yes, mask); }

    /** a * 2^n for integral n; |n| <= 250. In two steps, so that neither factor overflows. */
    static F scaleByPowerOf2(F a, F n) {
        const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
        return _mm256_mul_ps(_mm256_mul_ps(a, powerOf2(half)), powerOf2(_mm256_sub_epi32(whole, half)));
    }
    /** Splits positive normal a into m * 2^e with m in [1, 2). */
    static void splitExponent(F a, F& mantissa, F& exponent) {
        const __m256i bits = _mm256_castps_si256(a);
        exponent = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
        const __m256i fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffff));
        mantissa = _mm256_castsi256_ps(_mm256_or_si256(fraction, _mm256_set1_epi32(0x3f800000)));
    }

    static float sum(F a) {
        const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
        const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
        return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
    }
    static float largest(F a) {
        const __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
        const __m128 pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
        return _mm_cvtss_f32(_mm_max_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
    }
    /** The four lane sums of a, b, c and d. */
    static void sum4(F a, F b, F c, F d, float* out) {
        const F all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
        _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
    }

  private:
    static __m128i partOf(const void* from, int64_t bytes) {
        alignas(16) char copy[16] = {};
        std::memcpy(copy, from, bytes);
        return _mm_load_si128(reinterpret_cast<const __m128i*>(copy));
    }
    static void storePartOf(void* to, __m128i bits, int64_t bytes) {
        alignas(16) char copy[16];
        _mm_store_si128(reinterpret_cast<__m128i*>(copy), bits);
        std::memcpy(to, copy, bytes);
    }
    static F widen(__m128i bits) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
    }
    static __m128i narrow(F v) {
        const __m256i bits = _mm256_castps_si256(v);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
        const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
        const __m256i rounded = _mm256_blendv_epi8(up, quiet, _mm256_castps_si256(isNan(v)));
        const __m256i upper = _mm256_srli_epi32(rounded, 16);
        return _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
    }
    static __m128i narrowHalf(F v) { return _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT); }
    static F powerOf2(__m256i n) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
    }
};

}  // namespace hostacl::kernels::avx2
