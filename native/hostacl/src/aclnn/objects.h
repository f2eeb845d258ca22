// The objects behind aclTensor, aclScalar, the arrays and the lists, and the table of those that are alive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "acl_abi.h"
#include "kernels.h"

namespace hostacl {

/** What every aclnn object begins with: tells a live object from a stranger without a table in fast mode. */
struct Object {
    explicit Object(uint32_t kind) : mark(kMark ^ kind) {}
    static constexpr uint32_t kMark = 0x05CA1AB1;
    uint32_t mark;
    uint64_t serial = 0;  // checked mode: tells an object from an earlier one at the same address
};

enum ObjectKind : uint32_t {
    kTensor = 1,
    kScalar,
    kIntArray,
    kFloatArray,
    kBoolArray,
    kTensorList,
    kScalarList,
    kExecutor,
};

/** Checked mode: enters a new object. */
void enterObject(Object& object);
/** Checked mode: takes an object out whose memory is about to be given back. */
void leaveObject(const Object& object);
/** Checked mode: true while the object is alive under that serial. */
bool isEntered(const void* object, uint64_t serial);
/** Serial of a live object, 0 when it is not alive (or unknown: made before checked mode was on). */
uint64_t serialOf(const void* object);

/** True when `object` is a live object of that kind; null is not. Fast mode looks at the mark only. */
bool isLive(const void* object, ObjectKind kind);

}  // namespace hostacl

struct aclTensor : hostacl::Object {
    aclTensor() : Object(hostacl::kTensor) {}
    hostacl::kernels::View view;  // data includes the offset
    int64_t offset = 0;           // elements
    int format = ACL_FORMAT_ND;
    void* storage = nullptr;
    int storageRank = 0;
    int64_t storageDims[hostacl::kernels::kMaxRank] = {};

    int64_t storageElements() const;
    /** Points the view into storage at `address`. */
    void setStorage(void* address);
};

struct aclScalar : hostacl::Object {
    aclScalar() : Object(hostacl::kScalar) {}
    hostacl::kernels::Scalar value;
    int dtype = ACL_FLOAT;
};

struct aclIntArray : hostacl::Object {
    aclIntArray() : Object(hostacl::kIntArray) {}
    std::vector<int64_t> values;
};

struct aclFloatArray : hostacl::Object {
    aclFloatArray() : Object(hostacl::kFloatArray) {}
    std::vector<float> values;
};

struct aclBoolArray : hostacl::Object {
    aclBoolArray() : Object(hostacl::kBoolArray) {}
    std::vector<bool> values;
};

struct aclTensorList : hostacl::Object {
    aclTensorList() : Object(hostacl::kTensorList) {}
    std::vector<const aclTensor*> members;  // owned
};

struct aclScalarList : hostacl::Object {
    aclScalarList() : Object(hostacl::kScalarList) {}
    std::vector<const aclScalar*> members;  // owned
};
