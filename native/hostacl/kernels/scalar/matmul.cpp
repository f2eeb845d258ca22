#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

float element(const void* data, int dtype, int64_t offset) {
    if (dtype == kInt4) {
        const uint8_t byte = static_cast<const uint8_t*>(data)[offset >> 1];
        const int nibble = (offset & 1) != 0 ? byte >> 4 : byte & 15;
        return static_cast<float>((nibble ^ 8) - 8);
    }
    float value;
    loadRow(data, dtype, offset, 1, 1, &value);
    return value;
}

/** b[k, n] of one batch as a float, dequantised when B is quantised. */
float weight(const MatmulArgs& args, int64_t batch, int64_t k, int64_t n) {
    const int64_t at = batch * args.bBatchStride + k * args.bRowStride + n * args.bColStride;
    const float q = element(args.b, args.bDtype, at);
    if (args.quantisation == nullptr) return q;
    const WeightQuantisation& quant = *args.quantisation;
    const int64_t group = quant.groupSize > 0 ? k / quant.groupSize : 0;
    const int64_t scaleAt = group * quant.groupStride + n * quant.columnStride;
    const float offset = quant.offset != nullptr ? element(quant.offset, quant.dtype, scaleAt) : 0;
    return (q + offset) * element(quant.scale, quant.dtype, scaleAt);
}

}  // namespace

void matmul(const MatmulArgs& args) {
    const int64_t columns = args.batch * args.n;
    parallelRanges(columns, 1, [&](int64_t begin, int64_t end) {
        for (int64_t column = begin; column < end; ++column) {
            const int64_t batch = column / args.n, n = column % args.n;
            for (int64_t m = 0; m < args.m; ++m) {
                float sum = 0;
                for (int64_t k = 0; k < args.k; ++k) {
                    const int64_t at = batch * args.aBatchStride + m * args.aRowStride + k * args.aColStride;
                    sum += element(args.a, args.aDtype, at) * weight(args, batch, k, n);
                }
                float result = args.alpha * sum;
                if (args.bias != nullptr) {
                    const int64_t at =
                        batch * args.biasBatchStride + m * args.biasRowStride + n * args.biasColStride;
                    result += args.beta * element(args.bias, args.biasDtype, at);
                }
                const int64_t at = batch * args.cBatchStride + m * args.cRowStride + n * args.cColStride;
                storeRow(&result, args.c, args.cDtype, at, 1, 1);
            }
        }
    });
}

}  // namespace hostacl::kernels::scalar
