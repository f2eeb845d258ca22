#include <algorithm>
#include <cmath>
#include <vector>

#include "../axis_rows.h"
#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {

void softmax(const SoftmaxArgs& args) {
    const View &self = args.self, &out = args.out;
    const AxisRows space(self, args.dim);
    const int64_t width = self.rank == 0 ? 1 : self.dims[args.dim];
    const int64_t inStride = self.rank == 0 ? 1 : self.strides[args.dim];
    const int64_t outStride = out.rank == 0 ? 1 : out.strides[args.dim];
    if (width == 0) return;
    parallelRanges(space.rows, 1, [&](int64_t begin, int64_t end) {
        std::vector<float> row(width);
        for (int64_t r = begin; r < end; ++r) {
            loadRow(self.data, self.dtype, space.offset(self, r), inStride, width, row.data());
            const float largest = *std::max_element(row.begin(), row.end());
            float sum = 0;
            for (float value : row) sum += std::exp(value - largest);
            const float logSum = std::log(sum);
            for (float& value : row)
                value = args.logarithm ? value - largest - logSum : std::exp(value - largest) / sum;
            storeRow(row.data(), out.data, out.dtype, space.offset(out, r), outStride, width);
        }
    });
}

}  // namespace hostacl::kernels::scalar
