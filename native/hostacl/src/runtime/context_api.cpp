// aclrt*Context: the rules of the ABI reference, section 2.3.
#include "runtime/context.h"
#include "runtime/errors.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/stats.h"

using namespace hostacl;

aclError aclrtCreateContext(aclrtContext* handle, int32_t deviceId) {
    aclError code;
    Device* device = requireDevice(__func__, deviceId, code);
    if (device == nullptr) return code;
    if (handle == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the context pointer is null.", __func__);
    auto context = std::make_shared<Context>(*device, false);
    *handle = contexts().add(context);
    count(stats().liveContexts);
    setCurrentContext(std::move(context));
    return ACL_SUCCESS;
}

aclError aclrtDestroyContext(aclrtContext handle) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    if (handle == nullptr) return fail(ACL_ERROR_RT_PARAM_INVALID, "%s: the context is null.", __func__);
    const auto context = contexts().find(handle);
    if (!context)
        return misuseAs(ACL_ERROR_RT_CONTEXT_NULL, 5, "%s: the context %p is not alive.", __func__, handle);
    if (context->primary) {
        return misuseAs(ACL_ERROR_RT_CONTEXT_NULL, 8, "%s: the default context ends with aclrtResetDevice.",
                        __func__);
    }
    if (!contexts().remove(handle))
        return misuseAs(ACL_ERROR_RT_CONTEXT_NULL, 5, "%s: destroyed meanwhile.", __func__);
    context->destroy();
    uncount(stats().liveContexts);
    return ACL_SUCCESS;
}

aclError aclrtSetCurrentContext(aclrtContext handle) {
    if (const aclError code = requireInitialized(__func__); code != ACL_SUCCESS) return code;
    if (handle == nullptr) return misuse(5, "%s: the context is null.", __func__);
    auto context = contexts().find(handle);
    if (!context)
        return misuseAs(ACL_ERROR_RT_CONTEXT_NULL, 5, "%s: the context %p was destroyed.", __func__, handle);
    setCurrentContext(std::move(context));
    return ACL_SUCCESS;
}

aclError aclrtGetCurrentContext(aclrtContext* handle) {
    aclError code = requireInitialized(__func__);
    if (code != ACL_SUCCESS) return code;
    if (handle == nullptr) return fail(ACL_ERROR_INVALID_PARAM, "%s: the context pointer is null.", __func__);
    const auto context = currentContext();
    if (!context) return misuse(4, "%s: this thread has no context.", __func__);
    *handle = context.get();
    return ACL_SUCCESS;
}
