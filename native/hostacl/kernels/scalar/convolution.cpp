#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {

void convolution(const ConvolutionArgs& args) {
    const View &in = args.input, &w = args.weight, &out = args.out;
    const int64_t channelsOut = out.dims[1], perGroup = w.dims[1], taps = w.dims[2];
    const int64_t outputsPerGroup = channelsOut / args.groups;
    parallelRanges(out.dims[0] * channelsOut, 1, [&](int64_t begin, int64_t end) {
        for (int64_t item = begin; item < end; ++item) {
            const int64_t b = item / channelsOut, o = item % channelsOut, group = o / outputsPerGroup;
            float bias = 0;
            if (args.bias.data != nullptr)
                loadRow(args.bias.data, args.bias.dtype, o * args.bias.strides[0], 1, 1, &bias);
            for (int64_t t = 0; t < out.dims[2]; ++t) {
                float sum = 0;
                for (int64_t c = 0; c < perGroup; ++c) {
                    for (int64_t j = 0; j < taps; ++j) {
                        const int64_t position = t * args.stride - args.padLeft + j * args.dilation;
                        if (position < 0 || position >= in.dims[2]) continue;
                        const int64_t channel = group * perGroup + c;
                        const int64_t at =
                            b * in.strides[0] + channel * in.strides[1] + position * in.strides[2];
                        float x, weight;
                        loadRow(in.data, in.dtype, at, 1, 1, &x);
                        loadRow(w.data, w.dtype, o * w.strides[0] + c * w.strides[1] + j * w.strides[2], 1, 1,
                                &weight);
                        sum += x * weight;
                    }
                }
                const float result = sum + bias;
                const int64_t at = b * out.strides[0] + o * out.strides[1] + t * out.strides[2];
                storeRow(&result, out.data, out.dtype, at, 1, 1);
            }
        }
    });
}

}  // namespace hostacl::kernels::scalar
