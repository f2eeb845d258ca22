#include "bindings.h"
#include "environment.h"

namespace ascendcl {

/** The whole contract; `NativeAddon` in packages/device/src/native.ts has the same names in the same order.
 */
static Napi::Object exportAll(Napi::Env env, Napi::Object exports) {
    Environment::install(env);
#define EXPORT(name) exports.Set(#name, Napi::Function::New(env, name, #name))
    EXPORT(open);
    EXPORT(operatorNames);
    EXPORT(hasOperator);
    EXPORT(deviceOpen);
    EXPORT(deviceMemory);
    EXPORT(deviceReset);
    EXPORT(deviceClose);
    EXPORT(bufferAllocate);
    EXPORT(bufferMap);
    EXPORT(bufferRelease);
    EXPORT(eventCreate);
    EXPORT(eventDestroy);
    EXPORT(streamOpen);
    EXPORT(streamClose);
    EXPORT(programCreate);
    EXPORT(run);
    EXPORT(runCancel);
    EXPORT(graphCapture);
    EXPORT(graphReplay);
    EXPORT(graphDestroy);
    EXPORT(liveObjects);
    EXPORT(shutdown);
    EXPORT(hostStats);
    EXPORT(hostInjectFault);
    EXPORT(hostIsa);
    EXPORT(hostMisuse);
#undef EXPORT
    return exports;
}

NODE_API_MODULE(ascendcl, exportAll)

}  // namespace ascendcl
