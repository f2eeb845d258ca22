// Every runtime and aclnn-base function of the AscendCL C ABI that this project uses or implements,
// written once: ACL_FUNCTIONS(FN) expands FN(returnType, name, (parameters)) for each of them, so that
// the definitions in hostacl and the dlsym table of the addon cannot disagree.
// Facts: shared/reference/ascendcl-abi.md, sections 1.3, 2, 3.1 and 5.1.
#pragma once

#include "acl_types.h"

#define ACL_FUNCTIONS(FN)      \
    ACL_PROCESS_FUNCTIONS(FN)  \
    ACL_DEVICE_FUNCTIONS(FN)   \
    ACL_STREAM_FUNCTIONS(FN)   \
    ACL_EVENT_FUNCTIONS(FN)    \
    ACL_MEMORY_FUNCTIONS(FN)   \
    ACL_CALLBACK_FUNCTIONS(FN) \
    ACL_CAPTURE_FUNCTIONS(FN)  \
    ACL_META_FUNCTIONS(FN)     \
    ACL_EXECUTOR_FUNCTIONS(FN)

// Process, versions, errors.
#define ACL_PROCESS_FUNCTIONS(FN)                                                                        \
    FN(aclError, aclInit, (const char* configPath))                                                      \
    FN(aclError, aclFinalize, ())                                                                        \
    FN(aclError, aclFinalizeReference, (uint64_t* refCount))                                             \
    FN(aclError, aclrtGetRunMode, (aclrtRunMode * runMode))                                              \
    FN(aclError, aclrtGetVersion, (int32_t* majorVersion, int32_t* minorVersion, int32_t* patchVersion)) \
    FN(aclError, aclsysGetCANNVersion, (aclCANNPackageName name, aclCANNPackageVersion * version))       \
    FN(const char*, aclrtGetSocName, ())                                                                 \
    FN(const char*, aclGetRecentErrMsg, ())                                                              \
    FN(aclError, aclrtPeekAtLastError, (aclrtLastErrLevel level))                                        \
    FN(aclError, aclrtGetLastError, (aclrtLastErrLevel level))                                           \
    FN(aclError, aclrtSetExceptionInfoCallback, (aclrtExceptionInfoCallback callback))                   \
    FN(uint32_t, aclrtGetTaskIdFromExceptionInfo, (const aclrtExceptionInfo* info))                      \
    FN(uint32_t, aclrtGetStreamIdFromExceptionInfo, (const aclrtExceptionInfo* info))                    \
    FN(uint32_t, aclrtGetThreadIdFromExceptionInfo, (const aclrtExceptionInfo* info))                    \
    FN(uint32_t, aclrtGetDeviceIdFromExceptionInfo, (const aclrtExceptionInfo* info))                    \
    FN(uint32_t, aclrtGetErrorCodeFromExceptionInfo, (const aclrtExceptionInfo* info))                   \
    FN(aclError, aclrtSetSysParamOpt, (aclSysParamOpt opt, int64_t value))                               \
    FN(aclError, aclrtCtxSetSysParamOpt, (aclSysParamOpt opt, int64_t value))                            \
    FN(aclError, aclrtSetDeviceSatMode, (aclrtFloatOverflowMode mode))                                   \
    FN(size_t, aclDataTypeSize, (aclDataType dataType))                                                  \
    FN(float, aclFloat16ToFloat, (aclFloat16 value))                                                     \
    FN(aclFloat16, aclFloatToFloat16, (float value))                                                     \
    FN(aclnnStatus, aclnnInit, (const char* configPath))                                                 \
    FN(aclnnStatus, aclnnFinalize, ())

// Devices and contexts. Timeouts in milliseconds, -1 = forever.
#define ACL_DEVICE_FUNCTIONS(FN)                                                                             \
    FN(aclError, aclrtGetDeviceCount, (uint32_t* count))                                                     \
    FN(aclError, aclrtGetDevice, (int32_t* deviceId))                                                        \
    FN(aclError, aclrtSetDevice, (int32_t deviceId))                                                         \
    FN(aclError, aclrtResetDevice, (int32_t deviceId))                                                       \
    FN(aclError, aclrtResetDeviceForce, (int32_t deviceId))                                                  \
    FN(aclError, aclrtSynchronizeDevice, ())                                                                 \
    FN(aclError, aclrtSynchronizeDeviceWithTimeout, (int32_t timeout))                                       \
    FN(aclError, aclrtCreateContext, (aclrtContext * context, int32_t deviceId))                             \
    FN(aclError, aclrtDestroyContext, (aclrtContext context))                                                \
    FN(aclError, aclrtSetCurrentContext, (aclrtContext context))                                             \
    FN(aclError, aclrtGetCurrentContext, (aclrtContext * context))                                           \
    FN(aclError, aclrtQueryDeviceStatus, (int32_t deviceId, aclrtDeviceStatus* deviceStatus))                \
    FN(aclError, aclrtGetDeviceUtilizationRate, (int32_t deviceId, aclrtUtilizationInfo* info))              \
    FN(aclError, aclrtDeviceCanAccessPeer, (int32_t* canAccessPeer, int32_t deviceId, int32_t peerDeviceId)) \
    FN(aclError, aclrtDeviceEnablePeerAccess, (int32_t peerDeviceId, uint32_t flags))                        \
    FN(aclError, aclrtDeviceDisablePeerAccess, (int32_t peerDeviceId))                                       \
    FN(aclError, aclGetDeviceCapability, (uint32_t deviceId, aclDeviceInfo deviceInfo, int64_t* value))      \
    FN(aclError, aclrtGetDeviceInfo, (uint32_t deviceId, aclrtDevAttr attr, int64_t* value))

#define ACL_STREAM_FUNCTIONS(FN)                                                                        \
    FN(aclError, aclrtCreateStream, (aclrtStream * stream))                                             \
    FN(aclError, aclrtCreateStreamWithConfig, (aclrtStream * stream, uint32_t priority, uint32_t flag)) \
    FN(aclError, aclrtDestroyStream, (aclrtStream stream))                                              \
    FN(aclError, aclrtDestroyStreamForce, (aclrtStream stream))                                         \
    FN(aclError, aclrtSynchronizeStream, (aclrtStream stream))                                          \
    FN(aclError, aclrtSynchronizeStreamWithTimeout, (aclrtStream stream, int32_t timeout))              \
    FN(aclError, aclrtStreamQuery, (aclrtStream stream, aclrtStreamStatus * status))                    \
    FN(aclError, aclrtStreamGetId, (aclrtStream stream, int32_t* streamId))                             \
    FN(aclError, aclrtStreamAbort, (aclrtStream stream))                                                \
    FN(aclError, aclrtSetStreamFailureMode, (aclrtStream stream, uint64_t mode))                        \
    FN(aclError, aclrtSetStreamAttribute,                                                               \
       (aclrtStream stream, aclrtStreamAttr type, aclrtStreamAttrValue * value))                        \
    FN(aclError, aclrtGetStreamAttribute,                                                               \
       (aclrtStream stream, aclrtStreamAttr type, aclrtStreamAttrValue * value))                        \
    FN(aclError, aclrtSetStreamOverflowSwitch, (aclrtStream stream, uint32_t flag))                     \
    FN(aclError, aclrtSetOpExecuteTimeOut, (uint32_t timeoutSeconds))                                   \
    FN(aclError, aclrtSetOpExecuteTimeOutWithMs, (uint32_t timeoutMs))                                  \
    FN(aclError, aclrtSetOpWaitTimeout, (uint32_t timeoutSeconds))

#define ACL_EVENT_FUNCTIONS(FN)                                                                              \
    FN(aclError, aclrtCreateEvent, (aclrtEvent * event))                                                     \
    FN(aclError, aclrtCreateEventWithFlag, (aclrtEvent * event, uint32_t flag))                              \
    FN(aclError, aclrtCreateEventExWithFlag, (aclrtEvent * event, uint32_t flag))                            \
    FN(aclError, aclrtDestroyEvent, (aclrtEvent event))                                                      \
    FN(aclError, aclrtRecordEvent, (aclrtEvent event, aclrtStream stream))                                   \
    FN(aclError, aclrtResetEvent, (aclrtEvent event, aclrtStream stream))                                    \
    FN(aclError, aclrtStreamWaitEvent, (aclrtStream stream, aclrtEvent event))                               \
    FN(aclError, aclrtStreamWaitEventWithTimeout, (aclrtStream stream, aclrtEvent event, int32_t timeoutMs)) \
    FN(aclError, aclrtSynchronizeEvent, (aclrtEvent event))                                                  \
    FN(aclError, aclrtSynchronizeEventWithTimeout, (aclrtEvent event, int32_t timeout))                      \
    FN(aclError, aclrtQueryEvent, (aclrtEvent event, aclrtEventStatus * status))                             \
    FN(aclError, aclrtQueryEventStatus, (aclrtEvent event, aclrtEventRecordedStatus * status))               \
    FN(aclError, aclrtQueryEventWaitStatus, (aclrtEvent event, aclrtEventWaitStatus * status))               \
    FN(aclError, aclrtEventElapsedTime, (float* ms, aclrtEvent startEvent, aclrtEvent endEvent))

#define ACL_MEMORY_FUNCTIONS(FN)                                                                             \
    FN(aclError, aclrtMalloc, (void** devPtr, size_t size, aclrtMemMallocPolicy policy))                     \
    FN(aclError, aclrtMallocAlign32, (void** devPtr, size_t size, aclrtMemMallocPolicy policy))              \
    FN(aclError, aclrtMallocCached, (void** devPtr, size_t size, aclrtMemMallocPolicy policy))               \
    FN(aclError, aclrtFree, (void* devPtr))                                                                  \
    FN(aclError, aclrtFreeWithDevSync, (void* devPtr))                                                       \
    FN(aclError, aclrtMallocHost, (void** hostPtr, size_t size))                                             \
    FN(aclError, aclrtFreeHost, (void* hostPtr))                                                             \
    FN(aclError, aclrtHostRegister, (void* ptr, uint64_t size, aclrtHostRegisterType type, void** devPtr))   \
    FN(aclError, aclrtHostUnregister, (void* ptr))                                                           \
    FN(aclError, aclrtMemcpy,                                                                                \
       (void* dst, size_t destMax, const void* src, size_t count, aclrtMemcpyKind kind))                     \
    FN(aclError, aclrtMemcpyAsync,                                                                           \
       (void* dst, size_t destMax, const void* src, size_t count, aclrtMemcpyKind kind, aclrtStream stream)) \
    FN(aclError, aclrtMemcpy2d,                                                                              \
       (void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,               \
        aclrtMemcpyKind kind))                                                                               \
    FN(aclError, aclrtMemcpy2dAsync,                                                                         \
       (void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,               \
        aclrtMemcpyKind kind, aclrtStream stream))                                                           \
    FN(aclError, aclrtMemset, (void* devPtr, size_t maxCount, int32_t value, size_t count))                  \
    FN(aclError, aclrtMemsetAsync,                                                                           \
       (void* devPtr, size_t maxCount, int32_t value, size_t count, aclrtStream stream))                     \
    FN(aclError, aclrtGetMemInfo, (aclrtMemAttr attr, size_t* free, size_t* total))                          \
    FN(aclError, aclrtPointerGetAttributes, (const void* ptr, aclrtPtrAttributes* attributes))

#define ACL_CALLBACK_FUNCTIONS(FN)                                                               \
    FN(aclError, aclrtSubscribeReport, (uint64_t threadId, aclrtStream stream))                  \
    FN(aclError, aclrtProcessReport, (int32_t timeout))                                          \
    FN(aclError, aclrtLaunchCallback,                                                            \
       (aclrtCallback fn, void* userData, aclrtCallbackBlockType blockType, aclrtStream stream)) \
    FN(aclError, aclrtUnSubscribeReport, (uint64_t threadId, aclrtStream stream))                \
    FN(aclError, aclrtLaunchHostFunc, (aclrtStream stream, aclrtHostFunc fn, void* args))

// Capture of a stream into a model instance (aclGraph).
#define ACL_CAPTURE_FUNCTIONS(FN)                                                           \
    FN(aclError, aclmdlRICaptureBegin, (aclrtStream stream, aclmdlRICaptureMode mode))      \
    FN(aclError, aclmdlRICaptureGetInfo,                                                    \
       (aclrtStream stream, aclmdlRICaptureStatus * status, aclmdlRI * modelRI))            \
    FN(aclError, aclmdlRICaptureEnd, (aclrtStream stream, aclmdlRI * modelRI))              \
    FN(aclError, aclmdlRICaptureThreadExchangeMode, (aclmdlRICaptureMode * mode))           \
    FN(aclError, aclmdlRIExecuteAsync, (aclmdlRI modelRI, aclrtStream stream))              \
    FN(aclError, aclmdlRIExecute, (aclmdlRI modelRI, int32_t timeout))                      \
    FN(aclError, aclmdlRIDestroy, (aclmdlRI modelRI))                                       \
    FN(aclError, aclmdlRIDebugPrint, (aclmdlRI modelRI))                                    \
    FN(aclError, aclmdlRICaptureTaskGrpBegin, (aclrtStream stream))                         \
    FN(aclError, aclmdlRICaptureTaskGrpEnd, (aclrtStream stream, aclrtTaskGrp * handle))    \
    FN(aclError, aclmdlRICaptureTaskUpdateBegin, (aclrtStream stream, aclrtTaskGrp handle)) \
    FN(aclError, aclmdlRICaptureTaskUpdateEnd, (aclrtStream stream))

// Tensors, scalars, arrays and lists. The getters' arrays are freed by the caller with delete[].
#define ACL_META_FUNCTIONS(FN)                                                                             \
    FN(aclTensor*, aclCreateTensor,                                                                        \
       (const int64_t* viewDims, uint64_t viewDimsNum, aclDataType dataType, const int64_t* stride,        \
        int64_t offset, aclFormat format, const int64_t* storageDims, uint64_t storageDimsNum,             \
        void* tensorData))                                                                                 \
    FN(aclScalar*, aclCreateScalar, (void* value, aclDataType dataType))                                   \
    FN(aclIntArray*, aclCreateIntArray, (const int64_t* value, uint64_t size))                             \
    FN(aclFloatArray*, aclCreateFloatArray, (const float* value, uint64_t size))                           \
    FN(aclBoolArray*, aclCreateBoolArray, (const bool* value, uint64_t size))                              \
    FN(aclTensorList*, aclCreateTensorList, (const aclTensor* const* value, uint64_t size))                \
    FN(aclScalarList*, aclCreateScalarList, (const aclScalar* const* value, uint64_t size))                \
    FN(aclnnStatus, aclDestroyTensor, (const aclTensor* tensor))                                           \
    FN(aclnnStatus, aclDestroyScalar, (const aclScalar* scalar))                                           \
    FN(aclnnStatus, aclDestroyIntArray, (const aclIntArray* array))                                        \
    FN(aclnnStatus, aclDestroyFloatArray, (const aclFloatArray* array))                                    \
    FN(aclnnStatus, aclDestroyBoolArray, (const aclBoolArray* array))                                      \
    FN(aclnnStatus, aclDestroyTensorList, (const aclTensorList* list))                                     \
    FN(aclnnStatus, aclDestroyScalarList, (const aclScalarList* list))                                     \
    FN(aclnnStatus, aclInitTensor,                                                                         \
       (aclTensor * tensor, const int64_t* viewDims, uint64_t viewDimsNum, aclDataType dataType,           \
        const int64_t* stride, int64_t offset, aclFormat format, const int64_t* storageDims,               \
        uint64_t storageDimsNum, void* tensorDataAddr))                                                    \
    FN(aclnnStatus, aclGetViewShape, (const aclTensor* tensor, int64_t** viewDims, uint64_t* viewDimsNum)) \
    FN(aclnnStatus, aclGetStorageShape,                                                                    \
       (const aclTensor* tensor, int64_t** storageDims, uint64_t* storageDimsNum))                         \
    FN(aclnnStatus, aclGetViewStrides,                                                                     \
       (const aclTensor* tensor, int64_t** stridesValue, uint64_t* stridesNum))                            \
    FN(aclnnStatus, aclGetViewOffset, (const aclTensor* tensor, int64_t* offset))                          \
    FN(aclnnStatus, aclGetFormat, (const aclTensor* tensor, aclFormat* format))                            \
    FN(aclnnStatus, aclGetDataType, (const aclTensor* tensor, aclDataType* dataType))                      \
    FN(aclnnStatus, aclGetIntArraySize, (const aclIntArray* array, uint64_t* size))                        \
    FN(aclnnStatus, aclGetFloatArraySize, (const aclFloatArray* array, uint64_t* size))                    \
    FN(aclnnStatus, aclGetBoolArraySize, (const aclBoolArray* array, uint64_t* size))                      \
    FN(aclnnStatus, aclGetTensorListSize, (const aclTensorList* list, uint64_t* size))                     \
    FN(aclnnStatus, aclGetScalarListSize, (const aclScalarList* list, uint64_t* size))                     \
    FN(aclnnStatus, aclSetRawTensorAddr, (aclTensor * tensor, void* addr))                                 \
    FN(aclnnStatus, aclGetRawTensorAddr, (const aclTensor* tensor, void** addr))

#define ACL_EXECUTOR_FUNCTIONS(FN)                                                                    \
    FN(aclnnStatus, aclSetAclOpExecutorRepeatable, (aclOpExecutor * executor))                        \
    FN(aclnnStatus, aclDestroyAclOpExecutor, (aclOpExecutor * executor))                              \
    FN(aclnnStatus, aclSetTensorAddr,                                                                 \
       (aclOpExecutor * executor, const size_t index, aclTensor* tensor, void* addr))                 \
    FN(aclnnStatus, aclSetInputTensorAddr,                                                            \
       (aclOpExecutor * executor, const size_t index, aclTensor* tensor, void* addr))                 \
    FN(aclnnStatus, aclSetOutputTensorAddr,                                                           \
       (aclOpExecutor * executor, const size_t index, aclTensor* tensor, void* addr))                 \
    FN(aclnnStatus, aclSetDynamicTensorAddr,                                                          \
       (aclOpExecutor * executor, size_t irIndex, const size_t relativeIndex, aclTensorList* tensors, \
        void* addr))                                                                                  \
    FN(aclnnStatus, aclSetDynamicInputTensorAddr,                                                     \
       (aclOpExecutor * executor, size_t irIndex, const size_t relativeIndex, aclTensorList* tensors, \
        void* addr))                                                                                  \
    FN(aclnnStatus, aclSetDynamicOutputTensorAddr,                                                    \
       (aclOpExecutor * executor, size_t irIndex, const size_t relativeIndex, aclTensorList* tensors, \
        void* addr))
