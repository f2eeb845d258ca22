// aclCreate*, aclDestroy* and the getters.
#include "aclnn/objects.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "runtime/config.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/ranges.h"
#include "runtime/stats.h"

using namespace hostacl;
using kernels::kMaxRank;
using kernels::Scalar;

namespace hostacl {
namespace {

struct LiveObjects {
    std::mutex mutex;
    std::unordered_map<const void*, uint64_t> serials;
    uint64_t next = 1;
};

LiveObjects& liveObjects() {
    static auto* table = new LiveObjects;
    return *table;
}

}  // namespace

void enterObject(Object& object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    object.serial = live.next++;
    live.serials[&object] = object.serial;
}

void leaveObject(const Object& object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    live.serials.erase(&object);
}

uint64_t serialOf(const void* object) {
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    const auto it = live.serials.find(object);
    return it == live.serials.end() ? 0 : it->second;
}

bool isEntered(const void* object, uint64_t serial) {
    return serialOf(object) == serial;
}

bool isLive(const void* object, ObjectKind kind) {
    if (object == nullptr) return false;
    if (checked() && serialOf(object) == 0) return false;
    return static_cast<const Object*>(object)->mark == (Object::kMark ^ kind);
}

}  // namespace hostacl

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
    auto& live = liveObjects();
    std::lock_guard lock(live.mutex);
    live.serials.erase(object);
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

/** A copy of the values that the caller frees with delete[]. */
aclnnStatus handOut(const int64_t* values, int count, int64_t** out, uint64_t* outCount) {
    *out = new int64_t[std::max(count, 1)];
    std::copy(values, values + count, *out);
    *outCount = static_cast<uint64_t>(count);
    return ACLNN_SUCCESS;
}

template <typename Array, typename Value>
Array* makeArray(const Value* value, uint64_t size) {
    if (value == nullptr && size > 0) return nullptr;
    auto* array = new Array;
    array->values.assign(value, value + size);
    return made(array, stats().liveArrays);
}

template <typename List>
aclnnStatus sizeOf(const char* function, const List* list, ObjectKind kind, uint64_t size, uint64_t* out) {
    if (list == nullptr || out == nullptr)
        return fail(ACLNN_ERR_PARAM_NULLPTR, "%s: an argument is null.", function);
    if (!isLive(list, kind))
        return misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: the object is not alive.", function);
    *out = size;
    return ACLNN_SUCCESS;
}

/** Null and liveness of a getter's tensor. */
aclnnStatus checkGetter(const char* function, const aclTensor* tensor, bool pointers) {
    if (tensor == nullptr || !pointers)
        return fail(ACLNN_ERR_PARAM_NULLPTR, "%s: an argument is null.", function);
    if (!isLive(tensor, kTensor))
        return misuseAs(ACLNN_ERR_PARAM_INVALID, 9, "%s: the tensor is not alive.", function);
    return ACLNN_SUCCESS;
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

int64_t aclTensor::storageElements() const {
    int64_t elements = 1;
    for (int d = 0; d < storageRank; ++d) elements *= storageDims[d];
    return elements;
}

void aclTensor::setStorage(void* address) {
    storage = address;
    view.data = address == nullptr ? nullptr : static_cast<uint8_t*>(address) + bytesOf(offset, view.dtype);
}

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
    if (const aclnnStatus code = checkGetter(__func__, tensor, true); code != ACLNN_SUCCESS) return code;
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

aclnnStatus aclGetViewShape(const aclTensor* t, int64_t** viewDims, uint64_t* viewDimsNum) {
    if (const aclnnStatus code = checkGetter(__func__, t, viewDims && viewDimsNum); code != ACLNN_SUCCESS)
        return code;
    return handOut(t->view.dims, t->view.rank, viewDims, viewDimsNum);
}

aclnnStatus aclGetStorageShape(const aclTensor* t, int64_t** storageDims, uint64_t* storageDimsNum) {
    if (const aclnnStatus code = checkGetter(__func__, t, storageDims && storageDimsNum);
        code != ACLNN_SUCCESS)
        return code;
    return handOut(t->storageDims, t->storageRank, storageDims, storageDimsNum);
}

aclnnStatus aclGetViewStrides(const aclTensor* t, int64_t** stridesValue, uint64_t* stridesNum) {
    if (const aclnnStatus code = checkGetter(__func__, t, stridesValue && stridesNum); code != ACLNN_SUCCESS)
        return code;
    return handOut(t->view.strides, t->view.rank, stridesValue, stridesNum);
}

aclnnStatus aclGetViewOffset(const aclTensor* t, int64_t* offset) {
    const aclnnStatus code = checkGetter(__func__, t, offset);
    if (code == ACLNN_SUCCESS) *offset = t->offset;
    return code;
}

aclnnStatus aclGetFormat(const aclTensor* t, aclFormat* format) {
    const aclnnStatus code = checkGetter(__func__, t, format);
    if (code == ACLNN_SUCCESS) *format = static_cast<aclFormat>(t->format);
    return code;
}

aclnnStatus aclGetDataType(const aclTensor* t, aclDataType* dataType) {
    const aclnnStatus code = checkGetter(__func__, t, dataType);
    if (code == ACLNN_SUCCESS) *dataType = static_cast<aclDataType>(t->view.dtype);
    return code;
}

aclnnStatus aclSetRawTensorAddr(aclTensor* t, void* addr) {
    const aclnnStatus code = checkGetter(__func__, t, true);
    if (code == ACLNN_SUCCESS) t->setStorage(addr);
    return code;
}

aclnnStatus aclGetRawTensorAddr(const aclTensor* t, void** addr) {
    const aclnnStatus code = checkGetter(__func__, t, addr);
    if (code == ACLNN_SUCCESS) *addr = t->storage;
    return code;
}

aclnnStatus aclGetIntArraySize(const aclIntArray* array, uint64_t* size) {
    return sizeOf(__func__, array, kIntArray, array ? array->values.size() : 0, size);
}
aclnnStatus aclGetFloatArraySize(const aclFloatArray* array, uint64_t* size) {
    return sizeOf(__func__, array, kFloatArray, array ? array->values.size() : 0, size);
}
aclnnStatus aclGetBoolArraySize(const aclBoolArray* array, uint64_t* size) {
    return sizeOf(__func__, array, kBoolArray, array ? array->values.size() : 0, size);
}
aclnnStatus aclGetTensorListSize(const aclTensorList* list, uint64_t* size) {
    return sizeOf(__func__, list, kTensorList, list ? list->members.size() : 0, size);
}
aclnnStatus aclGetScalarListSize(const aclScalarList* list, uint64_t* size) {
    return sizeOf(__func__, list, kScalarList, list ? list->members.size() : 0, size);
}
