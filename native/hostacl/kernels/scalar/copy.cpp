#include <cstring>

#include "../dtype_visit.h"
#include "../row_io.h"
#include "../strided_rows.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

constexpr int64_t kPiece = 1024;

template <class T>
void copyStrided(const void* from, int64_t fromStride, void* to, int64_t toStride, int64_t count) {
    const T* source = static_cast<const T*>(from);
    T* target = static_cast<T*>(to);
    for (int64_t i = 0; i < count; ++i) target[i * toStride] = source[i * fromStride];
}

/** Copies `count` elements of `size` bytes between rows of the same dtype. */
void copyRow(const void* from, int64_t fromStride, void* to, int64_t toStride, int64_t count, int64_t size) {
    if (fromStride == 1 && toStride == 1)
        std::memcpy(to, from, count * size);
    else if (size == 1)
        copyStrided<uint8_t>(from, fromStride, to, toStride, count);
    else if (size == 2)
        copyStrided<uint16_t>(from, fromStride, to, toStride, count);
    else if (size == 4)
        copyStrided<uint32_t>(from, fromStride, to, toStride, count);
    else
        copyStrided<uint64_t>(from, fromStride, to, toStride, count);
}

void copySame(const CopyArgs& args) {
    const int64_t size = elementSize(args.dst.dtype);
    const StridedRows<2> space({&args.dst, &args.src});
    forEachPiece(space, 16 * kPiece, [&](const int64_t (&at)[2], int64_t count) {
        copyRow(elementAddress(args.src.data, args.src.dtype, at[1]), space.inner[1],
                elementAddress(args.dst.data, args.dst.dtype, at[0]), space.inner[0], count, size);
    });
}

template <class C>
void copyThrough(const CopyArgs& args) {
    const StridedRows<2> space({&args.dst, &args.src});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        C row[kPiece];
        loadRow(args.src.data, args.src.dtype, at[1], space.inner[1], count, row);
        storeRow(row, args.dst.data, args.dst.dtype, at[0], space.inner[0], count);
    });
}

}  // namespace

void copy(const CopyArgs& args) {
    const int from = args.src.dtype, to = args.dst.dtype;
    if (from == to)
        copySame(args);
    else if (!isFloating(from) && !isFloating(to))
        copyThrough<int64_t>(args);
    else if (from == kFloat64 || to == kFloat64 || elementSize(from) > 2 || elementSize(to) > 2)
        copyThrough<double>(args);
    else
        copyThrough<float>(args);
}

void fill(const FillArgs& args) {
    const StridedRows<1> space({&args.dst});
    uint64_t pattern = 0;
    if (args.value.isInteger)
        storeRow(&args.value.integer, &pattern, args.dst.dtype, 0, 1, 1);
    else
        storeRow(&args.value.real, &pattern, args.dst.dtype, 0, 1, 1);
    const int64_t size = elementSize(args.dst.dtype);
    forEachPiece(space, 16 * kPiece, [&](const int64_t (&at)[1], int64_t count) {
        copyRow(&pattern, 0, elementAddress(args.dst.data, args.dst.dtype, at[0]), space.inner[0], count,
                size);
    });
}

void maskedFill(const MaskedFillArgs& args) {
    const StridedRows<2> space({&args.self, &args.mask});
    uint64_t pattern = 0;
    if (args.value.isInteger)
        storeRow(&args.value.integer, &pattern, args.self.dtype, 0, 1, 1);
    else
        storeRow(&args.value.real, &pattern, args.self.dtype, 0, 1, 1);
    const int64_t size = elementSize(args.self.dtype);
    forEachPiece(space, kPiece, [&](const int64_t (&at)[2], int64_t count) {
        const uint8_t* mask = static_cast<const uint8_t*>(args.mask.data) + at[1];
        char* self = static_cast<char*>(elementAddress(args.self.data, args.self.dtype, at[0]));
        for (int64_t i = 0; i < count; ++i)
            if (mask[i * space.inner[1]] != 0) std::memcpy(self + i * space.inner[0] * size, &pattern, size);
    });
}

void where(const WhereArgs& args) {
    const StridedRows<4> space({&args.out, &args.condition, &args.self, &args.other});
    const bool integers = !isFloating(args.out.dtype);
    const auto select = [&]<class C>(C) {
        forEachPiece(space, kPiece, [&](const int64_t (&at)[4], int64_t count) {
            C a[kPiece], b[kPiece];
            int64_t condition[kPiece];
            loadRow(args.condition.data, args.condition.dtype, at[1], space.inner[1], count, condition);
            loadRow(args.self.data, args.self.dtype, at[2], space.inner[2], count, a);
            loadRow(args.other.data, args.other.dtype, at[3], space.inner[3], count, b);
            for (int64_t i = 0; i < count; ++i) a[i] = condition[i] != 0 ? a[i] : b[i];
            storeRow(a, args.out.data, args.out.dtype, at[0], space.inner[0], count);
        });
    };
    if (integers)
        select(int64_t{});
    else
        select(double{});
}

void arange(const ArangeArgs& args) {
    const View& out = args.out;
    const bool integers = args.start.isInteger && args.step.isInteger;
    for (int64_t i = 0; i < elementCount(out); ++i) {
        const int64_t exact = args.start.integer + i * args.step.integer;
        const double real = args.start.real + static_cast<double>(i) * args.step.real;
        const int64_t at = out.rank == 0 ? 0 : i * out.strides[0];
        if (integers)
            storeRow(&exact, out.data, out.dtype, at, 1, 1);
        else
            storeRow(&real, out.data, out.dtype, at, 1, 1);
    }
}

void int4Pack(const Int4PackArgs& args) {
    const int32_t* weight = static_cast<const int32_t*>(args.weight.data);
    uint8_t* out = static_cast<uint8_t*>(args.out);
    const int64_t bytes = elementCount(args.weight) / 2;
    for (int64_t i = 0; i < bytes; ++i)
        out[i] = static_cast<uint8_t>((weight[2 * i] & 15) | (weight[2 * i + 1] & 15) << 4);
}

}  // namespace hostacl::kernels::scalar
