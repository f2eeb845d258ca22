#include <cmath>
#include <vector>

#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

std::vector<float> parameter(const void* data, int dtype, int64_t width, float absent) {
    std::vector<float> values(width, absent);
    if (data != nullptr) loadRow(data, dtype, 0, 1, width, values.data());
    return values;
}

}  // namespace

void layerNorm(const LayerNormArgs& args) {
    const int64_t rows = args.x.dims[0], width = args.x.dims[1];
    const std::vector<float> weight = parameter(args.weight, args.weightDtype, width, 1);
    const std::vector<float> bias = parameter(args.bias, args.weightDtype, width, 0);
    parallelRanges(rows, 8, [&](int64_t begin, int64_t end) {
        std::vector<float> x(width);
        for (int64_t r = begin; r < end; ++r) {
            loadRow(args.x.data, args.x.dtype, r * args.x.strides[0], args.x.strides[1], width, x.data());
            float sum = 0, squares = 0;
            for (float value : x) sum += value;
            const float mean = sum / static_cast<float>(width);
            for (float value : x) squares += (value - mean) * (value - mean);
            const float variance = squares / static_cast<float>(width);
            const float rstd = 1 / std::sqrt(variance + static_cast<float>(args.epsilon));
            for (int64_t i = 0; i < width; ++i) x[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
            storeRow(x.data(), args.out.data, args.out.dtype, r * args.out.strides[0], args.out.strides[1],
                     width);
            if (args.mean != nullptr) args.mean[r] = mean;
            if (args.rstd != nullptr) args.rstd[r] = rstd;
        }
    });
}

void rmsNorm(const RmsNormArgs& args) {
    const View &x = args.x, &residual = args.residual, &total = args.sum, &out = args.out;
    const int64_t rows = x.dims[0], width = x.dims[1];
    const std::vector<float> gamma = parameter(args.gamma, args.gammaDtype, width, 1);
    parallelRanges(rows, 8, [&](int64_t begin, int64_t end) {
        std::vector<float> row(width), added(width), rounded((width + 1));
        for (int64_t r = begin; r < end; ++r) {
            loadRow(x.data, x.dtype, r * x.strides[0], x.strides[1], width, row.data());
            if (residual.data != nullptr) {
                loadRow(residual.data, residual.dtype, r * residual.strides[0], residual.strides[1], width,
                        added.data());
                for (int64_t i = 0; i < width; ++i) row[i] += added[i];
                storeRow(row.data(), rounded.data(), x.dtype, 0, 1, width);
                loadRow(rounded.data(), x.dtype, 0, 1, width, row.data());
                if (total.data != nullptr)
                    storeRow(row.data(), total.data, total.dtype, r * total.strides[0], total.strides[1],
                             width);
            }
            float squares = 0;
            for (float value : row) squares += value * value;
            const float rstd =
                1 / std::sqrt(squares / static_cast<float>(width) + static_cast<float>(args.epsilon));
            for (int64_t i = 0; i < width; ++i) row[i] = row[i] * rstd * gamma[i];
            storeRow(row.data(), out.data, out.dtype, r * out.strides[0], out.strides[1], width);
            if (args.rstd != nullptr) args.rstd[r] = rstd;
        }
    });
}

}  // namespace hostacl::kernels::scalar
