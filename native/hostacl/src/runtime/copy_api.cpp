// aclrtMemcpy*, aclrtMemset*: the rules of the ABI reference, section 2.6.
#include <algorithm>
#include <cstring>

#include "runtime/allocations.h"
#include "runtime/capture.h"
#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/stream.h"

using namespace hostacl;

namespace {

/** `height` rows of `width` bytes; a plain copy is one row. */
struct CopyShape {
    uint8_t* dst;
    size_t dstPitch;
    const uint8_t* src;
    size_t srcPitch;
    size_t width;
    size_t height;

    Intervals rows(const void* base, size_t pitch) const {
        Intervals intervals;
        for (size_t row = 0; row < height; ++row) {
            const uintptr_t begin = reinterpret_cast<uintptr_t>(base) + row * pitch;
            if (!intervals.empty() && intervals.back().end == begin) {
                intervals.back().end += width;
            } else {
                intervals.push_back({begin, begin + width});
            }
        }
        return intervals;
    }
    Intervals destination() const { return rows(dst, dstPitch); }
    Intervals source() const { return rows(src, srcPitch); }

    void run() const {
        auto* to = static_cast<uint8_t*>(hostAlias(dst));
        const auto* from = static_cast<const uint8_t*>(hostAlias(src));
        if (height == 1 || (dstPitch == width && srcPitch == width)) {
            std::memmove(to, from, width * height);
            return;
        }
        for (size_t row = 0; row < height; ++row)
            std::memmove(to + row * dstPitch, from + row * srcPitch, width);
    }
};

class CopyTask : public Task {
  public:
    CopyTask(const char* name, const CopyShape& shape, bool fromHost, bool toHost)
        : Task(name), shape_(shape), fromHost_(fromHost), toHost_(toHost) {}
    aclError run(Stream&) const override {
        shape_.run();
        return ACL_SUCCESS;
    }
    Accesses accesses() const override {
        return {{shape_.source(), false, fromHost_, false}, {shape_.destination(), true, toHost_, false}};
    }

  private:
    const CopyShape shape_;
    const bool fromHost_, toHost_;
};

class FillTask : public Task {
  public:
    FillTask(void* memory, int value, size_t bytes)
        : Task("aclrtMemsetAsync"), memory_(memory), value_(value), bytes_(bytes) {}
    aclError run(Stream&) const override {
        std::memset(hostAlias(memory_), value_, bytes_);
        return ACL_SUCCESS;
    }
    Accesses accesses() const override {
        const auto begin = reinterpret_cast<uintptr_t>(memory_);
        return {{{{begin, begin + bytes_}}, true, false, false}};
    }

  private:
    void* const memory_;
    const int value_;
    const size_t bytes_;
};

bool readsHost(aclrtMemcpyKind kind) {
    return kind == ACL_MEMCPY_HOST_TO_HOST || kind == ACL_MEMCPY_HOST_TO_DEVICE ||
           kind == ACL_MEMCPY_HOST_TO_BUF_TO_DEVICE;
}
bool writesHost(aclrtMemcpyKind kind) {
    return kind == ACL_MEMCPY_HOST_TO_HOST || kind == ACL_MEMCPY_DEVICE_TO_HOST;
}

/** What the pointers say, for ACL_MEMCPY_DEFAULT. */
aclrtMemcpyKind resolve(aclrtMemcpyKind kind, const void* dst, const void* src) {
    if (kind != ACL_MEMCPY_DEFAULT) return kind;
    const auto to = allocations().find(dst);
    const auto from = allocations().find(src);
    const bool toDevice = to && to->kind == Allocation::Kind::Device;
    const bool fromDevice = from && from->kind == Allocation::Kind::Device;
    if (toDevice) return fromDevice ? ACL_MEMCPY_DEVICE_TO_DEVICE : ACL_MEMCPY_HOST_TO_DEVICE;
    return fromDevice ? ACL_MEMCPY_DEVICE_TO_HOST : ACL_MEMCPY_HOST_TO_HOST;
}

/** Checked mode: each side lies in memory of the kind that was said, within one live allocation. */
aclError checkSide(const char* function, const char* side, const Intervals& rows, bool host, bool write) {
    const Interval range{rows.front().begin, rows.back().end};
    const auto allocation = allocations().find(range.begin);
    const auto* address = reinterpret_cast<void*>(range.begin);
    if (host) {
        if (allocation && !allocation->onHost()) {
            return misuseAs(ACL_ERROR_RT_INVALID_MEMORY_TYPE, 22,
                            "%s: the %s %p is device memory, but the kind says host.", function, side,
                            address);
        }
        if (!allocation) return ACL_SUCCESS;  // pageable memory: its size is not known
    } else if (!allocation || !allocation->onDevice()) {
        return misuseAs(ACL_ERROR_RT_INVALID_MEMORY_TYPE, 22,
                        "%s: the %s %p is in no live device allocation, but the kind says device.", function,
                        side, address);
    }
    if (range.end > allocation->base + allocation->size) {
        return misuse(22, "%s: the %s goes %zu bytes beyond its allocation of %zu bytes.", function, side,
                      static_cast<size_t>(range.end - allocation->base - allocation->size), allocation->size);
    }
    if (write && !allocation->writable)
        return misuse(22, "%s: the %s %p is registered read-only.", function, side, address);
    return ACL_SUCCESS;
}

aclError checkSides(const char* function, const CopyShape& shape, aclrtMemcpyKind kind) {
    const aclError code = checkSide(function, "source", shape.source(), readsHost(kind), false);
    return code != ACL_SUCCESS
               ? code
               : checkSide(function, "destination", shape.destination(), writesHost(kind), true);
}

/** Checked mode: a copy by the host itself must not meet work that streams still do. */
aclError checkPending(const char* function, const Intervals& reads, const Intervals& writes) {
    if (const Conflict use = hazards().pending(reads, false)) {
        return misuse(use.host ? 24 : 23, "%s reads what %s still writes: synchronise its stream first.",
                      function, use.description.c_str());
    }
    if (const Conflict use = hazards().pending(writes, true)) {
        return misuse(use.host ? 24 : 18, "%s writes what %s still uses: synchronise its stream first.",
                      function, use.description.c_str());
    }
    return ACL_SUCCESS;
}

aclError checkArguments(const char* function, const CopyShape& shape, size_t destMax, aclrtMemcpyKind kind) {
    if (shape.dst == nullptr || shape.src == nullptr) {
        return fail(ACL_ERROR_INVALID_PARAM, "%s: dst %p, src %p; neither may be null.", function,
                    static_cast<void*>(shape.dst), static_cast<const void*>(shape.src));
    }
    if (kind < ACL_MEMCPY_HOST_TO_HOST || kind > ACL_MEMCPY_INTER_DEVICE_TO_DEVICE) {
        return misuse(22, "%s: unknown kind %d.", function, kind);
    }
    if (shape.width > destMax) {
        return misuse(22, "%s: %zu bytes into a destination of %zu.", function, shape.width, destMax);
    }
    return ACL_SUCCESS;
}

aclError copyNow(const char* function, const CopyShape& shape, size_t destMax, aclrtMemcpyKind kind) {
    aclError code;
    const auto context = requireContext(function, code);
    if (!context) return code;
    if ((code = refuseUnsafeCall(function)) != ACL_SUCCESS) return code;
    if ((code = checkArguments(function, shape, destMax, kind)) != ACL_SUCCESS) return code;
    if (shape.width == 0 || shape.height == 0) return ACL_SUCCESS;
    if (checked()) {
        kind = resolve(kind, shape.dst, shape.src);
        if ((code = checkSides(function, shape, kind)) != ACL_SUCCESS) return code;
        if ((code = checkPending(function, shape.source(), shape.destination())) != ACL_SUCCESS) return code;
    }
    shape.run();
    return ACL_SUCCESS;
}

bool isPageable(const void* address) {
    return allocations().find(address) == nullptr;
}

aclError copyOnStream(const char* function, const CopyShape& shape, size_t destMax, aclrtMemcpyKind kind,
                      aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(function, handle, code);
    if (!stream) return code;
    if ((code = checkArguments(function, shape, destMax, kind)) != ACL_SUCCESS) return code;
    kind = resolve(kind, shape.dst, shape.src);
    if (kind == ACL_MEMCPY_HOST_TO_HOST) {
        return misuse(25, "%s: host to host has no asynchronous form: use memcpy.", function);
    }
    if (shape.width == 0 || shape.height == 0) return ACL_SUCCESS;
    if (checked() && (code = checkSides(function, shape, kind)) != ACL_SUCCESS) return code;
    const bool fromHost = readsHost(kind);
    const bool toHost = writesHost(kind);
    if ((fromHost && isPageable(shape.src)) || (toHost && isPageable(shape.dst))) {
        // Pageable memory cannot wait for the stream: the copy happens now, after the stream's earlier work.
        if (stream->currentCapture()) {
            return fail(ACL_ERROR_RT_PARAM_INVALID,
                        "%s: pageable host memory in a capture: use aclrtMallocHost.", function);
        }
        if (refuseUnsafeCall(function) != ACL_SUCCESS) {
            return fail(ACL_ERROR_RT_CAPTURE_SYNC_CONVERSION, "%s would become synchronous during a capture.",
                        function);
        }
        stream->waitUntilIdle(-1);
        if ((code = stream->observe()) != ACL_SUCCESS) return code;
        if (checked() && (code = checkPending(function, shape.source(), shape.destination())) != ACL_SUCCESS)
            return code;
        if (stream->error() == ACL_SUCCESS) shape.run();
        return ACL_SUCCESS;
    }
    return stream->submit(std::make_shared<CopyTask>(function, shape, fromHost, toHost));
}

CopyShape plain(void* dst, const void* src, size_t count) {
    return {static_cast<uint8_t*>(dst), count, static_cast<const uint8_t*>(src), count, count, 1};
}

aclError checkPitches(const char* function, size_t dpitch, size_t spitch, size_t width, size_t height) {
    if (width > 5000000 || height > 5 * 1024 * 1024 || width > dpitch || width > spitch) {
        return fail(ACL_ERROR_RT_PARAM_INVALID,
                    "%s: %zu rows of %zu bytes with pitches %zu and %zu; expected width up to 5000000 and "
                    "the pitches.",
                    function, height, width, dpitch, spitch);
    }
    return ACL_SUCCESS;
}

aclError checkFill(const char* function, void* devPtr, size_t maxCount, size_t count) {
    if (devPtr == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the address is null.", function);
    if (count > maxCount) return misuse(22, "%s: %zu bytes of %zu.", function, count, maxCount);
    if (!checked() || count == 0) return ACL_SUCCESS;
    const auto begin = reinterpret_cast<uintptr_t>(devPtr);
    if (allocations().find(begin) == nullptr)
        return misuse(22, "%s: %p is in no live allocation.", function, devPtr);
    return checkSide(function, "memory", {{begin, begin + count}}, !allocations().find(begin)->onDevice(),
                     true);
}

}  // namespace

aclError aclrtMemcpy(void* dst, size_t destMax, const void* src, size_t count, aclrtMemcpyKind kind) {
    return copyNow(__func__, plain(dst, src, count), destMax, kind);
}

aclError aclrtMemcpyAsync(void* dst, size_t destMax, const void* src, size_t count, aclrtMemcpyKind kind,
                          aclrtStream stream) {
    return copyOnStream(__func__, plain(dst, src, count), destMax, kind, stream);
}

aclError aclrtMemcpy2d(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                       aclrtMemcpyKind kind) {
    if (const aclError code = checkPitches(__func__, dpitch, spitch, width, height); code != ACL_SUCCESS)
        return code;
    return copyNow(
        __func__,
        {static_cast<uint8_t*>(dst), dpitch, static_cast<const uint8_t*>(src), spitch, width, height}, dpitch,
        kind);
}

aclError aclrtMemcpy2dAsync(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                            size_t height, aclrtMemcpyKind kind, aclrtStream stream) {
    if (const aclError code = checkPitches(__func__, dpitch, spitch, width, height); code != ACL_SUCCESS)
        return code;
    return copyOnStream(
        __func__,
        {static_cast<uint8_t*>(dst), dpitch, static_cast<const uint8_t*>(src), spitch, width, height}, dpitch,
        kind, stream);
}

aclError aclrtMemset(void* devPtr, size_t maxCount, int32_t value, size_t count) {
    aclError code;
    if (!requireContext(__func__, code)) return code;
    if ((code = refuseUnsafeCall(__func__)) != ACL_SUCCESS) return code;
    if ((code = checkFill(__func__, devPtr, maxCount, count)) != ACL_SUCCESS) return code;
    const auto begin = reinterpret_cast<uintptr_t>(devPtr);
    if (checked() && (code = checkPending(__func__, {}, {{begin, begin + count}})) != ACL_SUCCESS)
        return code;
    std::memset(hostAlias(devPtr), value, count);
    return ACL_SUCCESS;
}

aclError aclrtMemsetAsync(void* devPtr, size_t maxCount, int32_t value, size_t count, aclrtStream handle) {
    aclError code;
    const auto stream = requireStream(__func__, handle, code);
    if (!stream) return code;
    if ((code = checkFill(__func__, devPtr, maxCount, count)) != ACL_SUCCESS) return code;
    if (count == 0) return ACL_SUCCESS;
    return stream->submit(std::make_shared<FillTask>(devPtr, value, count));
}
