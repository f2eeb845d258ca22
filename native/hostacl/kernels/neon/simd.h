// NEON (Advanced SIMD of AArch64) as the `Simd` that the templates in vector/ are written against.
#pragma once

#include <arm_neon.h>

#include "../number.h"

namespace hostacl::kernels::neon {

/**
 * Four fp32 lanes. `part` variants touch the first `count` elements only (0 <= count <= kLanes) and read
 * zeros beyond. bf16 and fp16 round to nearest even and keep subnormals, bit for bit like number.h.
 */
struct Simd {
    using F = float32x4_t;
    using Mask = uint32x4_t;
    static constexpr int kLanes = 4;
    static constexpr int kRowsOfDot = 4;  // accumulator tile of the dot kernels: rows x 4 columns
    static constexpr int kRowsOfOuter = 4, kVectorsOfOuter = 4;

    static F zero() { return vdupq_n_f32(0); }
    static F set(float value) { return vdupq_n_f32(value); }
    static F load(const float* from) { return vld1q_f32(from); }
    static void store(float* to, F v) { vst1q_f32(to, v); }

    static F load(const BFloat16* from) {
        return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(reinterpret_cast<const uint16_t*>(from)), 16));
    }
    static void store(BFloat16* to, F v) { vst1_u16(reinterpret_cast<uint16_t*>(to), narrow(v)); }

    static F load(const Float16* from) {
        return vcvt_f32_f16(vld1_f16(reinterpret_cast<const float16_t*>(from)));
    }
    static void store(Float16* to, F v) { vst1_f16(reinterpret_cast<float16_t*>(to), vcvt_f16_f32(v)); }

    static F load(const int8_t* from) {
        int32_t bytes;
        std::memcpy(&bytes, from, sizeof bytes);
        const int16x8_t wide = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes)));
        return vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)));
    }

    template <class T>
    static F loadPart(const T* from, int64_t count) {
        T copy[kLanes] = {};
        std::memcpy(copy, from, count * sizeof(T));
        return load(copy);
    }
    template <class T>
    static void storePart(T* to, F v, int64_t count) {
        T copy[kLanes];
        store(copy, v);
        std::memcpy(to, copy, count * sizeof(T));
    }

    /** 32 signed 4-bit integers, the low nibble of each byte first. */
    static void unpackNibbles(const uint8_t* from, int8_t* to) {
        const uint8x16_t bytes = vld1q_u8(from), low = vandq_u8(bytes, vdupq_n_u8(15)),
                         high = vshrq_n_u8(bytes, 4);
        const auto extend = [](uint8x16_t nibbles) {
            const int8x16_t eight = vdupq_n_s8(8);
            return vsubq_s8(veorq_s8(vreinterpretq_s8_u8(nibbles), eight), eight);
        };
        vst1q_s8(to, extend(vzip1q_u8(low, high)));
        vst1q_s8(to + 16, extend(vzip2q_u8(low, high)));
    }

    static F add(F a, F b) { return vaddq_f32(a, b); }
    static F sub(F a, F b) { return vsubq_f32(a, b); }
    static F mul(F a, F b) { return vmulq_f32(a, b); }
    static F div(F a, F b) { return vdivq_f32(a, b); }
    static F sqrt(F a) { return vsqrtq_f32(a); }
    /** a * b + c, rounded once. */
    static F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
    /** c - a * b, rounded once. */
    static F fnma(F a, F b, F c) { return vfmsq_f32(c, a, b); }
    /** The larger; `b` when either is NaN, like the x86 instruction. */
    static F max(F a, F b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
    static F min(F a, F b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
    static F round(F a) { return vrndnq_f32(a); }
    static F abs(F a) { return vabsq_f32(a); }
    static F negate(F a) { return vnegq_f32(a); }
    /** |a| with the sign of b. */
    static F copySign(F a, F b) { return vbslq_f32(vdupq_n_u32(0x80000000u), b, a); }

    static Mask less(F a, F b) { return vcltq_f32(a, b); }
    static Mask equal(F a, F b) { return vceqq_f32(a, b); }
    static Mask isNan(F a) { return vmvnq_u32(vceqq_f32(a, a)); }
    static F select(Mask mask, F yes, F no) { return vbslq_f32(mask, yes, no); }

    /** a * 2^n for integral n; |n| <= 250. In two steps, so that neither factor overflows. */
    static F scaleByPowerOf2(F a, F n) {
        const int32x4_t whole = vcvtnq_s32_f32(n), half = vshrq_n_s32(whole, 1);
        return vmulq_f32(vmulq_f32(a, powerOf2(half)), powerOf2(vsubq_s32(whole, half)));
    }
    /** Splits positive normal a into m * 2^e with m in [1, 2). */
    static void splitExponent(F a, F& mantissa, F& exponent) {
        const uint32x4_t bits = vreinterpretq_u32_f32(a);
        const int32x4_t biased = vreinterpretq_s32_u32(vshrq_n_u32(bits, 23));
        exponent = vcvtq_f32_s32(vsubq_s32(biased, vdupq_n_s32(127)));
        mantissa =
            vreinterpretq_f32_u32(vorrq_u32(vandq_u32(bits, vdupq_n_u32(0x7fffff)), vdupq_n_u32(0x3f800000)));
    }

    static float sum(F a) { return vaddvq_f32(a); }
    static float largest(F a) { return vmaxvq_f32(a); }
    /** The four lane sums of a, b, c and d. */
    static void sum4(F a, F b, F c, F d, float* out) {
        vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
    }

  private:
    static uint16x4_t narrow(F v) {
        const uint32x4_t bits = vreinterpretq_u32_f32(v);
        const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
        const uint32x4_t up = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
        return vshrn_n_u32(vbslq_u32(isNan(v), vorrq_u32(bits, vdupq_n_u32(0x400000)), up), 16);
    }
    static F powerOf2(int32x4_t n) {
        return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
    }
};

}  // namespace hostacl::kernels::neon
