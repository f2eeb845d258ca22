#include "convolution_matmul.h"

#include "parallel.h"
#include "row_io.h"
#include "scalar/scalar.h"
#include "scratch.h"

namespace hostacl::kernels {
namespace {

/** Below this many products a sum, gathering patches costs more than it saves (depthwise convolutions). */
constexpr int64_t kFewestProducts = 16;

/** patches[t, c * taps + j] = in[b, firstChannel + c, t * stride - padLeft + j * dilation], zeros outside. */
template <class T>
void gatherPatches(const ConvolutionArgs& args, int64_t b, int64_t firstChannel, T* patches) {
    const View& in = args.input;
    const int64_t channels = args.weight.dims[1], taps = args.weight.dims[2], length = in.dims[2];
    const T* base = static_cast<const T*>(in.data) + b * in.strides[0] + firstChannel * in.strides[1];
    parallelRanges(args.out.dims[2], 1 + 16384 / (channels * taps + 1), [&](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
            T* patch = patches + t * channels * taps;
            for (int64_t j = 0; j < taps; ++j) {
                const int64_t position = t * args.stride - args.padLeft + j * args.dilation;
                const bool inside = position >= 0 && position < length;
                const T* from = base + position * in.strides[2];
                for (int64_t c = 0; c < channels; ++c)
                    patch[c * taps + j] = inside ? from[c * in.strides[1]] : T{};
            }
        }
    });
}

}  // namespace

void convolutionByMatmul(const ConvolutionArgs& args, void (*matmul)(const MatmulArgs&)) {
    const View &in = args.input, &w = args.weight, &out = args.out;
    const int64_t products = w.dims[1] * w.dims[2], outputs = out.dims[1] / args.groups,
                  size = elementSize(in.dtype);
    if (products < kFewestProducts || size > 4 || !isContiguous(w)) return scalar::convolution(args);
    void* patches = scratch(ScratchSlot::Im2col, out.dims[2] * products * size);
    for (int64_t b = 0; b < out.dims[0]; ++b) {
        for (int64_t group = 0; group < args.groups; ++group) {
            if (size == 2)
                gatherPatches(args, b, group * w.dims[1], static_cast<uint16_t*>(patches));
            else
                gatherPatches(args, b, group * w.dims[1], static_cast<uint32_t*>(patches));
            MatmulArgs
                product;  // [outputs, products] . [products, positions]: out's rows are contiguous in time
            product.m = outputs;
            product.n = out.dims[2];
            product.k = products;
            product.a = elementAddress(w.data, w.dtype, group * outputs * products);
            product.b = patches;
            product.c =
                elementAddress(out.data, out.dtype, b * out.strides[0] + group * outputs * out.strides[1]);
            product.aDtype = w.dtype;
            product.bDtype = in.dtype;
            product.cDtype = out.dtype;
            product.aRowStride = product.bColStride = products;
            product.cRowStride = out.strides[1];
            product.cColStride = out.strides[2];
            if (args.bias.data != nullptr) {
                product.bias =
                    elementAddress(args.bias.data, args.bias.dtype, group * outputs * args.bias.strides[0]);
                product.biasDtype = args.bias.dtype;
                product.biasRowStride = args.bias.strides[0];
                product.biasColStride = 0;
            }
            matmul(product);
        }
    }
}

}  // namespace hostacl::kernels
