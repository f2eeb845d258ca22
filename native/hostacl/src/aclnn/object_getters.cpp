// aclGet* and the raw addresses of tensors.
#include <algorithm>

#include "aclnn/objects.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"

using namespace hostacl;

namespace {

/** A copy of the values that the caller frees with delete[]. */
aclnnStatus handOut(const int64_t* values, int count, int64_t** out, uint64_t* outCount) {
    *out = new int64_t[std::max(count, 1)];
    std::copy(values, values + count, *out);
    *outCount = static_cast<uint64_t>(count);
    return ACLNN_SUCCESS;
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

}  // namespace

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
