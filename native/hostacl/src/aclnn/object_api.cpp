// aclCreate* and aclDestroy*.
#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>

#include "aclnn/objects.h"
#include "runtime/config.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/ranges.h"
#include "runtime/stats.h"

using namespace hostacl;
using kernels::kMaxRank;
using kernels::Scalar;

namespace {

template <typename T>
T* made(T* object, Counter& counter) {
    if (checked()) enterObject(*object);
    count(counter);
    return object;
}

/** Ends an object. In checked mode its memory is kept for a while, so that the address is not used again at
 * once. */
template <typename T>
aclnnStatus destroyed(const char* function, const T* object, ObjectKind kind, Counter& counter) {
    if (object == nullptr) return ACLNN_SUCCESS;
    if (!isLive(object, kind)) {
        return misuse(
            34, "%s(%p): the object was destroyed before (a list destroys its members) or never created.",
            function, static_cast<const void*>(object));
    }
    uncount(counter);
    auto* mutableObject = const_cast<T*>(object);
    mutableObject->mark = 0;
    if (!checked()) {
        delete mutableObject;
        return ACLNN_SUCCESS;
    }
    static auto* retired = new std::deque<T*>;
    static constexpr size_t kRetired = 4096;
    static std::mutex mutex;
    leaveObject(*object);
    std::lock_guard lock(mutex);
    retired->push_back(mutableObject);
    if (retired->size() > kRetired) {
        delete retired->front();
        retired->pop_front();
    }
    return ACLNN_SUCCESS;
}

bool fillTensor(aclTensor& t, const int64_t* viewDims, uint64_t viewDimsNum, aclDataType dataType,
                const int64_t* stride, int64_t offset, aclFormat format, const int64_t* storageDims,
                uint64_t storageDimsNum, void* data) {
    if (viewDimsNum > kMaxRank || storageDimsNum > kMaxRank || (viewDims == nullptr && viewDimsNum > 0) ||
        (storageDims == nullptr && storageDimsNum > 0) || offset < 0) {
        fail(ACLNN_ERR_PARAM_INVALID,
             "aclCreateTensor: expected dims of at most %d axes and an offset of 0 or more; got %llu view "
             "dims, %llu "
             "storage dims, offset %lld.",
             kMaxRank, static_cast<unsigned long long>(viewDimsNum),
             static_cast<unsigned long long>(storageDimsNum), static_cast<long long>(offset));
        return false;
    }
    t.view = {};
    t.view.dtype = dataType;
    t.view.rank = static_cast<int>(viewDimsNum);
    t.storageRank = static_cast<int>(storageDimsNum);
    int64_t contiguous = 1;
    for (int d = t.view.rank - 1; d >= 0; --d) {
        t.view.dims[d] = viewDims[d];
        t.view.strides[d] = stride != nullptr ? stride[d] : contiguous;
        contiguous *= viewDims[d];
        if (t.view.dims[d] < 0 || t.view.strides[d] < 0) {
            fail(ACLNN_ERR_PARAM_INVALID,
                 "aclCreateTensor: axis %d has size %lld and stride %lld; neither may be negative.", d,
                 static_cast<long long>(t.view.dims[d]), static_cast<long long>(t.view.strides[d]));
            return false;
        }
    }
    for (int d = 0; d < t.storageRank; ++d) t.storageDims[d] = storageDims[d];
    t.offset = offset;
    t.format = format;
    t.setStorage(data);
    return true;
}

template <typename Array, typename Value>
Array* makeArray(const Value* value, uint64_t size) {
    if (value == nullptr && size > 0) return nullptr;
    auto* array = new Array;
    array->values.assign(value, value + size);
    return made(array, stats().liveArrays);
}

bool readScalar(const void* value, aclDataType dtype, Scalar& out) {
    const auto as = [value](auto zero) {
        std::memcpy(&zero, value, sizeof zero);
        return zero;
    };
    switch (dtype) {
        case ACL_FLOAT:
            out = Scalar::ofReal(as(float{}));
            return true;
        case ACL_DOUBLE:
            out = Scalar::ofReal(as(double{}));
            return true;
        case ACL_FLOAT16:
            out = Scalar::ofReal(aclFloat16ToFloat(as(uint16_t{})));
            return true;
        case ACL_BF16: {
            const uint32_t bits = static_cast<uint32_t>(as(uint16_t{})) << 16;
            float real;
            std::memcpy(&real, &bits, sizeof real);
            out = Scalar::ofReal(real);
            return true;
        }
        case ACL_INT8:
            out = Scalar::ofInteger(as(int8_t{}));
            return true;
        case ACL_UINT8:
            out = Scalar::ofInteger(as(uint8_t{}));
            return true;
        case ACL_BOOL:
            out = Scalar::ofInteger(as(uint8_t{}) != 0 ? 1 : 0);
            return true;
        case ACL_INT16:
            out = Scalar::ofInteger(as(int16_t{}));
            return true;
        case ACL_UINT16:
            out = Scalar::ofInteger(as(uint16_t{}));
            return true;
        case ACL_INT32:
            out = Scalar::ofInteger(as(int32_t{}));
            return true;
        case ACL_UINT32:
            out = Scalar::ofInteger(as(uint32_t{}));
            return true;
        case ACL_INT64:
            out = Scalar::ofInteger(as(int64_t{}));
            return true;
        case ACL_UINT64:
            out = Scalar::ofInteger(static_cast<int64_t>(as(uint64_t{})));
            return true;
        default:
            return false;
    }
}

}  // namespace

aclTensor* aclCreateTensor(const int64_t* viewDims, uint64_t viewDimsNum, aclDataType dataType,
                           const int64_t* stride, int64_t offset, aclFormat format,
                           const int64_t* storageDims, uint64_t storageDimsNum, void* tensorData) {
    auto* tensor = new aclTensor;
    if (!fillTensor(*tensor, viewDims, viewDimsNum, dataType, stride, offset, format, storageDims,
                    storageDimsNum, tensorData)) {
        delete tensor;
        return nullptr;
    }
    return made(tensor, stats().liveTensors);
}

aclnnStatus aclInitTensor(aclTensor* tensor, const int64_t* viewDims, uint64_t viewDimsNum,
                          aclDataType dataType, const int64_t* stride, int64_t offset, aclFormat format,
                          const int64_t* storageDims, uint64_t storageDimsNum, void* tensorDataAddr) {
    if (tensor == nullptr) return fail(ACLNN_ERR_PARAM_NULLPTR, "%s: the tensor is null.", __func__);
    if (!isLive(tensor, kTensor))
        return misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: the tensor is not alive.", __func__);
    return fillTensor(*tensor, viewDims, viewDimsNum, dataType, stride, offset, format, storageDims,
                      storageDimsNum, tensorDataAddr)
               ? ACLNN_SUCCESS
               : ACLNN_ERR_PARAM_INVALID;
}

aclScalar* aclCreateScalar(void* value, aclDataType dataType) {
    Scalar read;
    if (value == nullptr || !readScalar(value, dataType, read)) {
        fail(ACLNN_ERR_PARAM_INVALID,
             "aclCreateScalar: expected a value of a real or integer type; got %p of type %d.", value,
             dataType);
        return nullptr;
    }
    auto* scalar = new aclScalar;
    scalar->value = read;
    scalar->dtype = dataType;
    return made(scalar, stats().liveScalars);
}

aclIntArray* aclCreateIntArray(const int64_t* value, uint64_t size) {
    return makeArray<aclIntArray>(value, size);
}
aclFloatArray* aclCreateFloatArray(const float* value, uint64_t size) {
    return makeArray<aclFloatArray>(value, size);
}
aclBoolArray* aclCreateBoolArray(const bool* value, uint64_t size) {
    return makeArray<aclBoolArray>(value, size);
}

aclTensorList* aclCreateTensorList(const aclTensor* const* value, uint64_t size) {
    if (value == nullptr && size > 0) return nullptr;
    auto* list = new aclTensorList;
    list->members.assign(value, value + size);
    return made(list, stats().liveLists);
}

aclScalarList* aclCreateScalarList(const aclScalar* const* value, uint64_t size) {
    if (value == nullptr && size > 0) return nullptr;
    auto* list = new aclScalarList;
    list->members.assign(value, value + size);
    return made(list, stats().liveLists);
}

aclnnStatus aclDestroyTensor(const aclTensor* tensor) {
    return destroyed(__func__, tensor, kTensor, stats().liveTensors);
}
aclnnStatus aclDestroyScalar(const aclScalar* scalar) {
    return destroyed(__func__, scalar, kScalar, stats().liveScalars);
}
aclnnStatus aclDestroyIntArray(const aclIntArray* array) {
    return destroyed(__func__, array, kIntArray, stats().liveArrays);
}
aclnnStatus aclDestroyFloatArray(const aclFloatArray* array) {
    return destroyed(__func__, array, kFloatArray, stats().liveArrays);
}
aclnnStatus aclDestroyBoolArray(const aclBoolArray* array) {
    return destroyed(__func__, array, kBoolArray, stats().liveArrays);
}

aclnnStatus aclDestroyTensorList(const aclTensorList* list) {
    if (isLive(list, kTensorList)) {
        for (const aclTensor* member : list->members) {
            if (const aclnnStatus code = aclDestroyTensor(member); code != ACLNN_SUCCESS) return code;
        }
    }
    return destroyed(__func__, list, kTensorList, stats().liveLists);
}

aclnnStatus aclDestroyScalarList(const aclScalarList* list) {
    if (isLive(list, kScalarList)) {
        for (const aclScalar* member : list->members) {
            if (const aclnnStatus code = aclDestroyScalar(member); code != ACLNN_SUCCESS) return code;
        }
    }
    return destroyed(__func__, list, kScalarList, stats().liveLists);
}
