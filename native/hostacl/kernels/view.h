// Typed, strided views of memory: how every kernel receives its tensors.
#pragma once

#include <cstdint>

namespace hostacl::kernels {

/** Element types; the values are those of `aclDataType` (ABI reference, section 3.2). */
enum DType : int {
    kFloat32 = 0,
    kFloat16 = 1,
    kInt8 = 2,
    kInt32 = 3,
    kUInt8 = 4,
    kInt16 = 6,
    kUInt16 = 7,
    kUInt32 = 8,
    kInt64 = 9,
    kUInt64 = 10,
    kFloat64 = 11,
    kBool = 12,
    kBFloat16 = 27,
    kInt4 = 29,  // two per byte, the element with the even index in the low nibble
};

constexpr int kMaxRank = 8;

/**
 * A strided view of memory that somebody else owns.
 * `data` is the address of element [0, ..., 0] (offsets are already applied), `strides` count elements,
 * a stride of 0 repeats an element (broadcast) and is allowed for inputs only.
 * For kInt4 strides count int4 elements and `data` is the byte that holds the first one in its low nibble.
 */
struct View {
    void* data = nullptr;
    int dtype = kFloat32;
    int rank = 0;
    int64_t dims[kMaxRank] = {};
    int64_t strides[kMaxRank] = {};
};

/** A host scalar: the integer is exact when `isInteger`; `real` is always set. */
struct Scalar {
    double real = 0;
    int64_t integer = 0;
    bool isInteger = false;

    static Scalar ofReal(double value) { return {value, 0, false}; }
    static Scalar ofInteger(int64_t value) { return {static_cast<double>(value), value, true}; }
};

/** Bytes of one element; 0 for kInt4 and unknown types. */
int64_t elementSize(int dtype);
/** True for the 16, 32 and 64-bit floating point types. */
bool isFloating(int dtype);
/** Product of the dimensions; 1 for rank 0. */
int64_t elementCount(const View& view);
/** True when the elements lie in row-major order without gaps (dimensions of size 1 may have any stride). */
bool isContiguous(const View& view);
/**
 * `view` repeated NumPy-like to `rank` and `dims` by strides of 0.
 * The caller has checked that the shapes are compatible.
 */
View broadcastTo(const View& view, int rank, const int64_t* dims);

}  // namespace hostacl::kernels
