#include <atomic>

#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

/** `view` without axis `dim`, moved to position `at` on it. */
View dropAxis(const View& view, int dim, int64_t at) {
    View part = view;
    part.data = elementAddress(view.data, view.dtype, at * view.strides[dim]);
    part.rank = view.rank - 1;
    for (int d = dim; d < part.rank; ++d) {
        part.dims[d] = view.dims[d + 1];
        part.strides[d] = view.strides[d + 1];
    }
    return part;
}

/** Element offset of the i-th element of `view` in row-major order. */
int64_t offsetOf(const View& view, int64_t i) {
    int64_t at = 0;
    for (int d = view.rank - 1; d >= 0; --d) {
        at += i % view.dims[d] * view.strides[d];
        i /= view.dims[d];
    }
    return at;
}

/** `out` at the i-th position of the axes [dim, dim + count) that an index tensor of rank `count` gave it. */
View dropIndexAxes(const View& out, int dim, int count, int64_t i) {
    View part = out;
    int64_t at = 0;
    for (int d = dim + count - 1; d >= dim; --d) {
        at += i % out.dims[d] * out.strides[d];
        i /= out.dims[d];
    }
    part.data = elementAddress(out.data, out.dtype, at);
    part.rank = out.rank - count;
    for (int d = dim; d < part.rank; ++d) {
        part.dims[d] = out.dims[d + count];
        part.strides[d] = out.strides[d + count];
    }
    return part;
}

bool inside(int64_t index, int64_t size) {
    return index >= 0 && index < size;
}

}  // namespace

bool gather(const GatherArgs& args) {
    const int64_t size = args.self.dims[args.dim];
    std::atomic<bool> valid{true};
    const int64_t slab = size == 0 ? 1 : elementCount(args.self) / size + 1;
    parallelRanges(elementCount(args.index), 1 + 16384 / slab, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const int64_t row = loadIndex(args.index.data, args.index.dtype, offsetOf(args.index, i));
            if (!inside(row, size))
                valid = false;
            else
                copy({dropAxis(args.self, args.dim, row),
                      dropIndexAxes(args.out, args.dim, args.index.rank, i)});
        }
    });
    return valid;
}

bool gatherElements(const GatherElementsArgs& args) {
    const int64_t size = args.self.rank == 0 ? 1 : args.self.dims[args.dim];
    const int64_t stride = args.self.rank == 0 ? 0 : args.self.strides[args.dim];
    bool valid = true;
    View along = args.self;  // strides of self over the dims of index, the gathered axis fixed
    for (int d = 0; d < along.rank; ++d) along.dims[d] = args.index.dims[d];
    if (along.rank > 0) along.strides[args.dim] = 0;
    for (int64_t i = 0; i < elementCount(args.index); ++i) {
        const int64_t row = loadIndex(args.index.data, args.index.dtype, offsetOf(args.index, i));
        if (!inside(row, size)) {
            valid = false;
            continue;
        }
        View from = args.self, to = args.out;
        from.data = elementAddress(from.data, from.dtype, offsetOf(along, i) + row * stride);
        to.data = elementAddress(to.data, to.dtype, offsetOf(args.out, i));
        from.rank = to.rank = 0;
        copy({from, to});
    }
    return valid;
}

bool indexCopy(const IndexCopyArgs& args) {
    bool valid = true;
    const int64_t count = elementCount(args.index);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t row = loadIndex(args.index.data, args.index.dtype, offsetOf(args.index, i));
        if (!inside(row, args.self.dims[args.dim]))
            valid = false;
        else
            copy({dropAxis(args.source, args.dim, i), dropAxis(args.self, args.dim, row)});
    }
    return valid;
}

bool scatterUpdate(const ScatterUpdateArgs& args) {
    const View &data = args.data, &indices = args.indices, &updates = args.updates;
    const int64_t length = updates.dims[args.axis];
    bool valid = true;
    for (int64_t i = 0; i < updates.dims[0]; ++i) {
        int64_t outer = i, start;
        if (indices.rank == 2) {
            const int64_t at = i * indices.strides[0];
            outer = loadIndex(indices.data, indices.dtype, at);
            start = loadIndex(indices.data, indices.dtype, at + indices.strides[1]);
        } else {
            start = loadIndex(indices.data, indices.dtype, indices.rank == 0 ? 0 : i * indices.strides[0]);
        }
        if (!inside(outer, data.dims[0]) || start < 0 || start + length > data.dims[args.axis]) {
            valid = false;
            continue;
        }
        View target = dropAxis(data, 0, outer);
        target.data = elementAddress(target.data, target.dtype, start * data.strides[args.axis]);
        target.dims[args.axis - 1] = length;
        copy({dropAxis(updates, 0, i), target});
    }
    return valid;
}

bool cacheWrite(const CacheWriteArgs& args) {
    const View &cache = args.cache, &slots = args.slots;
    const int64_t blockSize = cache.dims[1];
    bool valid = true;
    for (int64_t t = 0; t < slots.dims[0]; ++t) {
        const int64_t slot = loadIndex(slots.data, slots.dtype, t * slots.strides[0]);
        if (!inside(slot, cache.dims[0] * blockSize))
            valid = false;
        else
            copy({dropAxis(args.source, 0, t),
                  dropAxis(dropAxis(cache, 0, slot / blockSize), 0, slot % blockSize)});
    }
    return valid;
}

}  // namespace hostacl::kernels::scalar
