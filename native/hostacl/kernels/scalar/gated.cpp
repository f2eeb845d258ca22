#include <cmath>

#include "../row_io.h"
#include "../strided_rows.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {

void swiGlu(const SwiGluArgs& args) {
    constexpr int64_t kPiece = 512;
    View gate = args.x, up = args.x;
    gate.dims[args.dim] = up.dims[args.dim] = args.out.dims[args.dim];
    const int64_t half = args.out.dims[args.dim] * args.x.strides[args.dim];
    up.data = elementAddress(args.x.data, args.x.dtype, half);
    const StridedRows<3> space({&args.out, &gate, &up});
    forEachPiece(space, kPiece, [&](const int64_t (&at)[3], int64_t count) {
        float g[kPiece], u[kPiece];
        loadRow(gate.data, gate.dtype, at[1], space.inner[1], count, g);
        loadRow(up.data, up.dtype, at[2], space.inner[2], count, u);
        for (int64_t i = 0; i < count; ++i) g[i] = g[i] / (1 + std::exp(-g[i])) * u[i];
        storeRow(g, args.out.data, args.out.dtype, at[0], space.inner[0], count);
    });
}

}  // namespace hostacl::kernels::scalar
