#include <atomic>
#include <vector>

#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

/** Turns one row; cos and sin hold `dim` entries, or dim / 2 with `halfTables`. */
void turn(const RopeArgs& args, const float* cos, const float* sin, const float* x, float* out) {
    const int64_t dim = args.rotaryDim, half = dim / 2;
    for (int64_t i = 0; i < half; ++i) {
        const int64_t first = args.interleaved ? 2 * i : i, second = args.interleaved ? 2 * i + 1 : i + half;
        const int64_t firstTable = args.halfTables ? i : first, secondTable = args.halfTables ? i : second;
        out[first] = x[first] * cos[firstTable] - x[second] * sin[firstTable];
        out[second] = x[second] * cos[secondTable] + x[first] * sin[secondTable];
    }
}

}  // namespace

bool rope(const RopeArgs& args) {
    const View &x = args.x, &out = args.out;
    const int64_t width = x.dims[3], tableWidth = args.halfTables ? args.rotaryDim / 2 : args.rotaryDim;
    std::atomic<bool> valid{true};
    parallelRanges(
        x.dims[0] * x.dims[1] * x.dims[2], 1 + 16384 / (width + 1), [&](int64_t begin, int64_t end) {
            std::vector<float> row(width), turned(width), cos(tableWidth), sin(tableWidth);
            for (int64_t r = begin; r < end; ++r) {
                const int64_t c = r % x.dims[2], b = r / x.dims[2] % x.dims[1], a = r / x.dims[2] / x.dims[1];
                int64_t position = a;
                if (args.positions.data != nullptr) {
                    const View& positions = args.positions;
                    position = loadIndex(positions.data, positions.dtype, a * positions.strides[0]);
                    if (position < 0 || position >= args.cos.dims[0]) {
                        valid = false;
                        continue;
                    }
                }
                const auto at = [&](const View& view, int64_t first) {
                    return first * view.strides[0] + b * view.strides[1] + c * view.strides[2];
                };
                loadRow(x.data, x.dtype, at(x, a), x.strides[3], width, row.data());
                loadRow(args.cos.data, args.cos.dtype, at(args.cos, position), args.cos.strides[3],
                        tableWidth, cos.data());
                loadRow(args.sin.data, args.sin.dtype, at(args.sin, position), args.sin.strides[3],
                        tableWidth, sin.data());
                turned = row;
                turn(args, cos.data(), sin.data(), row.data(), turned.data());
                storeRow(turned.data(), out.data, out.dtype, at(out, a), out.strides[3], width);
            }
        });
    return valid;
}

}  // namespace hostacl::kernels::scalar
